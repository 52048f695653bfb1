"""The database as a runbook sees it, and the one thing it may do for it."""

import asyncio
import sqlite3
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import create_engine

from adapters.web.answers import answer_errors
from adapters.web.console_token import keep_maintenance_token
from adapters.web.maintenance_api import MaintenanceApi
from bot.domain.conversation import CONSOLE
from bot.domain.errors import UnavailableError
from bot.ports.store import Tx
from storage.sqlite_maintenance import SqliteMaintenance
from storage.sqlite_store import SqliteStore
from storage.statements import StatementClock
from tests.fakes.clock import FakeClock


def write(tx: Tx) -> None:
    tx.transcript.post(CONSOLE, key="x", thread=None, message={})


async def test_health_and_checkpoint_over_http(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a.db", FakeClock())
    await store.open()
    await store.write(write)
    app = FastAPI()
    answer_errors(app)
    token = keep_maintenance_token(tmp_path)
    app.include_router(MaintenanceApi(maintenance=store.maintenance, token=token).router())
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://localhost/maintenance/v1"
    ) as client:
        for wrong in ({}, {"Authorization": "Bearer wrong"}):
            assert (await client.get("/health", headers=wrong)).status_code == 401
            assert (await client.post("/checkpoint", headers=wrong)).status_code == 401
        ours = {"Authorization": f"Bearer {token}"}
        before = (await client.get("/health", headers=ours)).json()
        assert before["integrity"] == "ok"
        assert before["wal_mb"] > 0
        done = (await client.post("/checkpoint", headers=ours)).json()
        assert done == {"complete": True, "before_mb": before["wal_mb"], "after_mb": 0.0}
        assert (await client.get("/health", headers=ours)).json()["wal_mb"] == 0
    await store.close()
    assert keep_maintenance_token(tmp_path) == token
    assert (tmp_path / "maintenance-token").stat().st_mode & 0o777 == 0o600


async def test_a_file_that_is_held_is_said_to_be_unavailable(tmp_path: Path) -> None:
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"no database at all" * 100)
    with pytest.raises(UnavailableError, match="could not be looked at"):
        await SqliteMaintenance(broken, StatementClock()).health()


def test_slow_statements_are_kept_slowest_first() -> None:
    clock = StatementClock()
    engine = create_engine("sqlite://")
    clock.attach(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        connection.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900000) "
            "SELECT max(i) FROM n"
        )
    engine.dispose()
    clock.note("UPDATE  x", 4_000)
    clock.note("UPDATE x", 3_000)
    for number in range(300):
        clock.note(f"SELECT {number}", 60)
    slowest = clock.slowest(2)
    assert (slowest[0].statement, slowest[0].count, slowest[0].slowest_ms) == ("UPDATE x", 2, 4_000)
    assert slowest[1].statement.startswith("WITH RECURSIVE n(i)")
    assert len(clock.slowest(1_000)) == 200


async def test_a_reader_keeps_the_log_from_being_cut(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a.db", FakeClock())
    await store.open()
    reader = sqlite3.connect(tmp_path / "a.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM runs").fetchone()
    await store.write(write)
    done = await asyncio.wait_for(store.maintenance.checkpoint(), 30)
    assert not done.complete
    reader.close()
    assert (await store.maintenance.checkpoint()).complete
    await store.close()
