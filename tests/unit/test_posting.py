"""What each event lets be told."""

import pytest

from bot.domain.actor import CLOCK
from bot.domain.events import Event, EventType
from bot.domain.posting import CARD, announce
from tests.unit.domain_samples import NOW

SILENT = {EventType.STEP_REPORTED, EventType.NOTE_REPORTED}
GATES = {EventType.GATE_OPENED, EventType.GATE_APPROVED, EventType.GATE_CLOSED}
CARD_ONLY = {
    EventType.RUN_REQUESTED,
    EventType.JOB_CLAIMED,
    EventType.JOB_STARTED,
    EventType.PHASE_REACHED,
    EventType.COST_REPORTED,
    EventType.JOB_WAITING,
    EventType.MIRRORED,
    EventType.JOB_RESUMED,
    EventType.JOB_REQUEUED,
    EventType.PUSH_HELD,
    EventType.SPOKE_AGAIN,
    EventType.DELETION_REQUESTED,
    EventType.DELETION_UNDONE,
}


def told(*types: EventType) -> list[str]:
    events = (
        Event(run_id=81, seq=seq, type=type_, actor=CLOCK, at=NOW, data={"gate": 41})
        for seq, type_ in enumerate(types, start=5)
    )
    return [wanted.subject for wanted in announce(events)]


@pytest.mark.parametrize("type_", EventType)
def test_every_event_is_told_in_its_place(type_: EventType) -> None:
    if type_ in SILENT:
        expected = []
    elif type_ in GATES:
        expected = [CARD, "gate:41"]
    elif type_ in CARD_ONLY:
        expected = [CARD]
    else:
        expected = [CARD, "event:5"]
    assert told(type_) == expected


def test_subjects_are_wanted_once_and_the_card_first() -> None:
    subjects = told(
        EventType.STEP_REPORTED,
        EventType.GATE_CLOSED,
        EventType.GATE_OPENED,
        EventType.JOB_ENDED,
        EventType.JOB_ENDED,
    )
    assert subjects == [CARD, "gate:41", "event:8", "event:9"]


@pytest.mark.parametrize(("topic", "subjects"), [("question", [CARD, "event:5"]), ("files", [])])
def test_only_questions_of_a_program_are_said(topic: str, subjects: list[str]) -> None:
    data = {"topic": topic}
    event = Event(run_id=81, seq=5, type=EventType.NOTE_REPORTED, actor=CLOCK, at=NOW, data=data)
    assert [wanted.subject for wanted in announce([event])] == subjects


def test_nothing_happened_nothing_is_told() -> None:
    assert told() == []
