"""Whether a run's history is whole: every way to break it is found and named."""

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.actor import CLOCK
from bot.domain.audit import decide_audit
from bot.domain.events import Event, EventType, chain
from bot.domain.job import Job
from bot.domain.run import Run
from bot.domain.transition import told
from bot.domain.vocabulary import Disposition, Status
from tests.unit.domain_samples import NOW, a_job, a_run

JOB = a_job(phase="dispatched")
DONE = replace(JOB, status=Status.SUCCEEDED, fence=1)


def chained(*facts: tuple[EventType, dict[str, Any]]) -> list[Event]:
    events, head = [], ""
    for seq, (type_, data) in enumerate(facts, start=1):
        event = Event(run_id=81, seq=seq, type=type_, actor=CLOCK, at=NOW, data=data)
        head = chain(head, event)
        events.append(replace(event, hash=head))
    return events


EVENTS = chained(
    (EventType.RUN_REQUESTED, {**told(JOB), "owner": "olga"}),
    (EventType.JOB_ENDED, told(DONE)),
)
RUN = a_run(status=Status.SUCCEEDED, last_seq=2, head=EVENTS[-1].hash)


def why(run: Run = RUN, events: list[Event] = EVENTS, jobs: tuple[Job, ...] = (DONE,)) -> str:
    return str(decide_audit(run, events, jobs) or "")


def test_a_whole_history_holds() -> None:
    assert why() == ""


def test_a_changed_fact_is_named() -> None:
    forged = replace(EVENTS[0], data={**EVENTS[0].data, "owner": "mallory"})
    assert why(events=[forged, EVENTS[1]]) == (
        "R-81, event 1: its hash does not fit what it says (run_requested, clock)"
    )


def test_a_missing_event_is_named() -> None:
    assert why(events=[EVENTS[1]]) == "R-81, event 1: it is missing; 2 follows"
    assert why(events=[EVENTS[0]]).startswith("R-81, event 1: the run counts 2 events")
    assert why(events=[]).startswith("R-81: the run counts 2 events")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": Status.FAILED}, "its status is stored as failed, its events say succeeded"),
        ({"attempt": 2}, "its attempt is stored as 2, its events say 1"),
        ({"owner": "mallory"}, "its owner is stored as mallory, its events say olga"),
        ({"disposition": Disposition.REVIEWED}, "its disposition is stored as reviewed"),
    ],
)
def test_a_state_that_no_event_made_is_named(fields: dict[str, Any], said: str) -> None:
    assert said in why(replace(RUN, **fields))


def test_a_job_that_no_event_made_is_named() -> None:
    assert "R-81.1 is stored otherwise" in why(jobs=(replace(DONE, reason="forged"),))


def test_events_that_say_nothing_are_named() -> None:
    empty = chained((EventType.RUN_REQUESTED, {}))
    assert "cannot be added up" in why(replace(RUN, last_seq=1, head=empty[0].hash), empty)


def test_of_a_deleted_run_the_order_and_the_last_hash_are_proven() -> None:
    story = chained(
        (EventType.RUN_REQUESTED, {"owner": "olga"}),
        (EventType.DISPOSITION_CHANGED, {"disposition": "deleted"}),
    )
    purged = [replace(event, data={}) for event in story]
    run = a_run(disposition=Disposition.DELETED, last_seq=2, head=story[-1].hash)
    assert why(run, purged) == ""
    assert "its head is not" in why(replace(run, head="other"), purged)
    undeleted = replace(purged[1], type=EventType.JOB_ENDED)
    assert "no event says so" in why(run, [purged[0], undeleted])
