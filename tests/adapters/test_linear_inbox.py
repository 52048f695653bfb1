"""The inbox: what cannot be done is tried again, and what is broken keeps nobody else waiting."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from shutil import copy

import pytest

from adapters.linear.events import Event
from adapters.linear.inbox import LinearInbox
from bot.domain.errors import UnavailableError, UserError
from bot.ports.store import Store
from bot.ports.tracker_store import TrackerEvent
from storage.stores import open_store
from tests.fakes.clock import FakeClock


class Ear:
    """Hears as it is told to: an error for each key, until it is taken away."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()
        self.errors: dict[str, Exception] = {}
        self.greeted: list[str] = []
        self.heard: list[str] = []
        self.away = False

    async def greet(self, event: Event) -> None:
        if self.away:
            raise UnavailableError("away")
        self.greeted.append(type(event).__name__)

    async def hear(self, event: Event, taken: TrackerEvent) -> None:  # noqa: ARG002  # keys tell
        self.heard.append(taken.key)
        self.ended.set()
        if taken.key in self.errors:
            raise self.errors[taken.key]


@pytest.fixture
async def store(blank: Path, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    async with open_store(f"sqlite:///{copy(blank, tmp_path)}", clock) as opened:
        yield opened


async def taken(store: Store, key: str) -> TrackerEvent:
    body = json.dumps({"type": "OAuthApp", "action": "revoked"})
    event = await store.write(
        lambda tx: tx.tracker_events.take("linear", delivery=key, key=key, body=body)
    )
    assert event is not None
    return event


async def pending(store: Store) -> list[str]:
    found = await store.read(
        lambda tx: tx.tracker_events.pending(
            "linear", before=tx.now() + timedelta(seconds=1), limit=9
        )
    )
    return [event.key for event in found]


async def test_what_is_heard_is_done(store: Store) -> None:
    ear = Ear()
    inbox = LinearInbox(store, ear)
    inbox.hand_on(await taken(store, "a"))
    await inbox.settle()
    assert (ear.greeted, ear.heard) == (["AppRevoked"], ["a"])
    assert await pending(store) == []


async def test_what_waits_is_tried_again_ever_more_slowly(store: Store, clock: FakeClock) -> None:
    ear = Ear()
    ear.errors["a"] = UnavailableError("not now")
    inbox = LinearInbox(store, ear)
    inbox.hand_on(await taken(store, "a"))
    for _ in range(3_600 // 5):
        await inbox.settle()
        clock.advance(timedelta(seconds=5))
        await inbox.sweep()
    assert 12 <= len(ear.heard) <= 24
    ear.errors.clear()
    clock.advance(timedelta(minutes=5))
    await inbox.sweep()
    await inbox.settle()
    assert await pending(store) == []


@pytest.mark.parametrize("error", [UserError("no"), ZeroDivisionError()])
async def test_what_cannot_be_done_is_not_tried_for_ever(store: Store, error: Exception) -> None:
    ear = Ear()
    ear.errors["a"] = error
    inbox = LinearInbox(store, ear)
    for key in ("a", "b"):
        inbox.hand_on(await taken(store, key))
    await inbox.settle()
    assert ear.heard == ["a", "b"]
    assert await pending(store) == []


async def test_a_greeting_that_fails_does_not_keep_the_work_waiting(
    store: Store, clock: FakeClock
) -> None:
    ear = Ear()
    ear.away = True
    inbox = LinearInbox(store, ear)
    inbox.hand_on(await taken(store, "a"))
    await inbox.settle()
    assert ear.heard == ["a"]
    assert await pending(store) == ["a"]
    ear.away = False
    clock.advance(timedelta(minutes=1))
    await inbox.sweep()
    await inbox.settle()
    assert ear.greeted == ["AppRevoked"]
    assert await pending(store) == []


async def test_it_works_by_itself_and_takes_up_what_a_crash_left(
    store: Store, clock: FakeClock
) -> None:
    await taken(store, "a")
    clock.advance(timedelta(minutes=1))
    ear = Ear()
    inbox = LinearInbox(store, ear)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        running = group.create_task(inbox.run())
        await inbox.sweep()
        await ear.ended.wait()
        running.cancel()
    assert ear.heard == ["a"]


async def test_what_comes_in_goes_before_first_words_and_these_before_the_rest(
    store: Store,
) -> None:
    ear = SlowEar()
    inbox = LinearInbox(store, ear)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        running = group.create_task(inbox.run())
        with inbox.arrivals.arriving():
            inbox.hand_on(await taken(store, "a"))
            inbox.hand_on(await taken(store, "b"))
            assert ear.greeted == []
        while len(ear.greeted) < 2:  # noqa: ASYNC110  # the ear tells nobody
            await asyncio.sleep(0)
        assert ear.heard == []
        ear.door.set()
        while len(ear.heard) < 2:  # noqa: ASYNC110  # the ear tells nobody
            await asyncio.sleep(0)
        running.cancel()


class SlowEar(Ear):
    """Says its first words when the door is open."""

    def __init__(self) -> None:
        super().__init__()
        self.door = asyncio.Event()

    async def greet(self, event: Event) -> None:
        await super().greet(event)
        await self.door.wait()
