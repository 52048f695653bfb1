"""The doctor looks at a database of either kind and leaves it as it was."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from adapters.system import SystemClock
from bot.domain.errors import UnavailableError, UserError
from bot.ports.doctor import Finding, Level
from storage.address import read_address
from storage.doctor import DatabaseCheck
from storage.migrate import NEWEST
from storage.postgres import is_postgres
from tests.fakes.clock import FakeClock


async def looked_at(url: str) -> dict[str, Finding]:
    findings = await DatabaseCheck(url=url, clock=SystemClock())()
    return {finding.checked: finding for finding in findings}


def execute(database: str, statement: str) -> None:
    url = read_address(database)
    engine = create_engine(url.set(drivername="postgresql+psycopg") if is_postgres(url) else url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


async def test_a_database_at_the_present_version_is_well(database: str) -> None:
    found = await looked_at(database)
    assert {finding.level for finding in found.values()} == {Level.OK}
    assert {"reached", "version", "integrity", "size"} <= set(found)
    assert NEWEST in found["version"].found


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ("UPDATE alembic_version SET version_num = '0001'", Level.WARNING, "signalbox migrate"),
        ("UPDATE alembic_version SET version_num = '9999'", Level.ERROR, "Start the newer one"),
        ("DROP TABLE alembic_version", Level.NOT_SET_UP, "makes the tables"),
    ],
)
async def test_another_version_is_told_and_not_changed(
    database: str, change: str, level: Level, words: str
) -> None:
    await asyncio.to_thread(execute, database, change)
    for _ in range(2):
        version = (await looked_at(database))["version"]
        assert (version.level, words in version.remedy) == (level, True), version


async def test_a_clock_that_is_not_the_servers_is_told(postgres_url: str) -> None:
    clock = FakeClock()
    clock.advance(timedelta(days=-3))
    findings = await DatabaseCheck(url=postgres_url, clock=clock)()
    assert findings[-1].checked == "clock"
    assert findings[-1].level is Level.WARNING


async def test_what_cannot_be_reached_is_said_without_the_password(tmp_path: Path) -> None:
    nowhere = f"postgresql://ana:secret@/signalbox?host={tmp_path}"
    with pytest.raises(UnavailableError, match="cannot be reached") as caught:
        await looked_at(nowhere)
    assert "secret" not in str(caught.value)
    with pytest.raises(UserError, match="cannot be read"):
        await looked_at("postgresql://ana:secret@host:port/signalbox")


async def test_a_file_that_is_too_large_for_now(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'large.db'}"
    execute(url, "CREATE TABLE words (word TEXT)")
    fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)"
    execute(url, f"INSERT INTO words {fill} SELECT i FROM n")
    check = DatabaseCheck(url=url, clock=SystemClock(), patience=timedelta(0))
    found = {finding.checked: finding for finding in await check()}
    assert found["integrity"].level is Level.WARNING
    assert found["size"].level is Level.OK
    assert (await looked_at(url))["integrity"].level is Level.OK


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "signalbox.db"
    assert (await looked_at(f"sqlite:///{file}"))["reached"].level is Level.NOT_SET_UP
    assert not file.exists()
    file.write_bytes(b"no database at all" * 100)
    with pytest.raises(UnavailableError, match="no database that can be read"):
        await looked_at(f"sqlite:///{file}")
    assert file.read_bytes() == b"no database at all" * 100
