"""What is true of PostgreSQL alone: units beside each other, several bots, and lost connections."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from bot.domain.conversation import CONSOLE
from bot.domain.errors import UnavailableError, UserError
from bot.domain.order import OrderKind
from bot.domain.selection import Filter
from bot.ports.store import Topic, Tx
from storage.migrate import migrate, migrated
from storage.postgres_store import PostgresStore
from storage.stores import store_at
from storage.tables import metadata
from tests.contract.rows import REQUESTED, add_job, add_run
from tests.fakes.clock import FakeClock
from tests.fakes.postgres import TemporaryPostgres

T = TypeVar("T")


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[PostgresStore]:
    store = store_at(url, FakeClock())
    assert isinstance(store, PostgresStore)
    await store.open()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
async def one(postgres_url: str) -> AsyncIterator[PostgresStore]:
    async with opened(postgres_url) as store:
        yield store


@pytest.fixture
async def other(one: PostgresStore, postgres_url: str) -> AsyncIterator[PostgresStore]:
    """A second bot on the same database."""
    assert one.leads()
    async with opened(postgres_url) as store:
        yield store


@asynccontextmanager
async def held(store: PostgresStore, unit: Callable[[Tx], T]) -> AsyncIterator["asyncio.Task[T]"]:
    """Carry out a unit whose commit waits until the block ends; only its first try waits."""
    done, go_on = threading.Event(), threading.Event()

    def hold(tx: Tx) -> T:
        result = unit(tx)
        done.set()
        go_on.wait()
        return result

    async with asyncio.TaskGroup() as group:
        task = group.create_task(store.write(hold))
        try:
            await asyncio.to_thread(done.wait)
            yield task
        finally:
            go_on.set()


def say(key: str) -> Callable[[Tx], int]:
    return lambda tx: tx.transcript.post(CONSOLE, key=key, thread=None, message={}).change


async def test_no_change_of_the_transcript_appears_before_a_smaller_one(
    one: PostgresStore, other: PostgresStore
) -> None:
    await one.write(say("a"))
    async with asyncio.TaskGroup() as group, held(one, say("b")) as first:
        second = group.create_task(other.write(say("c")))
        await asyncio.sleep(0.3)
        said = await one.read(lambda tx: tx.transcript.since(CONSOLE, change=0, limit=9))
        assert [entry.change for entry in said] == [1]
    assert (first.result(), second.result()) == (2, 3)
    said = await one.read(lambda tx: tx.transcript.since(CONSOLE, change=1, limit=9))
    assert [(entry.change, entry.id) for entry in said] == sorted(
        (entry.change, entry.id) for entry in said
    )


def changes(after: int, tx: Tx) -> list[int]:
    return [entry.change for entry in tx.transcript.since(CONSOLE, change=after, limit=9)]


async def test_readers_that_follow_a_busy_transcript_miss_nothing(
    one: PostgresStore, other: PostgresStore
) -> None:
    seen: list[int] = []

    async def follow() -> None:
        while len(seen) < 60:
            found = await one.read(partial(changes, max(seen, default=0)))
            seen.extend(found)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(follow())
        for n in range(30):
            group.create_task(one.write(say(f"one {n}")))
            group.create_task(other.write(say(f"other {n}")))
    assert seen == list(range(1, 61))


async def test_no_order_appears_before_an_earlier_one(
    one: PostgresStore, other: PostgresStore
) -> None:
    job = await one.write(add_job)

    def give(tx: Tx) -> int:
        return tx.orders.give(job.id, OrderKind.REPLY, {}).id

    async with asyncio.TaskGroup() as group, held(one, give) as first:
        second = group.create_task(other.write(give))
        await asyncio.sleep(0.3)
        assert await one.read(lambda tx: tx.orders.after(job.id, 0)) == ()
    assert first.result() < second.result()


async def test_two_who_claim_at_once_take_different_jobs(
    one: PostgresStore, other: PostgresStore
) -> None:
    def take_first(tx: Tx) -> int | None:
        return next((job.id for job in tx.jobs.queued(limit=9) if tx.jobs.take(job.id)), None)

    jobs = [await one.write(add_job) for _ in range(2)]
    async with held(one, take_first) as first, held(other, take_first) as second:
        assert await one.write(take_first) is None
    assert (first.result(), second.result()) == (jobs[0].id, jobs[1].id)


async def test_a_run_changed_by_two_is_changed_by_one_after_the_other(
    one: PostgresStore, other: PostgresStore
) -> None:
    run = await one.write(add_run)

    def append(tx: Tx) -> int:
        return tx.runs.save(tx.runs.load(run.id), [REQUESTED])[0].last_seq

    calls = [store.write(append) for _ in range(20) for store in (one, other)]
    assert sorted(await asyncio.gather(*calls)) == list(range(1, 41))


async def test_what_others_overtake_for_ever_is_unavailable(one: PostgresStore) -> None:
    tries: list[int] = []

    def overtaken(tx: Tx) -> None:
        tries.append(1)
        raise_code(tx, "40001")

    with pytest.raises(UnavailableError, match="at once"):
        await one.write(overtaken)
    assert len(tries) > 9


def raise_code(tx: Tx, code: str) -> None:
    """Let the server answer with an error."""
    scope = tx.runs._scope  # type: ignore[attr-defined]
    scope.run(text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$"))


async def test_a_full_disk_is_said_plainly(
    one: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.postgres_store._PATIENCE", 0.1)
    with pytest.raises(UnavailableError, match="no room left"):
        await one.write(lambda tx: raise_code(tx, "53100"))


async def test_what_one_bot_commits_wakes_the_other(
    one: PostgresStore, other: PostgresStore
) -> None:
    watch, unconcerned = other.watch(Topic.QUEUE), other.watch(Topic.ORDERS)
    await one.write(add_job)
    async with asyncio.timeout(30):
        await watch.wait(600)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(unconcerned.wait(600), 0.1)


async def until(look: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not look():  # noqa: ASYNC110  # a server is asked, which tells nobody
            await asyncio.sleep(0.02)


async def test_one_bot_leads_and_another_follows_it(
    one: PostgresStore, other: PostgresStore
) -> None:
    assert one.leads()
    assert not other.leads()
    await one.close()
    assert not one.leads()
    await until(other.leads)


async def test_lost_connections_are_made_anew(
    one: PostgresStore, postgres: TemporaryPostgres
) -> None:
    await asyncio.gather(*(one.write(add_run) for _ in range(20)))
    watch = one.watch(Topic.QUEUE)
    postgres.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'signalbox'"
    )
    await asyncio.gather(*(one.write(add_run) for _ in range(20)))
    assert len(await one.read(lambda tx: tx.runs.find(Filter(), limit=99))) == 40
    async with asyncio.timeout(30):
        await watch.wait(600)
    await until(one.leads)


async def test_a_server_that_goes_away_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.postgres_store._PATIENCE", 2.0)
    server = TemporaryPostgres()
    async with opened(server.create()) as store:
        await store.write(add_run)
        server.go_away()
        with pytest.raises(UnavailableError, match="cannot be reached"):
            await store.write(add_job)
        assert not store.leads()
        waiting = asyncio.create_task(store.write(add_job))  # noqa: TID251  # awaited below
        await asyncio.to_thread(server.come_back)
        assert (await waiting).run_id > 1
        await until(store.leads)
    server.stop()


async def test_a_connection_lost_while_committing_is_said_to_be_open(
    one: PostgresStore, postgres: TemporaryPostgres
) -> None:
    def unit(tx: Tx) -> None:
        add_run(tx)
        scope = tx.runs._scope  # type: ignore[attr-defined]
        pid = scope.run(text("SELECT pg_backend_pid()")).scalar_one()
        postgres.execute(f"SELECT pg_terminate_backend({pid}, 5000)")

    with pytest.raises(UnavailableError, match="look whether it was"):
        await one.write(unit)
    assert await one.read(lambda tx: tx.runs.find(Filter(), limit=9)) == ()


async def test_a_server_that_is_not_there() -> None:
    store = store_at("postgresql://bot:secret@127.0.0.1:9/signalbox", FakeClock())
    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1/signalbox cannot be reached") as said:
        await store.open()
    assert "secret" not in str(said.value)
    with pytest.raises(UnavailableError, match="closed"):
        await store.read(add_run)


async def test_a_database_that_is_not_there(postgres: TemporaryPostgres) -> None:
    with pytest.raises(UnavailableError, match='database "nowhere" does not exist'):
        await store_at(postgres.url("nowhere"), FakeClock()).open()


@pytest.mark.parametrize("title", ["a\x00b", "\x1a0", "\x1a\x00\x1a1", "\x1a"])
async def test_text_that_the_database_cannot_store_comes_back(
    one: PostgresStore, title: str
) -> None:
    created = await one.write(lambda tx: add_run(tx, title=title))
    assert await one.read(lambda tx: tx.runs.load(created.id)) == replace(created, title=title)
    assert await one.read(lambda tx: tx.runs.find_titled(title, limit=9)) == (created,)


async def test_bots_that_start_at_once_migrate_once(postgres: TemporaryPostgres) -> None:
    url = postgres.create(template="template0")
    await asyncio.gather(*(asyncio.to_thread(migrate, url) for _ in range(4)))
    with migrated(url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    postgres.drop(url)


def test_a_newer_database_is_refused(postgres_url: str) -> None:
    with migrated(postgres_url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))
    with pytest.raises(UserError, match=r"version 0999.*up to"):
        migrate(postgres_url)


def test_a_migration_that_fails_leaves_nothing(postgres: TemporaryPostgres) -> None:
    url = postgres.create(template="template0")
    with pytest.raises(ZeroDivisionError), migrated(url):
        raise ZeroDivisionError
    with migrated(url) as connection:
        assert connection.scalar(text("SELECT count(*) FROM runs")) == 0
    postgres.drop(url)
