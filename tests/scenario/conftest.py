"""The stages of the dialogues."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.office import office_at
from tests.fakes.stage import Stage, stage


@pytest.fixture
async def theatre(database: str) -> AsyncIterator[Stage]:
    async with stage(database) as opened:
        yield opened


@pytest.fixture
async def office(database: str) -> AsyncIterator[Stage]:
    async with office_at(database) as opened:
        yield opened
