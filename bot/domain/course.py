"""Course: the phases of a run's latest attempt, each with how it went and how long it took."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, unique

from bot.domain.events import Event, EventType
from bot.domain.vocabulary import PHASES, Profile, Status


@unique
class StepState(StrEnum):
    """How far one step of something has come."""

    AHEAD = "ahead"
    WORKING = "working"
    WAITING = "waiting"
    """For people."""
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def mark(self) -> str:
        """One character for it; it always stands beside words."""
        return _MARKS[self]


_MARKS = {
    StepState.AHEAD: "○",
    StepState.WORKING: "▸",
    StepState.WAITING: "⏸",
    StepState.DONE: "✔",
    StepState.FAILED: "✖",
    StepState.STOPPED: "⊘",
}


@dataclass(frozen=True, kw_only=True)
class PhaseStep:
    """A phase in its place; `began_at` is None where it was never reported."""

    name: str
    state: StepState
    began_at: datetime | None = None
    took: timedelta | None = None
    """Of one that is over; waiting for people counts."""


MOVES = (
    EventType.RUN_REQUESTED,
    EventType.ATTEMPT_OPENED,
    EventType.JOB_CLAIMED,
    EventType.JOB_STARTED,
    EventType.PHASE_REACHED,
    EventType.JOB_WAITING,
    EventType.JOB_PARKED,
    EventType.JOB_RESUMED,
    EventType.JOB_REQUEUED,
    EventType.JOB_ENDED,
    EventType.PULL_REQUEST_OPENED,
)
"""The events that a course is made of."""

_CHECKPOINT = "checkpoint:"
_ENDS = {
    Status.SUCCEEDED: StepState.DONE,
    Status.PARTIAL: StepState.DONE,
    Status.FAILED: StepState.FAILED,
    Status.TIMED_OUT: StepState.FAILED,
    Status.CANCELLED: StepState.STOPPED,
}


def draw_course(profile: Profile, status: Status, moves: Iterable[Event]) -> tuple[PhaseStep, ...]:
    """The phases in their order, from the run's events of the types `MOVES`.

    Of a live run those to come are in it; an ended one has only those that it came to. A known
    phase that was passed over counts as done. Empty where no phase was ever reported.
    """
    reached: list[PhaseStep] = []
    since: datetime | None = None
    for event in moves:
        if event.type is EventType.ATTEMPT_OPENED:
            reached.clear()
        if event.type is EventType.JOB_WAITING:
            since = event.at
        _reach(reached, profile, event)
        if event.type is EventType.JOB_ENDED and reached:
            _end(reached, _ENDS[Status(event.data["status"])], event.at)
    if not reached or not status.live:
        return tuple(reached)
    now = reached[-1]
    if status is Status.WAITING:
        now = replace(now, state=StepState.WAITING, began_at=since)
    return (*reached[:-1], now, *_to_come(profile, reached))


def _reach(reached: list[PhaseStep], profile: Profile, event: Event) -> None:
    """A checkpoint interrupts a phase and does not end it."""
    name, order = str(event.data.get("phase", "")), PHASES[profile]
    if not name or name.startswith(_CHECKPOINT) or (reached and reached[-1].name == name):
        return
    if name in order and name in {step.name for step in reached}:
        reached.clear()  # taken back to where it had been: it begins anew
    over = bool(reached) and reached[-1].state is not StepState.WORKING
    if reached and not over:
        _end(reached, StepState.DONE, event.at)
    known = _furthest(order, reached)
    passed_over = order[known + 1 : order.index(name)] if name in order else ()
    reached += [PhaseStep(name=each, state=StepState.DONE) for each in passed_over]
    # What comes after the end, as a pull request does, is done at once.
    state = StepState.DONE if over else StepState.WORKING
    reached.append(PhaseStep(name=name, state=state, began_at=event.at))


def _end(reached: list[PhaseStep], state: StepState, at: datetime) -> None:
    last = reached[-1]
    took = at - last.began_at if last.began_at else None
    reached[-1] = replace(last, state=state, took=took)


def _to_come(profile: Profile, reached: Sequence[PhaseStep]) -> tuple[PhaseStep, ...]:
    order = PHASES[profile]
    left = order[_furthest(order, reached) + 1 :]
    return tuple(PhaseStep(name=name, state=StepState.AHEAD) for name in left)


def _furthest(order: Sequence[str], reached: Sequence[PhaseStep]) -> int:
    return max((order.index(step.name) for step in reached if step.name in order), default=-1)
