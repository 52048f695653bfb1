"""Everything that is true of PostgreSQL alone: how it is reached, and what may fail.

Units run in REPEATABLE READ: each sees one moment, and whoever changes a row that another
changed since then is run again. Every change of a run changes its row, which guards the rest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, OperationalError

from bot.domain.errors import UnavailableError
from storage.statements import StatementClock

_CONNECT_SECONDS = 5

_OVERTAKEN = {"40001", "40P01"}
"""Serialization failure, deadlock."""
_DUPLICATE = "23505"
_ANSWERS = {
    "53": "PostgreSQL has no room left: its disk, memory or connections are used up.",
    "55": "Another process holds what is needed in the database; try again in a moment.",
    "57": "PostgreSQL is starting, stopping, or has ended this request; try again in a moment.",
    "58": "PostgreSQL cannot read or write its files; look at its log.",
}
"""By the class of the error: the first two characters of its code."""
_UNREACHABLE = (
    "PostgreSQL at {place} cannot be reached: {reason}. Check that it runs, and the address, "
    "user and password of SIGNALBOX_DATABASE_URL."
)

SESSION: Final = (
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; "
    "SET idle_in_transaction_session_timeout = '60s'"
)
"""What every session asks of the server: let go of the locks of a bot that is gone."""

LOCK_MIGRATION: Final = 0x5349474E_00000001
LOCK_LEADER: Final = 0x5349474E_00000002
"""Names of advisory locks, which are counted per database."""


class OvertakenError(Exception):
    """Another transaction was first: run the unit again."""


class CutOffError(UnavailableError):
    """The connection was lost before anything could be kept: the unit may be run again."""


def is_postgres(url: URL) -> bool:
    """Whether an address is that of a PostgreSQL database."""
    return url.get_backend_name() == "postgresql"


def conninfo(url: URL) -> str:
    """The address as libpq reads it. It holds the password: never show it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def connect_options() -> dict[str, Any]:
    """How every connection is made: one that has died is noticed within seconds."""
    return {
        "connect_timeout": _CONNECT_SECONDS,
        "application_name": "signalbox",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "tcp_user_timeout": 15_000,
    }


def place_of(url: URL) -> str:
    """Where a database is, without who may use it."""
    host = url.host or url.query.get("host") or "this machine"
    return f"{host}/{url.database}"


class PostgresDatabase:
    """Connections to one database."""

    def __init__(self, url: URL, *, connections: int, isolation: str = "REPEATABLE READ") -> None:
        """Nothing is connected yet."""
        self._place = place_of(url)
        self._engine: Engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            pool_size=connections,
            max_overflow=0,
            isolation_level=isolation,
            connect_args=connect_options(),
        )

        @event.listens_for(self._engine, "connect")
        def set_up(connection: Any, _: object) -> None:
            connection.execute(SESSION)
            connection.commit()

        self._telling = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._seeing = self._engine.execution_options(postgresql_readonly=True)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Commit at the end, undo everything where something is raised.

        Raises OvertakenError, CutOffError and UnavailableError.
        """
        with self._plainly(), self._engine.connect() as connection:
            yield connection
            self._commit(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One moment of the database; a change raises."""
        with self._plainly(), self._seeing.connect() as connection:
            yield connection

    def notify(self, channel: str, text: str) -> None:
        """Tell every process that listens. Raises UnavailableError."""
        with self._plainly(), self._telling.connect() as connection:
            parameters = {"channel": channel, "text": text}
            connection.exec_driver_sql("SELECT pg_notify(%(channel)s, %(text)s)", parameters)

    def time(self, statements: StatementClock) -> None:
        """Let statements be timed from now on."""
        statements.attach(self._engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _commit(self, connection: Connection) -> None:
        try:
            connection.commit()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            raise UnavailableError(
                "PostgreSQL was lost while this was being kept; look whether it was, "
                "before you ask again."
            ) from error

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """Turn what may pass by itself or be mended outside into our own errors."""
        try:
            yield
        except DBAPIError as error:
            code = getattr(error.orig, "sqlstate", None) or ""
            if code in _OVERTAKEN:
                raise OvertakenError from error
            if words := _ANSWERS.get(code[:2]):
                raise CutOffError(words) from error
            if error.connection_invalidated or (not code and isinstance(error, OperationalError)):
                reason = _reason(error)
                raise CutOffError(_UNREACHABLE.format(place=self._place, reason=reason)) from error
            raise


def is_duplicate(error: BaseException) -> bool:
    """Whether a row was there already, perhaps since a moment only."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) == _DUPLICATE


def _reason(error: DBAPIError) -> str:
    """What the server or the network said last; neither knows the password."""
    said = str(error.orig).strip().splitlines() or ["no reason given"]
    return said[-1].rpartition("failed: ")[2].removeprefix("FATAL:").strip().rstrip(".")
