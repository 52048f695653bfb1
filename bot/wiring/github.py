"""GitHub: opened where its settings are given."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.wiring.parts import Parts, Surface


@asynccontextmanager
async def open_github(_parts: Parts) -> AsyncIterator[Surface]:
    """What GitHub brings along; nothing without its settings."""
    yield Surface()
