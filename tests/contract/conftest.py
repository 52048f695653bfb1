"""One suite over every store; a second database joins as a second parameter."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.migrate import migrate
from storage.sqlite import sqlite_url
from storage.store import SqliteStore
from tests.fakes.clock import FakeClock

Store = SqliteStore


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables and nothing in them; copies of it are quicker than migrations."""
    path = tmp_path_factory.mktemp("blank") / "signalbox.db"
    migrate(sqlite_url(path))
    return path


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["sqlite"])
async def store(blank: Path, tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    opened = SqliteStore(Path(shutil.copy(blank, tmp_path)), clock)
    await opened.open()
    yield opened
    await opened.close()
