"""The stage of the dialogues."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.stage import Stage, stage


@pytest.fixture
async def theatre(tmp_path: Path) -> AsyncIterator[Stage]:
    async with stage(tmp_path) as opened:
        yield opened
