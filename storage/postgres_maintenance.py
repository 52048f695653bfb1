"""Maintenance of a PostgreSQL database, as far as a client may; the server does the rest itself."""

import asyncio

from sqlalchemy import Connection, text

from bot.ports.maintenance import Checkpointed, Health
from storage.postgres import PostgresDatabase
from storage.statements import SLOW_MS, StatementClock

_SHOWN = 10
_MB = 1_000_000
_SIZE = text("SELECT pg_database_size(current_database())")
_BROKEN = text("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid LIMIT 1")


class PostgresMaintenance:
    """The Maintenance port over a server; its write-ahead log is the server's own affair."""

    def __init__(self, database: PostgresDatabase, statements: StatementClock) -> None:
        """`statements` times the store's own work."""
        self._database = database
        self._statements = statements

    async def health(self) -> Health:
        """Check and measure it: an index that is not valid is what can be wrong."""
        return await asyncio.to_thread(self._health)

    async def checkpoint(self) -> Checkpointed:
        """Nothing is to be done: the server checkpoints by itself."""
        return Checkpointed(complete=True, before_mb=0.0, after_mb=0.0)

    def _health(self) -> Health:
        with self._database.reading() as connection:
            size, broken = measure(connection), find_broken_index(connection)
        return Health(
            integrity=f"the index {broken} is not valid" if broken else "ok",
            size_mb=size,
            wal_mb=0.0,
            slow_over_ms=SLOW_MS,
            slow=self._statements.slowest(_SHOWN),
        )


def measure(connection: Connection) -> float:
    """The size of the database, in MB."""
    size: int = connection.execute(_SIZE).scalar_one()
    return round(size / _MB, 3)


def find_broken_index(connection: Connection) -> str:
    """The first index that is not valid; empty where all are."""
    return connection.execute(_BROKEN).scalar() or ""
