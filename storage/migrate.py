"""Brings a database's tables up to date; Alembic is imported only when something is to do."""

from pathlib import Path

from sqlalchemy import Connection, inspect, make_url, text

from bot.domain.errors import UserError
from storage.sqlite import SqliteFile, for_writing

NEWEST = "0003"
"""The last of storage/migrations/versions; numbers of equal width, so that they compare."""

SCRIPTS = Path(__file__).parent / "migrations"


def migrate(url: str) -> None:
    """Make the tables what the code expects, in one transaction; harmless when they are.

    Raises UserError for a database of a newer version or another kind, UnavailableError for
    one that cannot be used.
    """
    file = _file(url)
    try:
        with file.transaction() as connection:
            _bring_up(connection)
    finally:
        file.close()


def _file(url: str) -> SqliteFile:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise UserError(
            f"A database of the kind “{parsed.get_backend_name()}” cannot be used; "
            "name a file, such as sqlite:////var/lib/signalbox/signalbox.db"
        )
    return for_writing(Path(parsed.database))


def _bring_up(connection: Connection) -> None:
    present = _present(connection)
    if present > NEWEST:
        raise UserError(
            f"The database is at version {present}, and this Signalbox knows versions up to "
            f"{NEWEST}: a newer one has used it. Start the newer one, or restore the backup "
            "from before the upgrade."
        )
    if present < NEWEST:
        _upgrade(connection)


def _present(connection: Connection) -> str:
    """The version of the tables; empty for a new database."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version or ""


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  # slow to import, and rarely needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    command.upgrade(config, "head")
