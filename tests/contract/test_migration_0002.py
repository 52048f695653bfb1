"""A database of revision 0001 with data becomes one of today, and loses nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from bot.domain.gate import GateKind
from storage.migrate import SCRIPTS, migrate
from storage.sqlite import sqlite_url
from storage.sqlite_store import SqliteStore
from tests.fakes.clock import FakeClock

GATE = {
    "id": 7,
    "run_id": 1,
    "job_id": 1,
    "attempt": 1,
    "checkpoint": "plan",
    "prompt": "Shall it?",
    "fingerprint": "f",
    "opened_at": 1,
    "expires_at": 2,
    "kind": "approval",
    "cause": "",
    "report": "[]",
    "outside": "[]",
    "quorum": 2,
    "four_eyes": 1,
    "on_expiry": "cancel",
    "state": "open",
}


def first_version(path: Path) -> None:
    engine = create_engine(sqlite_url(path))
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
        command.upgrade(config, "0001")
    engine.dispose()
    columns, marks = ", ".join(GATE), ", ".join("?" for _ in GATE)
    with closing(sqlite3.connect(path)) as database, database:
        insert = f"INSERT INTO gates ({columns}) VALUES ({marks})"
        database.execute(insert, list(GATE.values()))


async def test_gates_of_the_first_version_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    first_version(path)
    migrate(sqlite_url(path))
    store = SqliteStore(path, FakeClock())
    await store.open()
    gate = await store.read(lambda tx: tx.gates.load(7))
    await store.close()
    assert (gate.kind, gate.quorum, gate.prompt) == (GateKind.APPROVAL, 2, "Shall it?")
    assert (gate.form, gate.answers, gate.sealed) == (None, {}, {})
    assert (gate.remind_at, gate.reminded) == (None, 0)
