"""Course: what a runbook does next, decided purely from what has been done so far."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum, unique

from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.expression import parse_expression
from bot.domain.failure import Cause
from bot.domain.placeholders import fill_text
from bot.domain.runbook import NO_REMEDIATION, OnFailure, Part, Runbook, Step


@unique
class StepState(StrEnum):
    """How a step ended."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


@unique
class Outcome(StrEnum):
    """How a runbook ends."""

    SUCCESS = "success"
    FAILURE = "failure"
    PARTIAL = "partial"
    NO_STEPS = "no_steps"


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of a step; `attempts` counts how often it was tried."""

    state: StepState
    attempts: int = 1
    cause: Cause | None = None
    message: str = ""
    """Why it failed."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """How far a runbook has come."""

    results: Mapping[str, Result] = field(default_factory=dict)
    """By the steps' ids, in the order in which they ended."""
    variables: Mapping[str, JSON] = field(default_factory=dict)
    choice: str | None = None
    """The remediation that was chosen, or `none`; None before that."""
    objection: str = ""
    """What a person had against the last choice; people choose from then on."""

    @property
    def scope(self) -> dict[str, JSON]:
        """What conditions and placeholders may use."""
        failed = [id_ for id_, result in self.results.items() if result.state is StepState.FAILED]
        return {**self.variables, "failed_steps": failed, "remediation": self.choice}

    def with_result(
        self, step: Step, result: Result, variables: Mapping[str, JSON] | None = None
    ) -> "Course":
        """The course after a try of a step; it knows how often the step was tried."""
        before = self.results.get(step.id)
        told = replace(result, attempts=before.attempts + 1) if before else result
        return replace(
            self,
            results={**self.results, step.id: told},
            variables={**self.variables, **(variables or {})},
        )

    def chosen(self, name: str) -> "Course":
        """The course after a remediation was chosen, or `none`."""
        return replace(self, choice=name)

    def objected(self, runbook: Runbook, note: str) -> "Course":
        """The course after a person asked for another remediation: nothing of it was done."""
        chosen = runbook.remediation(self.choice or "")
        undone = {step.id for step in chosen.steps} if chosen else set()
        results = {id_: result for id_, result in self.results.items() if id_ not in undone}
        return replace(self, results=results, choice=None, objection=note or "Choose another way")


@dataclass(frozen=True, kw_only=True)
class RunStep:
    """Carry out a step, for the first time or again."""

    part: Part
    step: Step


@dataclass(frozen=True, kw_only=True)
class SkipStep:
    """Its condition does not hold."""

    part: Part
    step: Step


@dataclass(frozen=True, kw_only=True)
class FailStep:
    """Its condition cannot be decided."""

    part: Part
    step: Step
    message: str


@dataclass(frozen=True, kw_only=True)
class Choose:
    """A rule has chosen a remediation, or that there is none to do."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AskWay:
    """No rule holds, or somebody objected: a person chooses the remediation."""

    why: str


@dataclass(frozen=True, kw_only=True)
class Finish:
    """There is nothing more to do."""

    outcome: Outcome
    failed: Step | None = None
    """The step that stopped it."""
    cause: Cause | None = None
    message: str = ""


Move = RunStep | SkipStep | FailStep | Choose | AskWay | Finish


def decide_next(runbook: Runbook, course: Course) -> Move:
    """The next move; the same course always gives the same one."""
    if stopped := _stopped(runbook, course):
        return stopped
    if move := _next_step(Part.TRIAGE, runbook.triage, course):
        return move
    if runbook.remediations and course.choice is None:
        return _choose(runbook, course)
    chosen = runbook.remediation(course.choice or NO_REMEDIATION)
    return (
        _next_step(Part.REMEDIATION, chosen.steps if chosen else (), course)
        or _next_step(Part.SUMMARY, runbook.checks, course)
        or Finish(outcome=decide_outcome(runbook, course))
    )


def decide_outcome(runbook: Runbook, course: Course) -> Outcome:
    """How a runbook ends whose last step has ended."""
    if not any(runbook.placed()):
        return Outcome.NO_STEPS
    failed = any(result.state is StepState.FAILED for result in course.results.values())
    return Outcome.PARTIAL if failed else Outcome.SUCCESS


def _exhausted(step: Step, result: Result) -> bool:
    return result.state is StepState.FAILED and result.attempts > step.retries


def _stopped(runbook: Runbook, course: Course) -> Finish | None:
    """The end, where a step has failed for the last time and nothing may follow it.

    What was remedied stays so when only a look at it fails: that is a part of a success.
    """
    for part, step in runbook.placed():
        result = course.results.get(step.id)
        if result and step.on_failure is OnFailure.FAIL and _exhausted(step, result):
            outcome = Outcome.PARTIAL if part is Part.SUMMARY else Outcome.FAILURE
            return Finish(outcome=outcome, failed=step, cause=result.cause, message=result.message)
    return None


def _next_step(part: Part, steps: Sequence[Step], course: Course) -> Move | None:
    for step in steps:
        result = course.results.get(step.id)
        if result is None:
            return _begin(part, step, course)
        if result.state is StepState.FAILED and not _exhausted(step, result):
            return RunStep(part=part, step=step)
    return None


def _begin(part: Part, step: Step, course: Course) -> Move:
    try:
        due = not step.when or parse_expression(step.when).holds(course.scope)
    except UserError as error:
        return FailStep(part=part, step=step, message=error.text)
    return RunStep(part=part, step=step) if due else SkipStep(part=part, step=step)


def _choose(runbook: Runbook, course: Course) -> Move:
    if course.objection:
        return AskWay(why=course.objection)
    for rule in runbook.rules:
        try:
            if parse_expression(rule.when).holds(course.scope):
                return Choose(name=rule.use, reason=fill_text(rule.reason, course.scope))
        except UserError as error:
            message = f"The rule “{rule.when}” cannot be decided: {error.text}"
            return Finish(outcome=Outcome.FAILURE, cause=Cause.INVALID_INPUT, message=message)
    return AskWay(why="No rule fits what was found")
