"""What all tests share; and where CI is set, a test that did not run is an error."""

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.migrate import migrate
from storage.sqlite import sqlite_url
from storage.stores import AnyStore, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.postgres import TemporaryPostgres

_NOT_RUN = ("skipped", "xfailed", "xpassed")


def _not_run(config: pytest.Config) -> list[pytest.TestReport]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("CI"):
        return []
    return [report for outcome in _NOT_RUN for report in reporter.stats.get(outcome, [])]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a green run with gaps red."""
    if session.exitstatus == pytest.ExitCode.OK and _not_run(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name what did not run."""
    gaps = _not_run(config)
    if gaps:
        terminalreporter.section("CI is set: these tests must run, or go", red=True)
        for gap in gaps:
            terminalreporter.line(gap.nodeid)


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and nothing in them; copies of it are quicker than migrations."""
    path = tmp_path_factory.mktemp("blank") / "signalbox.db"
    migrate(sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[TemporaryPostgres]:
    server = TemporaryPostgres()
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres: TemporaryPostgres) -> Iterator[str]:
    """A PostgreSQL database with all tables and nothing in them."""
    url = postgres.create()
    yield url
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, blank: Path) -> str:
    """The address of a database with all tables and nothing in them, of every kind in turn."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        return url
    return f"sqlite:///{shutil.copy(blank, tmp_path)}"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(database: str, clock: FakeClock) -> AsyncIterator[AnyStore]:
    """An open store, of every kind in turn, whose clock stands still."""
    async with open_store(database, clock) as opened:
        yield opened
