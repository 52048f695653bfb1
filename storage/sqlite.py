"""Everything that is true of SQLite alone: how files are opened, begun, and what may fail."""

import os
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import OperationalError

from bot.domain.errors import UnavailableError
from storage.statements import StatementClock

_PATIENCE = 5
"""Seconds that a connection waits for another process to let go of the file."""

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
_PRIMARY = 0xFF
"""The bits of an error code that say its kind."""
_FULL = "The disk that holds the database is full; free some space, then try again."
_LOCKED = "Another process is using the database; try again in a moment."
_BROKEN = "The database file cannot be read or written; check its disk and who may use its folder."
_FAILURES = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_IOERR: _BROKEN,
    sqlite3.SQLITE_CANTOPEN: _BROKEN,
}


class DatabaseUnavailableError(UnavailableError):
    """No unit can be committed now, whatever it does."""


def sqlite_url(path: Path) -> URL:
    """The URL of a database file."""
    return URL.create("sqlite", database=str(path))


class SqliteFile:
    """One database file as its writer or its readers see it."""

    def __init__(  # all that tells writer and readers apart
        self,
        path: Path,
        *,
        connections: int,
        pragmas: Sequence[str],
        begin: str,
        clock: StatementClock | None = None,
    ) -> None:
        """Nothing is opened yet."""
        self._begin = begin
        self._engine = create_engine(
            sqlite_url(path),
            pool_size=connections,
            max_overflow=0,
            pool_reset_on_return=None,
            # The module's own transactions begin too late and end before table changes.
            connect_args={"isolation_level": None, "timeout": _PATIENCE},
        )

        if clock:
            clock.attach(self._engine)

        @event.listens_for(self._engine, "connect")
        def set_up(connection: Any, _: object) -> None:
            for pragma in pragmas:
                connection.execute(f"PRAGMA {pragma}")

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commit at the end, undo everything where something is raised.

        Raises UnavailableError for what may pass by itself or be mended outside.
        """
        with plain_failures(), self._engine.begin() as connection:
            connection.exec_driver_sql(self._begin)
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def for_writing(path: Path, clock: StatementClock | None = None) -> SqliteFile:
    """One connection whose transactions hold the write lock from their first moment.

    The file is created where there is none; nobody but its owner may read it.
    Raises UnavailableError where it cannot be.
    """
    _keep_private(path)
    return SqliteFile(path, connections=1, pragmas=_PRAGMAS, begin="BEGIN IMMEDIATE", clock=clock)


def for_reading(path: Path, *, readers: int, clock: StatementClock | None = None) -> SqliteFile:
    """Connections that see one moment per transaction and raise on every change."""
    return SqliteFile(
        path, connections=readers, pragmas=("query_only=ON",), begin="BEGIN", clock=clock
    )


@contextmanager
def plain_failures() -> Iterator[None]:
    """Turn what may pass by itself or be mended outside into UnavailableError."""
    try:
        yield
    except OperationalError as error:
        code = getattr(error.orig, "sqlite_errorcode", 0)
        words = _FAILURES.get(code & _PRIMARY)
        if words is None:
            raise
        raise DatabaseUnavailableError(words) from error


def _keep_private(path: Path) -> None:
    """SQLite gives the files beside the database the same mode."""
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            path.chmod(0o600)
    except OSError as error:
        raise UnavailableError(
            f"The database file {path} cannot be made private: {error.strerror}. "
            "Let this account own it and its folder."
        ) from error
