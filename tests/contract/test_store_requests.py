"""Accepted requests and orders to runners."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.errors import NotFoundError
from bot.domain.invocation import Invocation, Press
from bot.domain.order import Order, OrderKind
from bot.ports.store import Store, Tx
from tests.contract.rows import ANA, add_job
from tests.fakes.clock import NOON, FakeClock

PRESS = Press(verb="approve", arguments={"gates": [41], "shown": None})
THREAD = Conversation(surface="s", tenant="t", channel="c", thread="1")


def accept(tx: Tx, key: str = "k1") -> Invocation:
    return tx.invocations.accept(key=key, actor=ANA, conversation=CONSOLE, text="run list")


async def test_a_request_is_kept_as_it_came(store: Store) -> None:
    typed = await store.write(accept)
    pressed = await store.write(
        lambda tx: tx.invocations.accept(key="k2", actor=ANA, conversation=THREAD, press=PRESS)
    )
    assert (typed.text, typed.received_at, typed.done_at) == ("run list", NOON, None)
    assert (pressed.press, pressed.conversation) == (PRESS, THREAD)
    assert await store.read(lambda tx: tx.invocations.load(typed.id)) == typed
    assert await store.read(lambda tx: tx.invocations.load(pressed.id)) == pressed


async def test_the_same_key_is_accepted_once(store: Store, clock: FakeClock) -> None:
    first = await store.write(accept)
    clock.advance(timedelta(seconds=1))
    again = await store.write(
        lambda tx: tx.invocations.accept(key="k1", actor=ANA, conversation=THREAD, text="other")
    )
    assert again == first
    assert await store.read(lambda tx: tx.invocations.unfinished()) == (first,)


async def test_a_finished_request_keeps_its_first_reply(store: Store, clock: FakeClock) -> None:
    first = await store.write(accept)
    second = await store.write(lambda tx: accept(tx, "k2"))
    done_at = clock.advance(timedelta(seconds=1))
    await store.write(lambda tx: tx.invocations.finish(first.id, {"outcome": "done"}))
    assert await store.read(lambda tx: tx.invocations.unfinished()) == (second,)
    clock.advance(timedelta(seconds=1))
    await store.write(lambda tx: tx.invocations.finish(first.id, {"outcome": "other"}))
    loaded = await store.read(lambda tx: tx.invocations.load(first.id))
    assert loaded == replace(first, done_at=done_at, reply={"outcome": "done"})


async def test_a_request_that_is_not_there(store: Store) -> None:
    with pytest.raises(NotFoundError):
        await store.read(lambda tx: tx.invocations.load(1))


async def test_orders_wait_until_they_are_consumed(store: Store) -> None:
    def unit(tx: Tx) -> list[Order]:
        job, other = add_job(tx), add_job(tx)
        return [
            tx.orders.give(job.id, OrderKind.STOP, {"by": "ana", "grace": 10.0}),
            tx.orders.give(other.id, OrderKind.RESTART, {}),
            tx.orders.give(job.id, OrderKind.REPLY, {"id": 1, "gate": None}),
        ]

    stop, restart, reply = await store.write(unit)
    assert (stop.job_id, stop.created_at, stop.data) == (1, NOON, {"by": "ana", "grace": 10.0})
    assert await store.read(lambda tx: tx.orders.after(1, 0)) == (stop, reply)
    assert await store.read(lambda tx: tx.orders.after(1, stop.id)) == (reply,)

    await store.write(lambda tx: tx.orders.consume(1, [stop.id, restart.id], NOON))
    assert await store.read(lambda tx: tx.orders.after(1, 0)) == (reply,)
    assert await store.read(lambda tx: tx.orders.after(2, 0)) == (restart,)

    await store.write(lambda tx: tx.orders.consume(1, [], NOON))
    assert await store.read(lambda tx: tx.orders.after(1, 0)) == (reply,)
