"""What people are asked by a runbook, and what their answers mean for it."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from adapters.runner.masking import MASK
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.failure import Cause
from bot.domain.placeholders import as_text, fill, fill_text
from bot.domain.runbook import NO_REMEDIATION, Runbook, Step, StepKind
from bot.domain.runbook_course import Course, Result, StepState

_NOTHING = "Nothing: only summarize"
_FIELD = "remediation"
_LONGEST_SUMMARY = 2_000


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a decision means for the step that asked for it."""

    result: Result = field(default_factory=lambda: Result(state=StepState.DONE))
    variables: Mapping[str, JSON] = field(default_factory=dict)
    secrets: Mapping[str, JSON] = field(default_factory=dict)
    """Those of the variables that are never shown."""
    shown: str = ""
    """What was said, as people may see it."""
    objection: str | None = None
    """What a person wants otherwise."""
    left: bool = False
    """The run is being ended: nothing may follow."""


def step_request(step: Step, course: Course, runbook: Runbook) -> dict[str, JSON]:
    """What is asked of the runner for a step. Raises UserError for a variable without value."""
    if step.kind is StepKind.PROMPT:
        return {"call": "question", "name": step.id, "form": fill(dict(step.form), course.scope)}
    return {"call": "gate", "checkpoint": step.id, "plan": _plan(step, course, runbook)}


def decision_form(runbook: Runbook, why: str) -> dict[str, JSON]:
    """The question which remediation is to be carried out."""
    choices = [*(way.title for way in runbook.remediations), _NOTHING]
    asked = {"name": _FIELD, "label": "Remediation", "type": "choice", "choices": choices}
    return {"prompt": "Which remediation is to be carried out?", "why": why, "fields": [asked]}


def interpret_way(runbook: Runbook, decision: Mapping[str, JSON]) -> str:
    """The name of the remediation that a person chose."""
    title = (decision.get("answers") or {}).get(_FIELD, "")
    return next((way.name for way in runbook.remediations if way.title == title), NO_REMEDIATION)


def interpret_decision(step: Step, decision: Mapping[str, JSON]) -> Said:
    """What a person's decision means for the step that asked."""
    state, by = decision.get("state"), decision.get("by") or "policy"
    note = str(decision.get("note") or "")
    if state == "returned":
        message = f"@{by} asked for changes: {note}"
        failed = Result(
            state=StepState.FAILED,
            attempts=step.retries + 1,
            cause=Cause.INVALID_INPUT,
            message=message,
        )
        return Said(result=failed, objection=message)
    if state != "satisfied":
        return Said(left=True)
    if step.kind is StepKind.APPROVAL:
        return Said(shown=f"Approved by @{by}" + (f": {note}" if note else ""))
    return _answered(step, decision.get("answers") or {}, by)


def _answered(step: Step, answers: Mapping[str, JSON], by: str) -> Said:
    fields = step.form.get("fields") or []
    hidden = {part["name"] for part in fields if part.get("type") == "secret"}
    lines = [
        f"{name}: {MASK if name in hidden else as_text(value)}" for name, value in answers.items()
    ]
    return Said(
        variables=answers,
        secrets={name: value for name, value in answers.items() if name in hidden},
        shown="\n".join([f"Answered by @{by}", *lines]),
    )


def _plan(step: Step, course: Course, runbook: Runbook) -> dict[str, JSON]:
    """What is approved: the steps that follow up to the next approval, in people's words."""
    steps = _following(step, course, runbook)
    return {
        "summary": _describe(steps, course, runbook)[:_LONGEST_SUMMARY],
        "base": "none",
        "files": [],
        "commands": [_line(following, course) for following in steps],
    }


def _following(step: Step, course: Course, runbook: Runbook) -> list[Step]:
    way = runbook.remediation(course.choice or "")
    lists = (runbook.triage, way.steps if way else (), runbook.checks)
    steps = next(steps for steps in lists if step in steps)
    after = list(steps[steps.index(step) + 1 :])
    until = next((at for at, next_ in enumerate(after) if next_.kind is StepKind.APPROVAL), None)
    return after[:until]


def _describe(steps: list[Step], course: Course, runbook: Runbook) -> str:
    way = runbook.remediation(course.choice or "")
    titles = "; ".join(step.title for step in steps) or "to go on"
    return f"{way.title}: {titles}" if way else f"What follows: {titles}"


def _line(step: Step, course: Course) -> str:
    """What a step does, on one line."""
    scope = {**os.environ, **course.scope} if step.kind is StepKind.HTTP else course.scope
    told = {
        StepKind.SHELL: step.run,
        StepKind.AGENT: f"{' '.join(step.command)}: {step.run}",
        StepKind.HTTP: f"{step.method} {step.url}",
    }.get(step.kind, step.title)
    # A variable that a later step sets stays as it is written.
    with suppress(UserError):
        told = told if step.kind is StepKind.SHELL else fill_text(told, scope)
    return " ".join(told.split())[:500] or step.title
