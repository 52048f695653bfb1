"""What an embedded chat shows, and how readers follow it."""

from dataclasses import replace

import pytest

from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.errors import NotFoundError
from bot.ports.chat_store import Said
from bot.ports.store import Store, Tx
from tests.fakes.clock import NOON

OTHER = Conversation(surface="console", tenant="local", channel="other")


async def post(store: Store, key: str, *, where: Conversation = CONSOLE) -> Said:
    def unit(tx: Tx) -> Said:
        return tx.transcript.post(where, key=key, thread=None, message={"title": key})

    return await store.write(unit)


async def since(store: Store, change: int, *, limit: int = 10) -> tuple[Said, ...]:
    return await store.read(lambda tx: tx.transcript.since(CONSOLE, change=change, limit=limit))


async def test_messages_come_in_the_order_of_their_changes(store: Store) -> None:
    first, second = await post(store, "a"), await post(store, "b")
    await post(store, "c", where=OTHER)
    assert first == Said(
        id=1, change=1, conversation=CONSOLE, thread=None, at=NOON, message={"title": "a"}
    )
    assert await since(store, 0) == (first, second)
    assert await since(store, 0, limit=1) == (first,)
    assert await since(store, first.change) == (second,)

    await store.write(lambda tx: tx.transcript.edit(first.id, {"title": "new"}))
    (edited,) = await since(store, second.change)
    assert edited == replace(first, change=edited.change, message={"title": "new"})
    assert await store.read(lambda tx: tx.transcript.newest(CONSOLE)) == edited.change
    assert await since(store, edited.change) == ()


async def test_the_same_key_says_it_once(store: Store) -> None:
    first = await post(store, "a")
    assert await post(store, "a") == first
    assert await since(store, 0) == (first,)
    assert (await post(store, "b")).change > first.change


async def test_threads_belong_to_their_channel(store: Store) -> None:
    thread = replace(CONSOLE, thread="1")
    given = await store.write(
        lambda tx: tx.transcript.post(CONSOLE, key="a", thread="1", message={})
    )
    own = await post(store, "b", where=thread)
    assert (given.conversation, given.thread) == (CONSOLE, "1")
    assert (own.conversation, own.thread) == (CONSOLE, "1")
    found = await store.read(lambda tx: tx.transcript.since(thread, change=0, limit=9))
    assert found == (given, own)


async def test_nothing_said(store: Store) -> None:
    assert await store.read(lambda tx: tx.transcript.newest(CONSOLE)) == 0
    with pytest.raises(NotFoundError):
        await store.write(lambda tx: tx.transcript.edit(1, {}))


async def test_the_last_of_a_channel_and_the_threads_below(store: Store) -> None:
    roots = [await post(store, name) for name in "abcd"]
    await post(store, "elsewhere", where=OTHER)
    replies = [
        await post(store, f"{root.id}:{number}", where=replace(CONSOLE, thread=str(root.id)))
        for number in (1, 2)
        for root in roots[:2]
    ]
    await store.write(lambda tx: tx.transcript.edit(roots[0].id, {"title": "a, edited"}))

    async def recent(limit: int, before: int | None = None, thread: str | None = None) -> list[int]:
        place = replace(CONSOLE, thread=thread)
        said = await store.read(lambda tx: tx.transcript.recent(place, limit=limit, before=before))
        return [entry.id for entry in said]

    a, b, c, d = (root.id for root in roots)
    assert await recent(9) == [a, b, c, d]
    assert await recent(2) == [c, d]
    assert await recent(2, before=c) == [a, b]
    assert await recent(9, thread=str(a)) == [replies[0].id, replies[2].id]
    below = await store.read(lambda tx: tx.transcript.threads(CONSOLE, [str(a), str(b), str(c)]))
    assert below == tuple(replies)
    assert await store.read(lambda tx: tx.transcript.threads(CONSOLE, [])) == ()
    channels = await store.read(lambda tx: tx.transcript.channels("console", "local"))
    assert channels == ("console", "other")
    assert await store.read(lambda tx: tx.transcript.channels("web", "local")) == ()
