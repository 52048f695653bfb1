"""Killed in the middle of its writes, a store keeps what it promised, and no half of a unit."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot.domain.conversation import CONSOLE
from bot.domain.selection import Filter
from bot.ports.store import Tx
from storage.stores import store_at
from tests.fakes.clock import FakeClock

ROOT = Path(__file__).parents[2]


def write_and_kill(url: str, *, after: int) -> set[int]:
    """The runs that the killed process was told are durable, at least `after` of them."""
    command = [sys.executable, "-m", "tests.contract.busy_writer", url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        assert writer.stdout is not None
        promised = [writer.stdout.readline() for _ in range(after)]
        writer.kill()
        promised += writer.stdout.read().splitlines(keepends=True)
    return {int(line) for line in promised if line.endswith("\n")}


def whole(tx: Tx, run_id: int) -> bool:
    """Whether every part of the unit that made the run is there."""
    (job,) = tx.jobs.of_run(run_id)
    posting = tx.postings.find(run_id, CONSOLE, "card")
    (chunk,) = tx.logs.last(job.id, limit=9)
    seqs = [event.seq for event in tx.runs.events(run_id)]
    return posting is not None and len(chunk.text) == 5000 and seqs == [1, 2]


def test_a_process_that_fails_without_closing_ends(database: str) -> None:
    script = (
        "import asyncio, sys; from storage.stores import store_at; "
        "from tests.fakes.clock import FakeClock; "
        "store = store_at(sys.argv[1], FakeClock()); "
        "asyncio.run(store.open()); sys.exit(3)"
    )
    command = [sys.executable, "-c", script, database]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == 3


@pytest.mark.parametrize("after", [1, 50, 200])
async def test_killed_in_the_middle(database: str, after: int) -> None:
    promised = write_and_kill(database, after=after)
    store = store_at(database, FakeClock())
    await store.open()
    found = await store.read(lambda tx: tx.runs.find(Filter(), limit=100_000))
    parts = await store.read(lambda tx: [whole(tx, run.id) for run in found])
    counted = await store.read(lambda tx: sum(tx.runs.stats().values()))
    await store.close()
    assert len(promised) >= after
    assert promised <= {run.id for run in found}
    assert all(parts)
    assert counted == len(found)


def test_a_file_is_sound_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "signalbox.db"
    write_and_kill(f"sqlite:///{path}", after=50)
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    runs = database.execute("SELECT id FROM runs ORDER BY id").fetchall()
    assert runs == [(n,) for n in range(1, len(runs) + 1)]
    database.close()
