"""Commits: all of a unit or nothing, told once durable, many at a time."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import DBAPIError

from bot.domain.conversation import CONSOLE
from bot.domain.errors import UnavailableError, UserError
from bot.domain.order import OrderKind
from bot.domain.selection import Filter
from bot.domain.vocabulary import Status
from bot.ports.store import Topic, Tx, Watch
from storage.stores import AnyStore
from tests.contract.rows import REQUESTED, add_job, add_run
from tests.fakes.clock import NOON, FakeClock


@asynccontextmanager
async def occupied(store: AnyStore) -> AsyncIterator[None]:
    """Keep the writer busy, so that what is written meanwhile waits together."""
    entered, go_on = threading.Event(), threading.Event()

    def hold(_: Tx) -> None:
        entered.set()
        go_on.wait()

    async with asyncio.TaskGroup() as group:
        group.create_task(store.write(hold))
        try:
            await asyncio.to_thread(entered.wait)
            yield
        finally:
            go_on.set()


async def write_together(
    store: AnyStore, *units: Callable[[Tx], object]
) -> list[object | BaseException]:
    """Hand in all units while the writer is busy, then let it go on."""
    async with asyncio.TaskGroup() as group, occupied(store):
        gathered = group.create_task(_gather([store.write(unit) for unit in units]))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    return gathered.result()


async def _gather(calls: list[Awaitable[object]]) -> list[object | BaseException]:
    return await asyncio.gather(*calls, return_exceptions=True)


async def runs(store: AnyStore) -> list[int]:
    found = await store.read(lambda tx: tx.runs.find(Filter(), limit=1000))
    return [run.id for run in reversed(found)]


async def test_one_failing_unit_among_many_harms_no_other(store: AnyStore) -> None:
    shared = await store.write(add_run)

    def good(tx: Tx) -> int:
        tx.runs.save(tx.runs.load(shared.id), [REQUESTED])
        return add_run(tx).id

    def bad(tx: Tx) -> int:
        good(tx)
        raise UserError("no")

    results = await write_together(store, *[bad if n == 31 else good for n in range(64)])
    assert isinstance(results.pop(31), UserError)
    assert len(results) == len(set(results)) == 63
    assert {*await runs(store)} == {shared.id, *results}
    events = await store.read(lambda tx: tx.runs.events(shared.id))
    assert [event.seq for event in events] == list(range(1, 64))


async def test_each_of_many_units_at_once_has_its_own_row(store: AnyStore) -> None:
    def add(tx: Tx) -> int:
        return add_run(tx).id

    results = await write_together(store, *[add] * 64)
    assert {*results} == set(range(1, 65))


async def test_two_hundred_at_once(store: AnyStore) -> None:
    shared = await store.write(add_run)

    def append(tx: Tx) -> int:
        return tx.runs.save(tx.runs.load(shared.id), [REQUESTED])[0].last_seq

    seqs = await asyncio.gather(*(store.write(append) for _ in range(200)))
    assert sorted(seqs) == list(range(1, 201))


async def test_nothing_of_a_failing_unit_stays(store: AnyStore) -> None:
    def unit(tx: Tx) -> None:
        add_job(tx)
        raise LookupError

    with pytest.raises(LookupError):
        await store.write(unit)
    assert await runs(store) == []
    assert await store.read(lambda tx: dict(tx.runs.stats())) == {}
    assert [(await store.write(add_run)).id] == await runs(store)


async def test_a_savepoint_is_undone_alone(store: AnyStore) -> None:
    def add_in_vain(tx: Tx) -> None:
        with tx.savepoint():
            add_run(tx)
            raise LookupError

    def unit(tx: Tx) -> None:
        add_run(tx)
        with pytest.raises(LookupError):
            add_in_vain(tx)
        with tx.savepoint():
            add_run(tx)

    await store.write(unit)
    assert len(await runs(store)) == 2


async def test_reading_changes_nothing(store: AnyStore) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        await store.read(add_run)
    assert await runs(store) == []


async def test_a_reader_sees_one_moment(store: AnyStore) -> None:
    began, go_on = threading.Event(), threading.Event()

    def look_twice(tx: Tx) -> tuple[int, int]:
        before = len(tx.runs.find(Filter(), limit=9))
        began.set()
        go_on.wait()
        return before, len(tx.runs.find(Filter(), limit=9))

    async with asyncio.TaskGroup() as group:
        looking = group.create_task(store.read(look_twice))
        await asyncio.to_thread(began.wait)
        await store.write(add_run)
        go_on.set()
    assert looking.result() == (0, 0)
    assert await runs(store) == [1]


async def test_time_stands_still_within_a_unit_and_never_goes_back(
    store: AnyStore, clock: FakeClock
) -> None:
    def twice(tx: Tx) -> tuple[datetime, datetime]:
        before = tx.now()
        clock.advance(timedelta(seconds=1))
        return before, tx.now()

    assert await store.write(twice) == (NOON, NOON)
    assert await store.write(lambda tx: tx.now()) == NOON + timedelta(seconds=1)
    clock.advance(timedelta(hours=-1))
    assert await store.write(lambda tx: tx.now()) == NOON + timedelta(seconds=1)
    assert await store.read(lambda tx: tx.now()) == NOON + timedelta(seconds=1)


async def time_out(watch: Watch) -> bool:
    """Whether nobody wakes a watch for a moment."""
    began = asyncio.get_running_loop().time()
    await watch.wait(0.05)
    return asyncio.get_running_loop().time() - began > 0.04


@pytest.mark.parametrize(
    ("topic", "unit"),
    [
        (Topic.QUEUE, add_job),
        (Topic.QUEUE, lambda tx: tx.jobs.save(tx.jobs.load(1))),
        (Topic.POSTINGS, lambda tx: tx.postings.want(1, CONSOLE, "card")),
        (Topic.ORDERS, lambda tx: tx.orders.give(1, OrderKind.RESTART, {})),
        (Topic.TRANSCRIPT, lambda tx: tx.transcript.edit(1, {})),
        (
            Topic.TRANSCRIPT,
            lambda tx: tx.transcript.post(CONSOLE, key="b", thread=None, message={}),
        ),
        (Topic.ORDERS, lambda tx: tx.wake(Topic.ORDERS)),
    ],
)
async def test_what_wakes_whom(store: AnyStore, topic: Topic, unit: Callable[[Tx], object]) -> None:
    await store.write(add_job)
    await store.write(lambda tx: tx.transcript.post(CONSOLE, key="a", thread=None, message={}))
    watch = store.watch(topic)
    await store.write(unit)
    async with asyncio.timeout(30):
        await watch.wait(600)
    assert await time_out(watch)


@pytest.mark.parametrize(
    ("topic", "unit"),
    [
        (Topic.QUEUE, lambda tx: add_job(tx, status=Status.WAITING)),
        (Topic.ORDERS, add_job),
        (
            Topic.TRANSCRIPT,
            lambda tx: tx.transcript.post(CONSOLE, key="a", thread=None, message={}),
        ),
    ],
)
async def test_what_wakes_nobody(
    store: AnyStore, topic: Topic, unit: Callable[[Tx], object]
) -> None:
    await store.write(lambda tx: tx.transcript.post(CONSOLE, key="a", thread=None, message={}))
    watch = store.watch(topic)
    await store.write(unit)
    assert await time_out(watch)


async def test_a_waiter_is_woken_once_the_commit_is_seen(store: AnyStore) -> None:
    async def wait_and_look() -> list[int]:
        async with asyncio.timeout(30):
            await watch.wait(600)
        return await runs(store)

    watch = store.watch(Topic.QUEUE)
    async with asyncio.TaskGroup() as group:
        seen = group.create_task(wait_and_look())
        await asyncio.sleep(0.01)
        await store.write(add_job)
    assert seen.result() == [1]


async def test_what_was_undone_wakes_nobody(store: AnyStore) -> None:
    def unit(tx: Tx) -> None:
        add_job(tx)
        raise LookupError

    watch = store.watch(Topic.QUEUE)
    with pytest.raises(LookupError):
        await store.write(unit)
    assert await time_out(watch)


async def test_every_watch_of_a_topic_is_woken_also_from_another_loop(store: AnyStore) -> None:
    async def wait() -> None:
        watch = store.watch(Topic.QUEUE)
        ready.release()
        async with asyncio.timeout(30):
            await watch.wait(600)

    ready = threading.Semaphore(0)
    async with asyncio.TaskGroup() as group:
        group.create_task(wait())
        group.create_task(asyncio.to_thread(asyncio.run, wait()))
        for _ in range(2):
            await asyncio.to_thread(ready.acquire)
        await store.write(add_job)


async def test_a_waiter_that_was_cancelled_misses_nothing(store: AnyStore) -> None:
    watch = store.watch(Topic.QUEUE)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(watch.wait(600), 0.01)
    await store.write(add_job)
    async with asyncio.timeout(30):
        await watch.wait(600)


async def test_a_cancelled_caller_leaves_the_store_in_order(store: AnyStore) -> None:
    async with asyncio.TaskGroup() as group, occupied(store):
        gone = group.create_task(store.write(add_run))
        await asyncio.sleep(0.01)
        gone.cancel()
    assert len(await runs(store)) in {0, 1}
    assert (await store.write(add_run)).id in await runs(store)


async def test_closing_waits_for_what_was_handed_in(store: AnyStore) -> None:
    async with asyncio.TaskGroup() as group:
        writing = [group.create_task(store.write(add_run)) for _ in range(100)]
        await asyncio.sleep(0)
        await store.close()
    assert {task.result().id for task in writing} == set(range(1, 101))
    for call in (store.read, store.write):
        with pytest.raises(UnavailableError, match="closed"):
            await call(add_run)
    await store.close()
    await store.open()
    assert await runs(store) == list(range(1, 101))
