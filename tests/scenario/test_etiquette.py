"""How a surface is told that counts calls: in turns, not in the way of others, and once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TypeVar

import pytest

from bot.domain.actor import person
from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.errors import UnavailableError
from bot.domain.posting import CARD, Posting
from bot.messages.message import Message
from bot.notifier import Notifier
from bot.ports.messenger import Turn
from bot.ports.store import Store, Topic, Tx
from bot.services.dispatching import DispatchRequest, dispatch
from tests.fakes.clock import NOON
from tests.fakes.stage import Stage, stage

T = TypeVar("T")
AFAR = Conversation(surface="afar", tenant="t", channel="c")


class Afar:
    """A surface that takes its time, and has an etiquette."""

    surface = "afar"

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self.failures: list[Exception] = []
        self.posted: list[str] = []
        self.doubts: list[tuple[str, datetime]] = []
        self.turns: list[Turn] = []
        self.later: datetime | None = None

    async def post(
        self, conversation: Conversation, message: Message, *, key: str, thread: str | None
    ) -> str:
        del conversation, message, thread
        self.asked.set()
        await self.open.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.posted.append(key)
        return "m1"

    async def edit(self, conversation: Conversation, message_id: str, message: Message) -> None:
        raise NotImplementedError

    def turn(self, wanted: Turn) -> datetime | None:
        self.turns.append(wanted)
        return self.later

    def doubt(self, key: str, since: datetime) -> None:
        self.doubts.append((key, since))


class Behind:
    """The store, of which a reading may come late."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.write, self.watch, self.leads = store.write, store.watch, store.leads
        self.behind = asyncio.Event()
        self.arrives = asyncio.Event()
        self.arrives.set()

    async def read(self, unit: Callable[[Tx], T]) -> T:
        found = await self._store.read(unit)
        if not self.arrives.is_set():
            self.behind.set()
            await self.arrives.wait()
        return found


@pytest.fixture
async def far(database: str) -> AsyncIterator[tuple[Stage, Afar]]:
    async with stage(database) as opened:
        afar = Afar()
        opened.notifier = Notifier(
            opened.store,
            {**opened.messengers, "afar": afar},
            rules=lambda: opened.rules,
            etiquettes={"afar": afar},
        )
        await opened.store.write(
            lambda tx: dispatch(
                tx,
                opened.rules,
                DispatchRequest(blueprint="hello"),
                actor=person("developer", "console"),
                conversation=AFAR,
            )
        )
        yield opened, afar


async def card(theatre: Stage) -> Posting:
    found = await theatre.store.read(lambda tx: tx.postings.find(1, AFAR, CARD))
    assert found is not None
    return found


async def test_nothing_is_told_out_of_turn(far: tuple[Stage, Afar]) -> None:
    theatre, afar = far
    afar.later = NOON + timedelta(seconds=3)
    await theatre.settle()
    assert afar.posted == []
    assert afar.turns == [Turn(conversation=AFAR)]
    afar.later = None
    await theatre.settle()
    assert afar.posted == ["posting:1"]
    assert (await card(theatre)).started_at is None


async def test_in_doubt_the_surface_is_told_to_look_first(far: tuple[Stage, Afar]) -> None:
    theatre, afar = far
    afar.failures = [UnavailableError("lost"), UnavailableError("busy", untouched=True)]
    await theatre.settle()
    assert (await card(theatre)).started_at == NOON
    await theatre.passes(seconds=2)
    assert afar.doubts == [("posting:1", NOON)]
    assert (await card(theatre)).started_at == NOON, "the first is as unknown as before"
    await theatre.passes(seconds=10)
    assert afar.doubts == [("posting:1", NOON)] * 2
    assert afar.posted == ["posting:1"]


async def test_where_nothing_happened_there_is_no_doubt(far: tuple[Stage, Afar]) -> None:
    theatre, afar = far
    afar.failures = [UnavailableError("busy", untouched=True)]
    await theatre.settle()
    assert (await card(theatre)).started_at is None
    await theatre.passes(seconds=10)
    assert (afar.doubts, afar.posted) == ([], ["posting:1"])


async def test_what_was_read_while_it_was_told_is_not_told_again(far: tuple[Stage, Afar]) -> None:
    theatre, afar = far
    store = Behind(theatre.store)
    notifier = Notifier(
        store, {"afar": afar}, rules=lambda: theatre.rules, etiquettes={"afar": afar}
    )
    afar.open.clear()
    async with asyncio.TaskGroup() as group:
        group.create_task(notifier.tell_due())
        await afar.asked.wait()
        store.arrives.clear()
        again = group.create_task(notifier.tell_due())
        await store.behind.wait()
        afar.open.set()
        while not (await card(theatre)).message_id:
            await theatre.store.watch(Topic.POSTINGS).wait(0.1)
        store.arrives.set()
    assert again.result() == 0
    assert (afar.doubts, afar.posted) == ([], ["posting:1"])


async def test_a_slow_surface_holds_no_other_up(far: tuple[Stage, Afar]) -> None:
    theatre, afar = far
    afar.open.clear()
    at_work = asyncio.get_running_loop().create_task(theatre.notifier.run())
    await theatre.dispatcher.perform(
        await theatre.dispatcher.accept(
            key="k",
            actor=person("developer", "console"),
            conversation=CONSOLE,
            text="dispatch hello",
        )
    )
    while not await theatre.told():
        await theatre.store.watch(Topic.TRANSCRIPT).wait(0.1)
    assert afar.posted == []
    afar.open.set()
    while not (await card(theatre)).message_id:
        await theatre.store.watch(Topic.POSTINGS).wait(0.1)
    assert afar.posted == ["posting:1"]
    at_work.cancel()
    with suppress(asyncio.CancelledError):
        await at_work
