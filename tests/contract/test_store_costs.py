"""Costs are summed over the runs that a filter leaves in."""

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config

from bot.domain.costs import CostBy, CostEntry, CostSum
from bot.domain.events import EventType, NewEvent
from bot.domain.run import Cost
from bot.domain.selection import Filter
from bot.domain.vocabulary import Disposition, Status
from bot.ports.store import Store, Tx
from storage.migrate import SCRIPTS, migrate
from storage.sqlite import for_writing, sqlite_url
from storage.sqlite_store import SqliteStore
from tests.contract.rows import ANA, add_run, job_row
from tests.fakes.clock import NOON, FakeClock


def spend(tx: Tx, *costs: Cost, days: int = 0, **run: Any) -> None:
    """A run that has cost this, some days after noon."""
    made = add_run(tx, **run)
    job = tx.jobs.create(job_row(made.id))
    for cost in costs:
        at = NOON + timedelta(days=days)
        tx.costs.add(CostEntry(run_id=made.id, job_id=job.id, at=at, cost=cost))


SMALL = Cost(input_tokens=10, cached_tokens=4, output_tokens=5, usd=0.1, model="m")
UNPRICED = Cost(input_tokens=7, unpriced_tokens=7)
MACHINE = Cost(compute=timedelta(minutes=90), compute_usd=0.75)


def fill(tx: Tx) -> None:
    spend(tx, SMALL, SMALL, MACHINE, project="shop", owner="ana", blueprint="fix")
    spend(tx, SMALL, project="shop", owner="ben", blueprint="test", days=1)
    spend(tx, UNPRICED, project="web", owner="ana", status=Status.FAILED, title="Cart", days=1)
    spend(tx, SMALL, project="gone", disposition=Disposition.DELETED)


async def sums(
    store: Store, by: CostBy | None = None, limit: int = 9, **filter_: Any
) -> tuple[CostSum, ...]:
    return await store.read(lambda tx: tx.costs.sums(Filter(**filter_), by=by, limit=limit))


async def test_everything_adds_up(store: Store) -> None:
    assert await sums(store) == ()
    await store.write(fill)
    (whole,) = await sums(store)
    assert whole.runs == 3
    assert whole.cost == Cost(
        input_tokens=37,
        cached_tokens=12,
        output_tokens=15,
        usd=0.3,
        unpriced_tokens=7,
        compute=timedelta(minutes=90),
        compute_usd=0.75,
    )


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        (CostBy.PERSON, ["ana", "ben"]),
        (CostBy.PROJECT, ["shop", "web"]),
        (CostBy.BLUEPRINT, ["fix", "test"]),
        (CostBy.DAY, [f"{NOON + timedelta(days=1):%Y-%m-%d}", f"{NOON:%Y-%m-%d}"]),
    ],
)
async def test_parts_come_dearest_first_and_days_newest_first(
    store: Store, by: CostBy, keys: list[str]
) -> None:
    await store.write(fill)
    parts = await sums(store, by)
    assert [part.key for part in parts] == keys
    (whole,) = await sums(store)
    assert sum(part.cost.input_tokens for part in parts) == whole.cost.input_tokens
    assert [part.key for part in await sums(store, by, limit=1)] == keys[:1]


@pytest.mark.parametrize(
    ("filter_", "tokens"),
    [
        ({"owner": "ana"}, 27),
        ({"project": "web"}, 7),
        ({"words": "cart"}, 7),
        ({"statuses": frozenset({Status.FAILED})}, 7),
        ({"since": NOON + timedelta(hours=1)}, 17),
        ({"until": NOON + timedelta(hours=1)}, 20),
    ],
)
async def test_a_filter_leaves_runs_out(store: Store, filter_: Any, tokens: int) -> None:
    await store.write(fill)
    (whole,) = await sums(store, **filter_)
    assert whole.cost.input_tokens == tokens


async def test_events_of_a_type(store: Store) -> None:
    def unit(tx: Tx) -> Any:
        run = add_run(tx)
        kinds = (EventType.RUN_REQUESTED, EventType.NOTE_REPORTED, EventType.COST_REPORTED)
        run, _ = tx.runs.save(run, [NewEvent(type=kind, actor=ANA) for kind in kinds])
        return tx.runs.events_of(run.id, EventType.NOTE_REPORTED, EventType.RUN_REQUESTED)

    assert [event.seq for event in await store.write(unit)] == [1, 2]


async def test_what_was_spent_before_is_there_after_the_migration(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    migrate_to(path, "0001")
    with closing(sqlite3.connect(path)) as database, database:
        spent = '{"input_tokens":5,"output_tokens":6,"usd":0.25,"model":"m"}'
        for run, cost in ((1, spent), (2, '{"input_tokens":0,"output_tokens":0,"usd":0.0}')):
            insert(database, "runs", id=run, cost=cost, owner="ana", inputs="{}", steerers="[]")
            insert(database, "jobs", id=run, run_id=run, number=1)
    migrate(sqlite_url(path))
    store = SqliteStore(path, FakeClock())
    await store.open()
    try:
        (whole,) = await sums(store)
        assert (whole.runs, whole.cost) == (1, Cost(input_tokens=5, output_tokens=6, usd=0.25))
        assert (await store.read(lambda tx: tx.jobs.load(1))).compute_rate == 0
    finally:
        await store.close()


def migrate_to(path: Path, revision: str) -> None:
    """Bring a new file to an earlier revision."""
    file = for_writing(path)
    with file.transaction() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
        command.upgrade(config, revision)
    file.close()


def insert(database: sqlite3.Connection, table: str, **given: Any) -> None:
    """A row whose other columns hold what their type begins with."""
    words = {"profile": "pod", "mode": "supervised", "status": "queued", "disposition": "none"}
    row = {
        name: given.get(name, words.get(name, "" if kind == "TEXT" else 0))
        for _, name, kind, required, *_ in database.execute(f"PRAGMA table_info({table})")
        if required or name in given
    }
    marks = ", ".join("?" * len(row))
    database.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
    )
