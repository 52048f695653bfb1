"""One suite over every store; a second database joins as a second parameter."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.store import SqliteStore
from tests.fakes.clock import FakeClock

Store = SqliteStore


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["sqlite"])
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    opened = SqliteStore(tmp_path / "signalbox.db", clock)
    await opened.open()
    yield opened
    await opened.close()
