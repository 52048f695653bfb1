"""Maintenance of a SQLite file, on connections of its own beside the working ones."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from bot.domain.errors import UnavailableError
from bot.ports.maintenance import Checkpointed, Health
from storage.statements import SLOW_MS, StatementClock

T = TypeVar("T")

_PATIENCE = 5.0
"""Seconds that another connection may hold the file."""
_SHOWN = 10
_MB = 1_000_000


class SqliteMaintenance:
    """The Maintenance port over one file."""

    def __init__(self, path: Path, statements: StatementClock) -> None:
        """`statements` times the store's own work."""
        self._path = path
        self._statements = statements

    async def health(self) -> Health:
        """Check and measure it."""
        integrity = await self._run("PRAGMA quick_check(1)", lambda row: str(row[0]))
        return Health(
            integrity=integrity,
            size_mb=self._size(self._path),
            wal_mb=self._wal(),
            slow_over_ms=SLOW_MS,
            slow=self._statements.slowest(_SHOWN),
        )

    async def checkpoint(self) -> Checkpointed:
        """Move the write-ahead log into the database and cut it."""
        before = self._wal()
        held = await self._run("PRAGMA wal_checkpoint(TRUNCATE)", lambda row: bool(row[0]))
        return Checkpointed(complete=not held, before_mb=before, after_mb=self._wal())

    async def _run(self, statement: str, read: Callable[[sqlite3.Row], T]) -> T:
        return await asyncio.to_thread(self._execute, statement, read)

    def _execute(self, statement: str, read: Callable[[sqlite3.Row], T]) -> T:
        try:
            with closing(sqlite3.connect(self._path, timeout=_PATIENCE)) as connection:
                return read(connection.execute(statement).fetchone())
        except sqlite3.Error as error:
            raise UnavailableError(f"The database could not be looked at: {error}") from error

    def _wal(self) -> float:
        return self._size(self._path.with_name(f"{self._path.name}-wal"))

    def _size(self, path: Path) -> float:
        return round(path.stat().st_size / _MB, 3) if path.exists() else 0.0
