"""The log of a runbook as people see it: every step with what came of it, from the run's events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.domain.codec import JSON
from bot.domain.events import Event, EventType
from bot.domain.failure import Cause
from bot.domain.runbook import Part, Runbook

DECISION = "decision"
"""The id of the step that says which remediation was chosen; no runbook may use it."""

MARKS: Mapping[str, str] = {
    "todo": "○",
    "running": "▸",
    "done": "✔",
    "failed": "✖",
    "skipped": "–",
}


@dataclass(frozen=True, kw_only=True)
class LoggedStep:
    """A step and what is known of it; secrets are masked already."""

    id: str
    title: str
    part: Part
    state: str = "todo"
    """todo, running, done, failed or skipped."""
    seconds: float | None = None
    input: str = ""
    output: str = ""
    message: str = ""
    """Why it failed, or was skipped."""
    cause: Cause | None = None

    @property
    def mark(self) -> str:
        """One character for its state."""
        return MARKS[self.state]


@dataclass(frozen=True, kw_only=True)
class RunbookLog:
    """How far a run has come."""

    steps: tuple[LoggedStep, ...]
    """Those of the chosen remediation in their place; the others' are left out."""
    variables: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    """What was said at the end."""

    @property
    def failed(self) -> LoggedStep | None:
        """The step that failed last."""
        return next((step for step in reversed(self.steps) if step.state == "failed"), None)


def read_log(runbook: Runbook, events: Iterable[Event]) -> RunbookLog:
    """The log from the events of the run's current attempt, in order."""
    told: dict[str, Mapping[str, JSON]] = {}
    variables: dict[str, str] = {}
    summary = ""
    for event in events:
        if event.type is EventType.ATTEMPT_OPENED:
            told.clear()
            variables.clear()
            summary = ""
        elif event.type is EventType.STEP_REPORTED and event.data.get("id"):
            told[event.data["id"]] = event.data
            variables |= event.data.get("variables") or {}
        elif event.type is EventType.SUMMARY_REPORTED:
            summary = event.data["text"]
    steps = [_logged(id_, title, part, told) for id_, title, part in _shown(runbook, told)]
    return RunbookLog(steps=tuple(steps), variables=variables, summary=summary)


def _shown(
    runbook: Runbook, told: Mapping[str, Mapping[str, JSON]]
) -> Iterable[tuple[str, str, Part]]:
    decision = told.get(DECISION, {})
    chosen = runbook.remediation((decision.get("variables") or {}).get("remediation", ""))
    for step in runbook.triage:
        yield step.id, step.title, Part.TRIAGE
    if decision:
        yield DECISION, decision.get("title", ""), Part.REMEDIATION
    for step in chosen.steps if chosen else ():
        yield step.id, step.title, Part.REMEDIATION
    for step in runbook.checks:
        yield step.id, step.title, Part.SUMMARY


def _logged(id_: str, title: str, part: Part, told: Mapping[str, Mapping[str, JSON]]) -> LoggedStep:
    data = told.get(id_, {})
    cause = data.get("cause")
    return LoggedStep(
        id=id_,
        title=title,
        part=part,
        state=data.get("state", "todo"),
        seconds=data.get("seconds"),
        input=data.get("input", ""),
        output=data.get("output", ""),
        message=data.get("message", ""),
        cause=Cause(cause) if cause else None,
    )
