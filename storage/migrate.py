"""Brings a database's tables up to date; Alembic is imported only when something is to do."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, func, inspect, select, text

from bot.domain.errors import UserError
from storage.address import read_address
from storage.postgres import LOCK_MIGRATION, PostgresDatabase
from storage.sqlite import for_writing

NEWEST = "0016"
"""The last of storage/migrations/versions; numbers of equal width, so that they compare."""

SCRIPTS = Path(__file__).parent / "migrations"


def migrate(url: str | URL) -> None:
    """Make the tables what the code expects, in one transaction; harmless when they are.

    Raises UserError for a database of a newer version or another kind, UnavailableError for
    one that cannot be used.
    """
    with migrated(url):
        pass


@contextmanager
def migrated(url: str | URL) -> Iterator[Connection]:
    """The transaction that has brought the tables up to date, for what must go with it."""
    with _transaction(url) as connection:
        _bring_up(connection)
        yield connection


def _transaction(url: str | URL) -> AbstractContextManager[Connection]:
    parsed = read_address(url)
    kind = parsed.get_backend_name()
    if kind == "postgresql":
        return _on_postgres(parsed)
    if kind == "sqlite" and parsed.database:
        return _in_file(Path(parsed.database))
    raise UserError(
        f"A database of the kind “{kind}” cannot be used; name a file, such as "
        "sqlite:////var/lib/signalbox/signalbox.db, or a database such as "
        "postgresql://user:password@host/signalbox"
    )


@contextmanager
def _in_file(path: Path) -> Iterator[Connection]:
    file = for_writing(path)
    try:
        with file.transaction() as connection:
            yield connection
    finally:
        file.close()


@contextmanager
def _on_postgres(url: URL) -> Iterator[Connection]:
    """Of several bots that start at once, one migrates and the others wait for it."""
    database = PostgresDatabase(url, connections=1, isolation="READ COMMITTED")
    try:
        with database.writing() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(LOCK_MIGRATION)))
            yield connection
    finally:
        database.close()


def _bring_up(connection: Connection) -> None:
    found = present(connection)
    if found > NEWEST:
        raise UserError(
            f"The database is at version {found}, and this Signalbox knows versions up to "
            f"{NEWEST}: a newer one has used it. Start the newer one, or restore the backup "
            "from before the upgrade."
        )
    if found < NEWEST:
        _upgrade(connection)


def present(connection: Connection) -> str:
    """The version of the tables; empty for a new database."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version or ""


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  # slow to import, and rarely needed
    from alembic.config import Config  # noqa: PLC0415  # loads slowly

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    command.upgrade(config, "head")
