"""The audit chain: changing, dropping or moving any event is seen in the head."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actor import CLOCK, person
from bot.domain.codec import decode, encode
from bot.domain.events import Event, EventType, chain
from tests.unit.domain_samples import NOW

EVENT = Event(
    run_id=81,
    seq=3,
    type=EventType.JOB_STARTED,
    actor=person("ana", "web"),
    at=NOW,
    data={"job": 1, "phase": "STARTED"},
)
OTHER: dict[str, list[Any]] = {
    "run_id": [82],
    "seq": [4],
    "type": [EventType.JOB_ENDED],
    "actor": [person("abel", "web"), person("ana", "console"), CLOCK],
    "at": [NOW + timedelta(microseconds=1)],
    "data": [{}, {"job": 1}, {"job": "1", "phase": "STARTED"}, {"job": 1, "phase": ""}],
}


@pytest.mark.parametrize("field", [field.name for field in fields(Event) if field.name != "hash"])
def test_every_field_is_bound(field: str) -> None:
    for value in OTHER[field]:
        assert chain("", replace(EVENT, **{field: value})) != chain("", EVENT)


def test_what_came_before_is_bound() -> None:
    assert chain("a", EVENT) != chain("b", EVENT)


def test_the_stored_hash_is_not_part_of_itself() -> None:
    assert chain("", replace(EVENT, hash="x")) == chain("", EVENT)


def test_reading_an_event_back_gives_the_same_hash() -> None:
    assert chain("", decode(Event, encode(EVENT))) == chain("", EVENT)
    assert len(chain("", EVENT)) == 64


def head(events: list[Event]) -> str:
    last = ""
    for event in events:
        last = chain(last, event)
    return last


@given(st.permutations(range(1, 6)))
def test_order_is_bound(order: list[int]) -> None:
    events = [replace(EVENT, seq=seq) for seq in range(1, 6)]
    moved = [events[seq - 1] for seq in order]
    assert (head(moved) == head(events)) is (moved == events)
    assert head(events[:-1]) != head(events)
