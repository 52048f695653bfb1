"""Maintenance: how the database is, and the one thing that can be done for it while it works."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class SlowStatement:
    """A statement that took long, by its text without values."""

    statement: str
    count: int
    slowest_ms: float


@dataclass(frozen=True, kw_only=True)
class Health:
    """The database at one moment; sizes are in MB of 1,000,000 bytes."""

    integrity: str
    """`ok`, or the first thing that is wrong."""
    size_mb: float
    wal_mb: float
    """Of the write-ahead log."""
    slow_over_ms: int
    """From when on a statement counts as slow."""
    slow: tuple[SlowStatement, ...]
    """The slowest since the bot was started, slowest first."""


@dataclass(frozen=True, kw_only=True)
class Checkpointed:
    """The write-ahead log before and after it was moved into the database."""

    complete: bool
    """False where a reader held a part of it."""
    before_mb: float
    after_mb: float


class Maintenance(Protocol):
    """Looks after the database of a running bot."""

    async def health(self) -> Health:
        """Check and measure it. Raises UnavailableError where it cannot be reached."""

    async def checkpoint(self) -> Checkpointed:
        """Move the write-ahead log into the database and cut it. Raises UnavailableError."""
