"""What is true of SQLite alone: private files, settings, and failures said plainly."""

import asyncio
import sqlite3
import stat
import threading
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from bot.domain.errors import UnavailableError
from bot.domain.selection import Filter
from storage.sqlite import DatabaseUnavailableError, SqliteFile, for_reading, for_writing
from storage.sqlite_store import SqliteStore
from storage.watch import Watches
from storage.writer import Writer
from tests.contract.rows import add_run
from tests.fakes.clock import FakeClock


def modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_nobody_else_may_read_any_of_its_files(tmp_path: Path) -> None:
    path = tmp_path / "signalbox.db"
    path.touch(mode=0o644)
    path.chmod(0o644)
    store = SqliteStore(path, FakeClock())
    await store.open()
    await store.write(add_run)
    assert modes(tmp_path) == {
        "signalbox.db": 0o600,
        "signalbox.db-shm": 0o600,
        "signalbox.db-wal": 0o600,
    }
    await store.close()


async def test_everything_is_there_after_opening_again(tmp_path: Path) -> None:
    for n in (1, 2):
        store = SqliteStore(tmp_path / "signalbox.db", FakeClock())
        await store.open()
        assert (await store.write(add_run)).id == n
        assert len(await store.read(lambda tx: tx.runs.find(Filter(), limit=9))) == n
        await store.close()
    assert list(modes(tmp_path)) == ["signalbox.db"]


async def test_a_store_that_is_not_open(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "signalbox.db", FakeClock())
    with pytest.raises(UnavailableError, match="closed"):
        await store.write(add_run)


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "missing" / "signalbox.db", FakeClock())
    with pytest.raises(UnavailableError, match="No such file"):
        await store.open()


def pragma(connection: Connection, name: str) -> object:
    return connection.execute(text(f"PRAGMA {name}")).scalar_one()


def test_every_commit_is_on_the_disk_before_it_is_told(tmp_path: Path) -> None:
    file = for_writing(tmp_path / "a.db")
    with file.transaction() as connection:
        names = ("journal_mode", "synchronous", "foreign_keys")
        assert [pragma(connection, name) for name in names] == ["wal", 2, 1]
    file.close()


def test_a_reader_raises_on_a_change(tmp_path: Path) -> None:
    writing, reading = for_writing(tmp_path / "a.db"), for_reading(tmp_path / "a.db", readers=1)
    with writing.transaction() as connection:
        connection.execute(text("CREATE TABLE t (n)"))
    with pytest.raises(OperationalError, match="readonly"), reading.transaction() as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
    reading.close()
    writing.close()


def fill(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE IF NOT EXISTS t (x)"))
    connection.execute(text("INSERT INTO t VALUES (zeroblob(1000000))"))


def test_a_full_disk(tmp_path: Path) -> None:
    small = SqliteFile(
        tmp_path / "a.db", connections=1, pragmas=["max_page_count=20"], begin="BEGIN IMMEDIATE"
    )
    for _ in range(2):
        with pytest.raises(UnavailableError, match="full"), small.transaction() as connection:
            fill(connection)
    with small.transaction() as connection:
        connection.execute(text("CREATE TABLE fits (x)"))
    small.close()


def test_a_file_that_another_process_holds(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    file = SqliteFile(path, connections=1, pragmas=["busy_timeout=1"], begin="BEGIN IMMEDIATE")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError, match="Another process"), file.transaction():
            pass
        other.execute("ROLLBACK")
    with file.transaction() as connection:
        fill(connection)
    file.close()


class HeldFile(AbstractContextManager[Connection]):
    """Transactions that cannot begin; the first tries only once it may."""

    def __init__(self) -> None:
        self.tries = 0
        self.tried, self.go_on = threading.Event(), threading.Event()

    def __enter__(self) -> Connection:
        self.tries += 1
        self.tried.set()
        self.go_on.wait()
        raise DatabaseUnavailableError("held")

    def __exit__(self, *_: object) -> None:
        """Nothing was begun."""


async def test_waiting_units_do_not_wait_for_a_held_file_one_after_the_other() -> None:
    held = HeldFile()
    writer = Writer(lambda: held, now=FakeClock().now, wake=Watches().wake)
    calls = [writer.submit(add_run)]
    held.tried.wait()
    calls += [writer.submit(add_run) for _ in range(20)]
    held.go_on.set()
    writer.close()
    raised = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(each, UnavailableError) for each in raised)
    assert held.tries == 2
