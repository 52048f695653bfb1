"""Looks at a database as the doctor does: it is only read, and not brought up to date."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import URL, Connection, func, select, text
from sqlalchemy.exc import DatabaseError, OperationalError

from bot.domain.errors import UnavailableError
from bot.ports.clock import Clock
from bot.ports.doctor import Finding
from storage.address import read_address
from storage.migrate import NEWEST, present
from storage.postgres import PostgresDatabase, is_postgres, place_of
from storage.postgres_maintenance import find_broken_index, measure
from storage.sqlite import for_reading

_MB = 1_000_000
_LARGE_MB = 10_000
_STEPS = 10_000
"""Of SQLite's virtual machine, between two looks at the time."""
_NOTABLE_SKEW = timedelta(seconds=2)


@dataclass(frozen=True, kw_only=True)
class DatabaseCheck:
    """The check of the database that an address names. The address is never shown."""

    url: str
    clock: Clock
    patience: timedelta = timedelta(seconds=8)
    """For reading through a file."""

    async def __call__(self) -> tuple[Finding, ...]:
        """Reached, version, integrity, size, and the server's clock.

        Raises UserError for an address that cannot be read, UnavailableError where it names
        nothing that answers.
        """
        return await asyncio.to_thread(self._look)

    def _look(self) -> tuple[Finding, ...]:
        address = read_address(self.url)
        if is_postgres(address):
            return self._look_at_server(address)
        file = Path(address.database or "")
        if not file.exists():
            found = f"There is no {file} yet."
            remedy = "Nothing is to be done; the first start makes it."
            return (Finding.not_set_up("reached", found, remedy),)
        return self._look_at_file(file)

    def _look_at_file(self, file: Path) -> tuple[Finding, ...]:
        with _reading_file(file) as connection:
            version = _version(present(connection))
            integrity = self._look_through(connection)
        return (
            Finding.ok("reached", f"SQLite, {file}."),
            version,
            integrity,
            _size(file.stat().st_size / _MB),
        )

    def _look_through(self, connection: Connection) -> Finding:
        """The quick check, as far as it gets in its time: it reads the whole file."""
        end = time.monotonic() + self.patience.total_seconds()
        raw = connection.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        raw.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        try:
            said = str(connection.scalar(text("PRAGMA quick_check(1)")))
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", 0) != sqlite3.SQLITE_INTERRUPT:
                raise
            return Finding.warning(
                "integrity",
                "It is too large to be looked through now.",
                "Run sqlite3 on a copy of it, with PRAGMA quick_check, when there is time.",
            )
        finally:
            raw.set_progress_handler(None, 0)
        return _integrity(said, "Stop the bot and restore the backup; then look at the disk.")

    def _look_at_server(self, address: URL) -> tuple[Finding, ...]:
        database = PostgresDatabase(address, connections=1)
        try:
            with database.reading() as connection:
                there: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
                here = self.clock.now()
                version = _version(present(connection))
                broken, size = find_broken_index(connection), measure(connection)
        finally:
            database.close()
        said = f"the index {broken} is not valid" if broken else "ok"
        return (
            Finding.ok("reached", f"PostgreSQL, {place_of(address)}."),
            version,
            _integrity(said, "Run REINDEX INDEX CONCURRENTLY for it."),
            _size(size),
            _clock(here - there),
        )


@contextmanager
def _reading_file(file: Path) -> Iterator[Connection]:
    reader = for_reading(file, readers=1)
    try:
        with reader.transaction() as connection:
            yield connection
    except DatabaseError as error:
        raise UnavailableError(f"{file} is no database that can be read: {error.orig}.") from error
    finally:
        reader.close()


def _version(found: str) -> Finding:
    if not found:
        remedy = "Nothing is to be done; the first start makes the tables."
        return Finding.not_set_up("version", "It is empty.", remedy)
    if found < NEWEST:
        return Finding.warning(
            "version",
            f"Its tables are at version {found}, and {NEWEST} is the newest.",
            "Make a backup; the next start, or signalbox migrate, brings them up to date.",
        )
    if found > NEWEST:
        return Finding.error(
            "version",
            f"A newer Signalbox has used it: version {found}, and this one knows {NEWEST}.",
            "Start the newer one, or restore the backup from before the upgrade.",
        )
    return Finding.ok("version", f"Its tables are at the present version, {found}.")


def _integrity(said: str, remedy: str) -> Finding:
    if said == "ok":
        return Finding.ok("integrity", "Nothing is wrong with it, as far as a quick look shows.")
    return Finding.error("integrity", f"It is damaged: {said}.", remedy)


def _size(size_mb: float) -> Finding:
    found = f"{size_mb:,.1f} MB."
    if size_mb > _LARGE_MB:
        remedy = "Keep output for less long (SIGNALBOX_LOG_DAYS)."
        return Finding.warning("size", found, remedy)
    return Finding.ok("size", found)


def _clock(ahead: timedelta) -> Finding:
    seconds = abs(ahead).total_seconds()
    if abs(ahead) <= _NOTABLE_SKEW:
        return Finding.ok("clock", "This clock agrees with the server's.")
    side = "ahead of" if ahead > timedelta(0) else "behind"
    found = f"This clock is {seconds:.0f} s {side} the server's."
    return Finding.warning("clock", found, "Keep both right by NTP; deadlines depend on it.")
