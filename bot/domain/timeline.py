"""Timeline: where a run's time went, and when each phase, step and gate began and ended.

Made of its events alone. The parts add up to the total exactly: every moment between the first
event and the end (or now) belongs to the one part that the run's status at that moment gives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, unique

from bot.domain.events import Event, EventType
from bot.domain.replay import Replayed, advance
from bot.domain.vocabulary import LIVE, Status


@unique
class Part(StrEnum):
    """What a run's time was spent on."""

    QUEUE = "queue"
    """Scheduled or queued: for a slot, before the start and after people."""
    STARTING = "starting"
    WORKING = "working"
    PEOPLE = "people"
    """Waiting for a decision or an answer."""
    STOPPING = "stopping"
    BETWEEN = "between"
    """Ended, until the next attempt was asked for."""


_SECOND = timedelta(seconds=1)
_PARTS: Mapping[Status, Part] = {
    Status.SCHEDULED: Part.QUEUE,
    Status.QUEUED: Part.QUEUE,
    Status.CLAIMED: Part.STARTING,
    Status.RUNNING: Part.WORKING,
    Status.WAITING: Part.PEOPLE,
    Status.CANCELLING: Part.STOPPING,
}


@unique
class SpanKind(StrEnum):
    """What began and ended."""

    PHASE = "phase"
    STEP = "step"
    GATE = "gate"


@dataclass(frozen=True, kw_only=True)
class TimelineSpan:
    """Something that began and, where `ended_at` is not None, ended."""

    kind: SpanKind
    name: str
    """A phase or step as reported; of a gate its checkpoint."""
    job: int
    """The number of its job; 0 for a gate or step, which the run has as a whole."""
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = ""
    """Of a step `done` or `failed`, of a gate the state it closed in."""
    gate: int = 0
    """The gate's number."""


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """A run's time; `parts` sums to `total`."""

    total: timedelta
    parts: Mapping[Part, timedelta]
    spans: tuple[TimelineSpan, ...]

    @property
    def in_seconds(self) -> Mapping[Part, timedelta]:
        """The parts in whole seconds that still add up: whoever lost most is rounded up first."""
        whole = {part: spent // _SECOND for part, spent in self.parts.items()}
        short = round(self.total / _SECOND) - sum(whole.values())
        by_loss = sorted(self.parts, key=lambda part: self.parts[part] % _SECOND, reverse=True)
        for part in by_loss[:short]:
            whole[part] += 1
        return {part: seconds * _SECOND for part, seconds in whole.items()}


class _Drawing:
    """What is drawn while events pass by."""

    def __init__(self) -> None:
        self.state = Replayed()
        self.parts: dict[Part, timedelta] = {}
        self.spans: list[TimelineSpan] = []


def draw_timeline(events: Sequence[Event], now: datetime) -> Timeline:
    """The timeline of a run's events, in order; a run that lives on is drawn until `now`.

    Raises ValueError where a sequence has a gap, or there is no event at all.
    """
    if not events:
        raise ValueError("a run without events has no timeline")
    drawing = _Drawing()
    last = ended_at = events[0].at
    for event in events:
        _pass_time(drawing, event.at - last)
        last = event.at
        was_live = _live(drawing.state)
        drawing.state = advance(drawing.state, event)
        _draw(drawing, event)
        if was_live and not _live(drawing.state):
            ended_at = event.at
            _close_all(drawing, event.at)
    if _live(drawing.state):
        _pass_time(drawing, now - last)
        ended_at = now
    return _finished(drawing, events[0].at, ended_at, trailing=last - ended_at)


def _finished(
    drawing: _Drawing, begun_at: datetime, ended_at: datetime, *, trailing: timedelta
) -> Timeline:
    """What comes after the last end belongs to no part: nobody waits for a next attempt yet."""
    if not _live(drawing.state) and trailing:
        drawing.parts[Part.BETWEEN] -= trailing
    parts = {part: drawing.parts[part] for part in Part if drawing.parts.get(part)}
    spans = sorted(drawing.spans, key=lambda span: span.started_at)
    return Timeline(total=ended_at - begun_at, parts=parts, spans=tuple(spans))


def _live(state: Replayed) -> bool:
    return state.status in LIVE


def _pass_time(drawing: _Drawing, passed: timedelta) -> None:
    if passed:
        part = _PARTS.get(drawing.state.status, Part.BETWEEN)
        drawing.parts[part] = drawing.parts.get(part, timedelta(0)) + passed


def _draw(drawing: _Drawing, event: Event) -> None:
    data = event.data
    if "phase" in data and "job" in data:
        _draw_phase(drawing, str(data["phase"]), int(data["job"]), event.at)
    if event.type is EventType.STEP_REPORTED:
        _draw_step(drawing, str(data["name"]), str(data["state"]), event.at)
    if event.type is EventType.GATE_OPENED:
        drawing.spans.append(
            TimelineSpan(
                kind=SpanKind.GATE,
                name=str(data.get("checkpoint", "")),
                job=0,
                started_at=event.at,
                gate=int(data["gate"]),
            )
        )
    if event.type is EventType.GATE_CLOSED:
        _close_gate(drawing, int(data["gate"]), str(data["state"]), event.at)


def _draw_phase(drawing: _Drawing, phase: str, job: int, at: datetime) -> None:
    """A checkpoint interrupts a phase and does not end it: the gate has a row of its own."""
    if not phase or phase.startswith("checkpoint:"):
        return
    at_work = _open(drawing, SpanKind.PHASE, job=job)
    if at_work is not None and drawing.spans[at_work].name == phase:
        return
    if at_work is not None:
        _close(drawing, at_work, at)
    drawing.spans.append(TimelineSpan(kind=SpanKind.PHASE, name=phase, job=job, started_at=at))


def _draw_step(drawing: _Drawing, name: str, state: str, at: datetime) -> None:
    begun = _open(drawing, SpanKind.STEP, name=name)
    if begun is None:
        drawing.spans.append(TimelineSpan(kind=SpanKind.STEP, name=name, job=0, started_at=at))
        begun = len(drawing.spans) - 1
    if state != "running":
        _close(drawing, begun, at, outcome=state)


def _close_gate(drawing: _Drawing, gate: int, state: str, at: datetime) -> None:
    for place, span in enumerate(drawing.spans):
        if span.kind is SpanKind.GATE and span.gate == gate:
            _close(drawing, place, at, outcome=state)


def _close_all(drawing: _Drawing, at: datetime) -> None:
    for place, span in enumerate(drawing.spans):
        if span.ended_at is None:
            _close(drawing, place, at)


def _close(drawing: _Drawing, place: int, at: datetime, *, outcome: str = "") -> None:
    drawing.spans[place] = replace(drawing.spans[place], ended_at=at, outcome=outcome)


def _open(
    drawing: _Drawing, kind: SpanKind, *, name: str | None = None, job: int | None = None
) -> int | None:
    """The place of the span of that kind, name and job that has not ended."""
    for place, span in enumerate(drawing.spans):
        if (
            span.kind is kind
            and span.ended_at is None
            and name in {None, span.name}
            and job in {None, span.job}
        ):
            return place
    return None
