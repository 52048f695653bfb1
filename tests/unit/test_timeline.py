"""Timelines: the parts add up to the total, whatever happened and whenever one looks."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actor import CLOCK
from bot.domain.events import Event, EventType
from bot.domain.timeline import Part, SpanKind, Timeline, draw_timeline
from bot.domain.vocabulary import Status
from tests.unit.domain_samples import NOW

MINUTE = timedelta(minutes=1)


def history(*facts: tuple[int, EventType, dict[str, Any]]) -> list[Event]:
    """Events at minutes after NOW."""
    return [
        Event(run_id=81, seq=seq, type=type_, actor=CLOCK, at=NOW + at * MINUTE, data=data)
        for seq, (at, type_, data) in enumerate(facts, start=1)
    ]


def job(status: Status, phase: str = "", **more: Any) -> dict[str, Any]:
    told = {"job": 1, "attempt": 1, "status": status.value, "phase": phase}
    return {**told, "reason_code": None, "reason": "", "fence": 1, "owner": "ana", **more}


WORK = (
    (0, EventType.RUN_REQUESTED, job(Status.QUEUED)),
    (2, EventType.JOB_CLAIMED, job(Status.CLAIMED)),
    (3, EventType.JOB_STARTED, job(Status.RUNNING, "STARTED")),
    (4, EventType.STEP_REPORTED, {"name": "look", "state": "running"}),
    (6, EventType.PHASE_REACHED, job(Status.RUNNING, "PLANNING")),
    (7, EventType.GATE_OPENED, {"gate": 41, "checkpoint": "plan"}),
    (7, EventType.JOB_WAITING, job(Status.WAITING, "checkpoint:plan")),
    (17, EventType.GATE_CLOSED, {"gate": 41, "state": "satisfied"}),
    (17, EventType.JOB_REQUEUED, job(Status.QUEUED, "PLANNING")),
    (20, EventType.JOB_CLAIMED, job(Status.CLAIMED, "PLANNING")),
    (20, EventType.JOB_STARTED, job(Status.RUNNING, "PLANNING")),
    (21, EventType.STEP_REPORTED, {"name": "look", "state": "done"}),
    (22, EventType.STEP_REPORTED, {"name": "at once", "state": "failed"}),
    (23, EventType.JOB_CANCELLING, job(Status.CANCELLING, "PLANNING")),
    (24, EventType.JOB_ENDED, job(Status.CANCELLED, "PLANNING")),
)


def in_minutes(drawn: Timeline) -> dict[Part, int]:
    return {part: spent // MINUTE for part, spent in drawn.parts.items()}


def rows(drawn: Timeline) -> list[tuple[str, str, int, int | None, str]]:
    return [
        (
            span.kind.value,
            span.name,
            (span.started_at - NOW) // MINUTE,
            (span.ended_at - NOW) // MINUTE if span.ended_at else None,
            span.outcome,
        )
        for span in drawn.spans
    ]


def test_a_run_to_its_end() -> None:
    drawn = draw_timeline(history(*WORK), NOW + 60 * MINUTE)
    assert drawn.total == 24 * MINUTE
    assert in_minutes(drawn) == {
        Part.QUEUE: 5,
        Part.STARTING: 1,
        Part.WORKING: 7,
        Part.PEOPLE: 10,
        Part.STOPPING: 1,
    }
    assert rows(drawn) == [
        ("phase", "STARTED", 3, 6, ""),
        ("step", "look", 4, 21, "done"),
        ("phase", "PLANNING", 6, 24, ""),
        ("gate", "plan", 7, 17, "satisfied"),
        ("step", "at once", 22, 22, "failed"),
    ]


def test_a_live_run_is_drawn_until_now() -> None:
    drawn = draw_timeline(history(*WORK[:7]), NOW + 10 * MINUTE)
    assert drawn.total == 10 * MINUTE
    assert in_minutes(drawn)[Part.PEOPLE] == 3
    assert rows(drawn)[-1] == ("gate", "plan", 7, None, "")


def test_time_between_attempts_has_its_part_and_time_after_the_end_has_none() -> None:
    after = (30, EventType.DISPOSITION_CHANGED, {"disposition": "reviewed"})
    assert draw_timeline(history(*WORK, after), NOW).total == 24 * MINUTE
    again = (34, EventType.ATTEMPT_OPENED, job(Status.QUEUED, "dispatched", job=2, attempt=2))
    drawn = draw_timeline(history(*WORK, after, again), NOW + 36 * MINUTE)
    assert drawn.total == 36 * MINUTE
    assert in_minutes(drawn)[Part.BETWEEN] == 10
    assert in_minutes(drawn)[Part.QUEUE] == 7
    assert sum(drawn.parts.values(), timedelta(0)) == drawn.total


def test_what_is_closed_with_the_run_is_closed_once() -> None:
    void = (24, EventType.GATE_CLOSED, {"gate": 42, "state": "void"})
    opened = (22, EventType.GATE_OPENED, {"gate": 42, "checkpoint": "late"})
    drawn = draw_timeline(history(*WORK[:13], opened, *WORK[13:], void), NOW)
    gate = next(span for span in drawn.spans if span.gate == 42)
    assert (gate.kind, gate.outcome, gate.ended_at) == (SpanKind.GATE, "void", NOW + 24 * MINUTE)


def test_a_run_without_events_has_no_timeline() -> None:
    with pytest.raises(ValueError, match="no timeline"):
        draw_timeline([], NOW)


STATUSES = st.sampled_from(Status)
FACTS = st.lists(
    st.tuples(
        st.integers(0, 10_000_000),
        st.one_of(
            st.tuples(st.just(EventType.JOB_STARTED), STATUSES, st.sampled_from(["", "a", "b"])),
            st.tuples(st.just(EventType.STEP_REPORTED), STATUSES, st.just("running")),
            st.tuples(st.just(EventType.STEP_REPORTED), STATUSES, st.just("done")),
            st.tuples(st.just(EventType.GATE_OPENED), STATUSES, st.just("")),
            st.tuples(st.just(EventType.GATE_CLOSED), STATUSES, st.just("void")),
        ),
        st.integers(1, 2),
    ),
    max_size=15,
)


def told(facts: Sequence[Any]) -> list[Event]:
    events = history((0, EventType.RUN_REQUESTED, job(Status.QUEUED)))
    at = NOW
    for microseconds, (type_, status, word), number in facts:
        at += timedelta(microseconds=microseconds)
        data: dict[str, Any] = {"gate": number, "checkpoint": "c", "state": word, "name": "s"}
        if type_ is EventType.JOB_STARTED:
            data = job(status, word, job=number)
        events.append(replace(events[0], seq=len(events) + 1, type=type_, at=at, data=data))
    return events


@given(FACTS, st.integers(0, 1_000_000))
def test_the_parts_always_add_up(facts: Sequence[Any], later: int) -> None:
    events = told(facts)
    now: datetime = events[-1].at + timedelta(microseconds=later)
    drawn = draw_timeline(events, now)
    assert sum(drawn.parts.values(), timedelta(0)) == drawn.total
    assert all(spent > timedelta(0) for spent in drawn.parts.values())
    assert drawn.total <= now - events[0].at
    assert all(span.ended_at is None or span.ended_at >= span.started_at for span in drawn.spans)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=3)), min_size=1, max_size=len(Part)))
def test_whole_seconds_add_up_too(spent: list[timedelta]) -> None:
    parts = dict(zip(Part, spent, strict=False))
    total = sum(spent, timedelta(0))
    shown = Timeline(total=total, parts=parts, spans=()).in_seconds
    assert sum(shown.values(), timedelta(0)) == timedelta(seconds=round(total.total_seconds()))
    assert all(abs(shown[part] - parts[part]) <= timedelta(seconds=1) for part in parts)
