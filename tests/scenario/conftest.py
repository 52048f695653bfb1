"""The stage of the dialogues."""

from collections.abc import AsyncIterator

import pytest

from tests.fakes.stage import Stage, stage


@pytest.fixture
async def theatre(database: str) -> AsyncIterator[Stage]:
    async with stage(database) as opened:
        yield opened
