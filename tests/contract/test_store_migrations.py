"""Migrations lead from nothing to exactly the tables that the code expects."""

import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from bot.domain.errors import UserError
from storage.migrate import NEWEST, SCRIPTS, migrate
from storage.sqlite import sqlite_url
from storage.tables import metadata


@contextmanager
def connected(path: Path) -> Iterator[Connection]:
    engine = create_engine(sqlite_url(path))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def described(path: Path) -> dict[str, str]:
    """How SQLite itself describes each table and index, white space aside."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT name, coalesce(sql, '') FROM sqlite_master").fetchall()
    return {
        name: re.sub(r"\s*([(),])\s*", r"\1", " ".join(sql.split()))
        for name, sql in rows
        if "alembic_version" not in name
    }


def set_version(path: Path, version: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", (version,))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    migrated = tmp_path / "100% new?.db"
    migrate(sqlite_url(migrated))
    return migrated


def test_nothing_is_left_to_migrate(path: Path) -> None:
    with connected(path) as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_every_table_and_index_is_the_same(path: Path, tmp_path: Path) -> None:
    created = tmp_path / "created.db"
    with connected(created) as connection:
        metadata.create_all(connection)
    assert described(path) == described(created)


def test_migrating_twice_is_harmless(path: Path) -> None:
    before = described(path)
    migrate(sqlite_url(path))
    assert described(path) == before


def test_the_code_knows_its_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [NEWEST]
    assert {len(script.revision) for script in scripts.walk_revisions()} == {len(NEWEST)}


def test_a_newer_database_is_refused(path: Path) -> None:
    set_version(path, "0999")
    with pytest.raises(UserError, match=r"version 0999.*up to"):
        migrate(sqlite_url(path))


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE workspaces (mine)")
    with pytest.raises(Exception, match="workspaces already exists"):
        migrate(sqlite_url(path))
    assert list(described(path)) == ["workspaces"]


def test_other_databases_are_refused() -> None:
    for url in ("oracle://localhost/signalbox", "sqlite://"):
        with pytest.raises(UserError, match="name a file"):
            migrate(url)


@pytest.mark.parametrize("url", ["postgresql://u:secret@host:port/d", "nothing:secret"])
def test_an_address_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with pytest.raises(UserError, match="cannot be read") as caught:
        migrate(url)
    assert "secret" not in caught.value.text


def test_a_database_that_is_up_to_date_needs_no_alembic(blank: Path) -> None:
    script = (
        "import sys; from storage.migrate import migrate; migrate(sys.argv[1]); "
        "sys.exit('alembic' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", script, f"sqlite:///{blank}"]
    subprocess.run(command, cwd=root, check=True)


def test_a_first_database_with_rows_is_brought_up(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with connected(path) as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(SCRIPTS))
        command.upgrade(config, "0001")
        connection.exec_driver_sql("INSERT INTO blueprint_versions VALUES ('v', 'fix', '{}', 1)")
    migrate(sqlite_url(path))
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT name FROM blueprint_versions").fetchall() == [("fix",)]
        assert database.execute("SELECT count(*) FROM blueprint_states").fetchall() == [(0,)]


def test_a_first_database_keeps_its_runs_and_counts_them_by_project(tmp_path: Path) -> None:
    path = database_at("0001", tmp_path)
    with closing(sqlite3.connect(path)) as database, database:
        for project, disposition in (("shop", "none"), ("shop", "deleted"), ("tools", "none")):
            database.execute(_OLD_RUN, {"project": project, "disposition": disposition})
        database.execute(
            "INSERT INTO stats_deltas (profile, status, delta) VALUES ('pod', 'queued', 2)"
        )
    migrate(sqlite_url(path))
    with closing(sqlite3.connect(path)) as database:
        counts = database.execute("SELECT profile, project, status, delta FROM stats_deltas")
        assert set(counts) == {("pod", "shop", "queued", 1), ("pod", "tools", "queued", 1)}
        assert database.execute("SELECT count(*) FROM runs").fetchone() == (3,)


def test_what_was_to_be_told_with_a_pull_request_is_told_beside_its_commit(tmp_path: Path) -> None:
    path = database_at("0014", tmp_path)
    with closing(sqlite3.connect(path)) as database, database:
        for told, commit in ((0, "c"), (1, "c"), (0, "d")):
            database.execute(_OLD_RUN, {"project": "shop", "disposition": "none"})
            run = database.execute("SELECT max(id) FROM runs").fetchone()[0]
            database.execute(_OLD_PULL, {"run": run, "told": told, "commit": commit})
        database.execute("UPDATE runs SET pushed_commit = 'c'")
    migrate(sqlite_url(path))
    with closing(sqlite3.connect(path)) as database:
        found = database.execute('SELECT run_id, "commit", attempt, due_at FROM commit_checks')
        assert found.fetchall() == [(1, "c", 1, 7)]
        assert database.execute("SELECT DISTINCT promote FROM pull_requests").fetchall() == [(0,)]


def database_at(revision: str, folder: Path) -> Path:
    """A file of the tables as they were."""
    path = folder / "old.db"
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    with connected(path) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    return path


_OLD_PULL = """
    INSERT INTO pull_requests (run_id, surface, repository, branch, "commit", draft, state, number,
        url, head, wanted, told, attempts, problem, wanted_at)
    VALUES (:run, 'github', 'a/b', 'b', :commit, 0, 'wanted', 0, '', '', 1, :told, 0, '', 7)
"""
_OLD_RUN = """
    INSERT INTO runs (profile, blueprint, blueprint_version, project, title, title_folded,
        requested_by, requested_on, owner, owner_fallback, mode, chosen_because, inputs, branch,
        status, phase, reason, disposition, attempt, attempt_by, steerers, cost, pushed_commit,
        pr_url, surface, tenant, channel, thread, created_at, updated_at, version, last_seq, head)
    VALUES ('pod', 'fix', 'v', :project, 'T', 't', 'ana', 'console', 'ana', 0, 'supervised', '',
        '{}', '', 'queued', '', '', :disposition, 1, 'ana', '[]', '{}', '', '', 'console',
        'local', 'console', '', 0, 0, 0, 0, '')
"""
