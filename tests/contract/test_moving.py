"""Moving between databases: nothing is lost, and nothing half is ever left."""

import json
import stat
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.domain.errors import UserError
from bot.domain.events import Event, chain
from bot.domain.run import Run
from bot.domain.selection import Filter
from bot.ports.store import Tx
from storage.migrate import migrate, migrated
from storage.moving import export_to, import_from
from storage.stores import open_store
from storage.tables import metadata
from tests.contract.many import fill
from tests.contract.rows import add_job, add_run, run_row
from tests.fakes.clock import FakeClock
from tests.fakes.postgres import TemporaryPostgres
from tests.fakes.tracker import ENG_142

MANY = 10_000


def rows_of(url: str) -> dict[str, list[Any]]:
    """Every row of every table, as it is stored."""
    with migrated(url) as connection:
        return {
            table.name: [*connection.execute(text(f"SELECT * FROM {table.name} ORDER BY 1, 2"))]
            for table in metadata.sorted_tables
        }


def header(path: Path) -> Any:
    with path.open() as file:
        return json.loads(file.readline())


async def test_ten_thousand_runs_there_and_back(tmp_path: Path, postgres_url: str) -> None:
    start, back = f"sqlite:///{tmp_path}/start.db", f"sqlite:///{tmp_path}/back.db"
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    with migrated(start) as connection:
        fill(connection, MANY)
        connection.execute(text("UPDATE sqlite_sequence SET seq = 12000 WHERE name = 'runs'"))
    counts = export_to(start, first)
    assert counts["events"] == 2 * MANY
    assert import_from(postgres_url, first) == counts
    assert export_to(postgres_url, second) == counts
    assert import_from(back, second) == counts
    assert header(first) == header(second)
    assert rows_of(start) == rows_of(back)
    for url in (postgres_url, back):
        await works_on(url)


async def test_issues_move_along(tmp_path: Path, postgres_url: str) -> None:
    start, file = f"sqlite:///{tmp_path}/start.db", tmp_path / "issues.jsonl"
    with migrated(start):
        pass
    issue = replace(ENG_142, title="\x00 “ä”")
    run = run_row(issue=issue, mirrors=(issue.conversation,), dedupe_key=issue.dedupe_key)
    async with open_store(start, FakeClock()) as store:
        await store.write(lambda tx: tx.issues.keep(issue))
        await store.write(lambda tx: tx.runs.create(run))
    export_to(start, file)
    import_from(postgres_url, file)
    async with open_store(postgres_url, FakeClock()) as there:
        kept, moved = await there.read(lambda tx: (tx.issues.find("ENG-142"), tx.runs.load(1)))
    assert kept is not None
    assert kept.issue == moved.issue == issue
    assert moved.mirrors == (issue.conversation,)


async def works_on(url: str) -> None:
    """The chains hold, and new rows get numbers that were never given."""
    async with open_store(url, FakeClock()) as store:
        for number in (1, MANY // 2, MANY):
            run, events = await store.read(partial(history, number))
            head = ""
            for event in events:
                head = chain(head, event)
                assert head == event.hash
            assert (run.head, run.title) == (head, f"Run {number} \x00 “ä”")
        assert (await store.write(add_run)).id == 12_001
        assert (await store.write(add_job)).id == MANY + 1
        newest = await store.read(lambda tx: tx.runs.find(Filter(), limit=3))
    assert [run.id for run in newest] == [12_002, 12_001, MANY]


def history(run_id: int, tx: Tx) -> tuple[Run, tuple[Event, ...]]:
    return tx.runs.load(run_id), tx.runs.events(run_id)


def empty(url: str) -> bool:
    return not any(rows_of(url).values())


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """The file of a database with five runs."""
    with migrated(f"sqlite:///{tmp_path}/five.db") as connection:
        fill(connection, 5)
    path = tmp_path / "five.jsonl"
    export_to(f"sqlite:///{tmp_path}/five.db", path)
    return path


def drop_last(lines: list[str]) -> list[str]:
    return lines[:-1]


def drop_row(lines: list[str]) -> list[str]:
    return [*lines[:3], *lines[4:]]


def cut(lines: list[str]) -> list[str]:
    return [*lines[:5], lines[5][:9]]


def change(lines: list[str]) -> list[str]:
    return [line.replace("Fix", "Fax").replace("ana", "eve") for line in lines]


def shorten_row(lines: list[str]) -> list[str]:
    return [line if "shop" not in line else "[1]\n" for line in lines]


@pytest.mark.parametrize("damage", [drop_last, drop_row, cut, change, shorten_row])
def test_a_damaged_file_changes_nothing(
    database: str, exported: Path, damage: Callable[[list[str]], list[str]]
) -> None:
    lines = exported.read_text().splitlines(keepends=True)
    exported.write_text("".join(damage(lines)))
    with pytest.raises(UserError, match="damaged or cut off"):
        import_from(database, exported)
    assert empty(database)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ('{"format":"other"}', "not a file of signalbox export"),
        ("[]", "not a file of signalbox export"),
        (
            '{"format":"signalbox/move/v1","revision":"0000","version":"0.0.9"}',
            "Import it with Signalbox 0.0.9, then upgrade",
        ),
    ],
)
def test_another_file_is_refused(tmp_path: Path, first: str, said: str) -> None:
    path = tmp_path / "other.jsonl"
    line = f"{first}\n"
    path.write_text(line + json.dumps({"sha256": sha256(line.encode()).hexdigest()}))
    with pytest.raises(UserError, match=said):
        import_from(f"sqlite:///{tmp_path}/new.db", path)


def test_files_that_cannot_be_used(tmp_path: Path, exported: Path) -> None:
    url = f"sqlite:///{tmp_path}/five.db"
    with pytest.raises(UserError, match="is there already"):
        export_to(url, exported)
    with pytest.raises(UserError, match="cannot be written: No such file"):
        export_to(url, tmp_path / "nowhere" / "file")
    with pytest.raises(UserError, match="cannot be read: No such file"):
        import_from(f"sqlite:///{tmp_path}/new.db", tmp_path / "nowhere")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="cannot be read: it is not a text"):
        import_from(f"sqlite:///{tmp_path}/new.db", tmp_path / "binary")
    with pytest.raises(UserError, match="There is no database"):
        export_to(f"sqlite:///{tmp_path}/none.db", tmp_path / "a")
    assert not list(tmp_path.glob("*.part"))


def test_only_its_owner_may_read_a_file(exported: Path) -> None:
    assert stat.S_IMODE(exported.stat().st_mode) == 0o600


def test_a_database_with_rows_is_left_alone(database: str, exported: Path) -> None:
    import_from(database, exported)
    before = rows_of(database)
    with pytest.raises(UserError, match="not empty: its table"):
        import_from(database, exported)
    assert rows_of(database) == before


def test_an_old_database_is_migrated_first(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/old.db"
    migrate(url)
    with migrated(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(UserError, match="run signalbox migrate first"):
        export_to(url, tmp_path / "a")


async def test_a_bot_at_work_on_postgres_is_left_alone(
    postgres_url: str, exported: Path, tmp_path: Path
) -> None:
    async with open_store(postgres_url, FakeClock()):
        for move in (export_to, import_from):
            with pytest.raises(UserError, match="stop every bot"):
                move(postgres_url, exported if move is import_from else tmp_path / "new")


async def test_a_move_of_nothing(database: str, tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/nothing.db")
    export_to(f"sqlite:///{tmp_path}/nothing.db", tmp_path / "nothing.jsonl")
    assert sum(import_from(database, tmp_path / "nothing.jsonl").values()) == 0
    async with open_store(database, FakeClock()) as store:
        assert (await store.write(add_run)).id == 1


def test_a_move_to_a_database_without_tables(postgres: TemporaryPostgres, exported: Path) -> None:
    url = postgres.create(template="template0")
    assert import_from(url, exported)["runs"] == 5
    postgres.drop(url)
