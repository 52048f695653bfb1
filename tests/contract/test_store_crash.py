"""Killed in the middle of its writes, a store keeps what it promised, and no half of a unit."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bot.domain.conversation import CONSOLE
from bot.domain.selection import Filter
from bot.ports.store import Tx
from storage.store import SqliteStore
from tests.fakes.clock import FakeClock

ROOT = Path(__file__).parents[2]


def write_and_kill(path: Path, *, after: int) -> set[int]:
    """The runs that the killed process was told are durable, at least `after` of them."""
    command = [sys.executable, "-m", "tests.contract.busy_writer", str(path)]
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


def test_a_process_that_fails_without_closing_ends(tmp_path: Path) -> None:
    script = (
        "import asyncio, pathlib, sys; from storage.store import SqliteStore; "
        "from tests.fakes.clock import FakeClock; "
        "store = SqliteStore(pathlib.Path(sys.argv[1]), FakeClock()); "
        "asyncio.run(store.open()); sys.exit(3)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "signalbox.db")]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == 3


@pytest.mark.parametrize("after", [1, 50, 200])
async def test_killed_in_the_middle(tmp_path: Path, after: int) -> None:
    path = tmp_path / "signalbox.db"
    promised = write_and_kill(path, after=after)
    store = SqliteStore(path, FakeClock())
    await store.open()
    found = await store.read(lambda tx: tx.runs.find(Filter(), limit=100_000))
    parts = await store.read(lambda tx: [whole(tx, run.id) for run in found])
    counted = await store.read(lambda tx: sum(tx.runs.stats().values()))
    await store.close()
    assert len(promised) >= after
    assert promised <= {run.id for run in found}
    assert sorted(run.id for run in found) == list(range(1, len(found) + 1))
    assert all(parts)
    assert counted == len(found)
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    database.close()
