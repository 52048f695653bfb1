"""A run's state from its events alone."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.actor import CLOCK
from bot.domain.events import Event, EventType
from bot.domain.replay import Replayed, ReplayedJob, replay
from bot.domain.transition import told
from bot.domain.vocabulary import Disposition, Reason, Status
from tests.unit.domain_samples import NOW, a_job

JOB = told(a_job(phase="dispatched"))
ENDED = told(a_job(Status.FAILED, reason_code=Reason.STOPPED, reason="enough", fence=2))


def events(*facts: tuple[EventType, dict[str, Any]]) -> list[Event]:
    return [
        Event(run_id=81, seq=seq, type=type_, actor=CLOCK, at=NOW, data=data)
        for seq, (type_, data) in enumerate(facts, start=1)
    ]


REQUESTED = (EventType.RUN_REQUESTED, {**JOB, "owner": "olga"})
STORY = events(
    REQUESTED,
    (EventType.JOB_ENDED, ENDED),
    (EventType.DISPOSITION_CHANGED, {"disposition": "pr_open"}),
    (EventType.OWNER_ASSIGNED, {"owner": "ana"}),
    (EventType.ATTEMPT_OPENED, {**JOB, "job": 2, "attempt": 2}),
)


def test_a_run_begins_with_its_request() -> None:
    state = replay(STORY[:1])
    assert (state.seq, state.attempt, state.owner, state.status) == (1, 1, "olga", Status.QUEUED)
    assert state.jobs[1].phase == "dispatched"


def test_the_last_word_on_a_job_holds() -> None:
    state = replay(STORY[:3])
    assert state.jobs == {
        1: ReplayedJob(
            attempt=1,
            status=Status.FAILED,
            phase="",
            reason_code=Reason.STOPPED,
            reason="enough",
            fence=2,
        )
    }
    assert (state.status, state.disposition) == (Status.FAILED, Disposition.PR_OPEN)


def test_a_new_attempt_begins_anew_and_keeps_the_old_one() -> None:
    state = replay(STORY)
    assert (state.attempt, state.status, state.owner) == (2, Status.QUEUED, "ana")
    assert state.disposition is Disposition.NONE
    assert {number: job.attempt for number, job in state.jobs.items()} == {1: 1, 2: 2}


def test_facts_without_a_status_change_no_job() -> None:
    quiet = events(REQUESTED, (EventType.SUMMARY_REPORTED, {"text": "half done"}))
    assert replace(replay(quiet), seq=1) == replay(quiet[:1])


@pytest.mark.parametrize("missing", [0, 2])
def test_a_gap_is_seen(missing: int) -> None:
    with pytest.raises(ValueError, match=f"event {missing + 2} follows event {missing}"):
        replay(STORY[:missing] + STORY[missing + 1 :])


def test_the_same_event_twice_is_seen() -> None:
    with pytest.raises(ValueError, match="event 1 follows event 1"):
        replay([STORY[0], STORY[0]])


def test_nothing_is_an_empty_run() -> None:
    assert replay([]) == Replayed()
    assert Replayed().status is Status.CANCELLED
