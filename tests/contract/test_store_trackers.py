"""Events of trackers and their tokens, in every database."""

from datetime import timedelta

from bot.ports.store import Store, Tx
from bot.ports.tracker_store import TrackerEvent


async def take(store: Store, delivery: str, key: str) -> TrackerEvent | None:
    return await store.write(
        lambda tx: tx.tracker_events.take("linear", delivery=delivery, key=key, body="{}")
    )


def pending(tx: Tx) -> list[str]:
    later = tx.now() + timedelta(seconds=1)
    return [event.key for event in tx.tracker_events.pending("linear", before=later, limit=10)]


async def test_an_event_is_taken_once_by_delivery_and_by_key(store: Store) -> None:
    first = await take(store, "d1", "k1")
    assert first is not None
    assert (first.key, first.body, first.done_at) == ("k1", "{}", None)
    assert await take(store, "d1", "k2") is None
    assert await take(store, "d2", "k1") is None
    assert await store.read(pending) == ["k1"]


async def test_another_surface_has_keys_of_its_own(store: Store) -> None:
    await take(store, "d1", "k1")
    other = await store.write(
        lambda tx: tx.tracker_events.take("jira", delivery="d1", key="k1", body="{}")
    )
    assert other is not None
    known = await store.read(lambda tx: tx.tracker_events.known("linear", ["k1", "k2"]))
    assert known == {"k1"}


async def test_what_is_done_keeps_its_key_and_loses_its_body(store: Store) -> None:
    event = await take(store, "d1", "k1")
    assert event is not None
    await store.write(lambda tx: tx.tracker_events.finish(event.id))
    assert await store.read(pending) == []
    assert await take(store, "d9", "k1") is None
    await store.write(lambda tx: tx.tracker_events.forget_before(tx.now() + timedelta(seconds=1)))
    assert await take(store, "d1", "k1") is not None


async def test_what_is_not_done_is_never_forgotten(store: Store) -> None:
    await take(store, "d1", "k1")
    await store.write(lambda tx: tx.tracker_events.forget_before(tx.now() + timedelta(days=9)))
    assert await store.read(pending) == ["k1"]


async def test_the_last_token_is_kept(store: Store) -> None:
    assert await store.read(lambda tx: tx.tracker_tokens.find("linear")) is None
    await store.write(lambda tx: tx.tracker_tokens.keep("linear", "one"))
    await store.write(lambda tx: tx.tracker_tokens.keep("linear", "two"))
    assert await store.read(lambda tx: tx.tracker_tokens.find("linear")) == "two"
    for _ in range(2):
        await store.write(lambda tx: tx.tracker_tokens.remove("linear"))
    assert await store.read(lambda tx: tx.tracker_tokens.find("linear")) is None
