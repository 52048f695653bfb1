"""The stages of the dialogues."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.office import office_at
from tests.fakes.stage import Stage, stage
from tests.scenario.github_play import Play, github_play


@pytest.fixture
async def theatre(database: str) -> AsyncIterator[Stage]:
    async with stage(database) as opened:
        yield opened


@pytest.fixture
async def office(database: str) -> AsyncIterator[Stage]:
    async with office_at(database) as opened:
        yield opened


@pytest.fixture
async def play(database: str, tmp_path: Path) -> AsyncIterator[Play]:
    """The stage beside GitHub."""
    async with github_play(database, tmp_path / "github") as opened:
        yield opened
