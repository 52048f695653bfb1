"""Engine: carries out the moves that the course of a runbook gives, one after the other."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from adapters.runner.runbook.memory import Memory, save_memory
from adapters.runner.runbook.people import (
    decision_form,
    interpret_decision,
    interpret_way,
    step_request,
)
from adapters.runner.runbook.speech import Speech
from adapters.runner.runbook.work import describe_step, try_step
from adapters.tools import has_tool
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.failure import Cause
from bot.domain.placeholders import fill_text
from bot.domain.runbook import NO_REMEDIATION, Part, Runbook, Step, StepKind
from bot.domain.runbook_course import (
    AskWay,
    Choose,
    Course,
    FailStep,
    Finish,
    Outcome,
    Result,
    RunStep,
    SkipStep,
    StepState,
    decide_next,
)
from bot.domain.runbook_log import DECISION

HELD = 75
"""The exit code of a program that leaves until a person has decided."""
_PAUSE = 1.0
"""Seconds before a failed step is tried again; as much longer with every try."""
_LONGEST_PAUSE = 15.0
_RESULTS = {
    Outcome.SUCCESS: "succeeded",
    Outcome.NO_STEPS: "succeeded",
    Outcome.PARTIAL: "partial",
    Outcome.FAILURE: "failed",
}


class _LeftError(Exception):
    """The program must leave now, with this exit code."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class Engine:
    """One start of the program: from where it stands to the next person, or to the end."""

    def __init__(self, runbook: Runbook, speech: Speech, *, state: Path) -> None:
        """`state` is the file that outlives this process."""
        self._runbook = runbook
        self._speech = speech
        self._state = state
        self._course = Course()
        self._phase = ""

    def start(self, memory: Memory) -> int:
        """Carry it out from its first step; the exit code."""
        self._course = memory.course
        if lacking := self._missing_tool():
            self._speech.result("failed", lacking, reason=Cause.TOOL_ERROR.reason)
            return 1
        return self._go_on()

    def resume(self, memory: Memory, decision: Mapping[str, JSON]) -> int:
        """Go on with what a person said; the exit code."""
        self._course = memory.course
        self._speech.hide(
            {
                name: memory.course.variables[name]
                for name in memory.secrets
                if name in memory.course.variables
            }
        )
        self._take_decision(memory, decision)
        return self._go_on()

    def _missing_tool(self) -> str:
        """What is not there on this very machine; the agent looked on its own."""
        path = os.environ.get("PATH", "")
        for _, step in self._runbook.placed():
            for tool in step.needs:
                if not has_tool(tool, path=path):
                    return f"The step “{step.title}” needs {tool}, which is not on this machine."
        return ""

    def _go_on(self) -> int:
        try:
            while True:
                move = decide_next(self._runbook, self._course)
                if isinstance(move, Finish):
                    return self._finish(move)
                self._make(move)
        except _LeftError as left:
            return left.exit_code

    def _make(self, move: RunStep | SkipStep | FailStep | Choose | AskWay) -> None:
        match move:
            case RunStep():
                self._run_step(move.part, move.step)
            case SkipStep():
                self._end_step(move.part, move.step, Result(state=StepState.SKIPPED))
            case FailStep():
                failed = Result(
                    state=StepState.FAILED,
                    attempts=move.step.retries + 1,
                    cause=Cause.INVALID_INPUT,
                    message=move.message,
                )
                self._end_step(move.part, move.step, failed)
            case Choose():
                self._reach("deciding_remediation")
                self._choose(move.name, move.reason)
            case AskWay():
                self._reach("deciding_remediation")
                self._ask_way(move.why)

    # --- steps ------------------------------------------------------------------------------

    def _run_step(self, part: Part, step: Step) -> None:
        self._reach(_phase_of(part, step, self._runbook, self._course))
        before = self._course.results.get(step.id)
        if before:
            time.sleep(min(_PAUSE * before.attempts, _LONGEST_PAUSE))
        self._speech.log(f"— {step.title}")
        began_at = time.time()
        try:
            shown = describe_step(step, self._course.scope, os.environ)
            self._speech.step(
                step.title, "running", id=step.id, title=step.title, part=part, input=shown
            )
            if step.asks_people:
                self._ask(step, began_at)
                return
            tried = try_step(step, self._course.scope, os.environ, self._speech.masked_stream)
            variables, message, cause = tried.variables, tried.message, tried.cause
            output = tried.output
        except UserError as error:
            variables, message, cause, output = {}, error.text, Cause.INVALID_INPUT, ""
        state = StepState.FAILED if cause else StepState.DONE
        self._end_step(
            part,
            step,
            Result(state=state, cause=cause, message=message),
            variables=variables,
            output=output,
            seconds=time.time() - began_at,
        )

    def _end_step(  # noqa: PLR0913 - all that is told of a step
        self,
        part: Part,
        step: Step,
        result: Result,
        *,
        variables: Mapping[str, JSON] | None = None,
        output: str = "",
        seconds: float | None = None,
    ) -> None:
        self._course = self._course.with_result(step, result, variables)
        if result.message:
            self._speech.log(f"{step.title}: {result.message}")
        self._speech.step(
            step.title,
            result.state.value,
            id=step.id,
            title=step.title,
            part=part,
            input=_input(step, self._course, self._speech, result),
            output=output,
            message=result.message,
            cause=result.cause,
            seconds=None if seconds is None else round(seconds, 3),
            variables=dict(variables or {}),
        )

    # --- people -----------------------------------------------------------------------------

    def _ask(self, step: Step, began_at: float) -> None:
        """Put a step to people and leave; what is known already is taken at once."""
        memory = self._remember(step.id, began_at)
        request = step_request(step, self._course, self._runbook)
        exit_code, answer = self._speech.ask_people(request)
        self._heed(memory, exit_code, answer)

    def _ask_way(self, why: str) -> None:
        self._speech.step(
            "Decide the remediation", "running", **_decision("Decide the remediation"), input=why
        )
        memory = self._remember(DECISION, time.time())
        form = decision_form(self._runbook, why)
        request: dict[str, JSON] = {"call": "question", "name": DECISION, "form": form}
        exit_code, answer = self._speech.ask_people(request)
        self._heed(memory, exit_code, answer)

    def _heed(self, memory: Memory, exit_code: int, answer: Mapping[str, JSON]) -> None:
        if exit_code == HELD:
            raise _LeftError(HELD)
        if "error" in answer:
            self._fail_asking(memory, str(answer["error"]))
        else:
            self._take_decision(memory, answer)

    def _take_decision(self, memory: Memory, decision: Mapping[str, JSON]) -> None:
        if memory.asking == DECISION:
            way, by = interpret_way(self._runbook, decision), decision.get("by") or "policy"
            self._choose(way, f"Chosen by {by}")
            return
        part, step = self._placed(memory.asking)
        said = interpret_decision(step, decision)
        if said.left:
            raise _LeftError(1)
        if said.objection is not None and part is Part.REMEDIATION and step.id == self._first_way():
            self._course = self._course.objected(self._runbook, said.objection)
            return
        self._speech.hide(said.secrets)
        self._end_step(
            part,
            step,
            said.result,
            variables=said.variables,
            output=said.shown,
            seconds=time.time() - memory.began_at,
        )

    def _fail_asking(self, memory: Memory, problem: str) -> None:
        if memory.asking == DECISION:
            self._speech.result("failed", problem, reason=Cause.INVALID_INPUT.reason)
            raise _LeftError(1)
        part, step = self._placed(memory.asking)
        failed = Result(
            state=StepState.FAILED,
            attempts=step.retries + 1,
            cause=Cause.INVALID_INPUT,
            message=problem,
        )
        self._end_step(part, step, failed)

    def _remember(self, asking: str, began_at: float) -> Memory:
        memory = Memory(
            course=self._course, asking=asking, began_at=began_at, secrets=self._speech.hidden
        )
        save_memory(self._state, memory)
        return memory

    def _placed(self, id_: str) -> tuple[Part, Step]:
        return next((part, step) for part, step in self._runbook.placed() if step.id == id_)

    def _first_way(self) -> str:
        """The first step of the chosen remediation: an objection to it is one to the choice."""
        chosen = self._runbook.remediation(self._course.choice or "")
        return chosen.steps[0].id if chosen and chosen.steps else ""

    # --- decision and end -------------------------------------------------------------------

    def _choose(self, name: str, reason: str) -> None:
        way = self._runbook.remediation(name)
        title = f"Remediation: {way.title if way else 'none'}"
        self._course = self._course.chosen(name)
        self._speech.log(f"— {title}. {reason}")
        shown = _decision(title)
        self._speech.step(title, "done", **shown, output=reason, variables={"remediation": name})
        if name != NO_REMEDIATION:
            self._reach("ready_for_remediation")

    def _finish(self, move: Finish) -> int:
        if move.outcome is Outcome.FAILURE:
            return self._end_failed(move)
        self._reach("summarizing")
        self._speech.summary(self._summary())
        text, reason = "", None
        if move.outcome is Outcome.PARTIAL:
            failed = [
                step.title
                for _, step in self._runbook.placed()
                if step.id in self._course.scope["failed_steps"]
            ]
            text, reason = f"Failed: {', '.join(failed)}", Cause.TOOL_ERROR.reason
        self._speech.result(_RESULTS[move.outcome], text, reason=reason)
        return 0

    def _end_failed(self, move: Finish) -> int:
        text = f"The step “{move.failed.title}” failed: {move.message}" if move.failed else ""
        cause = move.cause or Cause.TOOL_ERROR
        self._speech.result("failed", text or move.message, reason=cause.reason)
        return 1

    def _summary(self) -> str:
        results = list(self._course.results.values())
        counted = ", ".join(
            f"{count} {state.value}"
            for state in StepState
            if (count := sum(result.state is state for result in results))
        )
        if not self._runbook.summary:
            return f"Steps: {counted}."
        scope = {**self._course.scope, **dict.fromkeys(self._speech.hidden, "••••")}
        try:
            return fill_text(self._runbook.summary, scope)
        except UserError as error:
            return f"Steps: {counted}. {error.text}"

    def _reach(self, phase: str) -> None:
        if phase != self._phase:
            self._phase = phase
            self._speech.phase(phase)


def _phase_of(part: Part, step: Step, runbook: Runbook, course: Course) -> str:
    """A remediation that a person has yet to allow is ready, not begun."""
    chosen = runbook.remediation(course.choice or "")
    first = chosen is not None and bool(chosen.steps) and chosen.steps[0].id == step.id
    if part is Part.REMEDIATION and step.kind is StepKind.APPROVAL and first:
        return "ready_for_remediation"
    return "summarizing" if part is Part.SUMMARY else part.value


def _decision(title: str) -> dict[str, JSON]:
    return {"id": DECISION, "title": title, "part": Part.REMEDIATION.value}


def _input(step: Step, course: Course, speech: Speech, result: Result) -> str:
    """What the step was given, where it was given anything."""
    if result.state is StepState.SKIPPED:
        return ""
    try:
        return speech.excerpt(describe_step(step, course.scope, os.environ))
    except UserError:
        return ""
