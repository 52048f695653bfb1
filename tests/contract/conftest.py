"""One suite over every store."""

from collections.abc import AsyncIterator

import pytest

from storage.stores import AnyStore, store_at
from tests.fakes.clock import FakeClock

Store = AnyStore


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(database: str, clock: FakeClock) -> AsyncIterator[Store]:
    opened = store_at(database, clock)
    await opened.open()
    yield opened
    await opened.close()
