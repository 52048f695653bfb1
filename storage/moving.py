"""Moving everything from one database to another, of whatever kind, through a file.

The file is JSON, a value a line: a header, then for each table its name with its columns and a
list for each row, and at last a footer with the SHA-256 of all that stands before it.
Ids, hashes and the numbers that are given next stay what they are.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Table,
    TypeDecorator,
    column,
    func,
    insert,
    select,
    table,
    text,
    type_coerce,
)
from sqlalchemy.types import TypeEngine

from bot.domain.errors import UserError
from storage.address import read_address
from storage.migrate import NEWEST, migrated, present
from storage.move_file import HashedLines, Rows, new_file, open_file, read_header
from storage.postgres import LOCK_LEADER, PostgresDatabase, is_postgres
from storage.sqlite import for_reading
from storage.tables import metadata

FORMAT = "signalbox/move/v1"
_BATCH = 1_000
"""Rows that are held in memory."""

Counts = Mapping[str, int]


def export_to(url: str, path: Path) -> Counts:
    """Write everything to a new file that only its owner may read; says how many rows.

    Raises UserError where the file is there, the database is not at the present version or a
    bot works on it, UnavailableError where it cannot be used.
    """
    with new_file(path) as file, _reading(read_address(url)) as connection:
        _require_newest(connection)
        hashed = HashedLines(file)
        counts = {each.name: _count(connection, each) for each in metadata.sorted_tables}
        hashed.write(
            {
                "format": FORMAT,
                "version": version("signalbox"),
                "revision": NEWEST,
                "counts": counts,
                "next_after": _last_numbers(connection),
            }
        )
        for each in metadata.sorted_tables:
            hashed.write({"table": each.name, "columns": each.columns.keys()})
            for row in _rows(connection, each):
                hashed.write(list(row))
        hashed.write({"end": counts, "sha256": hashed.digest()})
    return counts


def import_from(url: str, path: Path) -> Counts:
    """Read a file into a new or empty database, all of it or nothing; says how many rows.

    Raises UserError where the file is damaged or of another version, or the database is not
    empty or a bot works on it; UnavailableError where it cannot be used.
    """
    with open_file(path) as file, migrated(read_address(url)) as connection:
        _require_idle(connection)
        _require_empty(connection)
        header = read_header(file, format_=FORMAT)
        _require_same(header)
        rows = Rows(file)
        counts = {each.name: _fill(connection, each, rows) for each in metadata.sorted_tables}
        _continue_numbers(connection, header["next_after"])
    return counts


@contextmanager
def _reading(address: URL) -> Iterator[Connection]:
    """One moment of a database that no bot is changing."""
    with _reading_postgres(address) if is_postgres(address) else _reading_file(address) as moment:
        _require_idle(moment)
        yield moment.execution_options(yield_per=_BATCH)


@contextmanager
def _reading_postgres(address: URL) -> Iterator[Connection]:
    database = PostgresDatabase(address, connections=1)
    try:
        with database.reading() as connection:
            yield connection
    finally:
        database.close()


@contextmanager
def _reading_file(address: URL) -> Iterator[Connection]:
    path = Path(address.database or "")
    if not path.exists():
        raise UserError(f"There is no database {path}; look at SIGNALBOX_DATA_DIR.")
    file = for_reading(path, readers=1)
    try:
        with file.transaction() as connection:
            yield connection
    finally:
        file.close()


def _require_idle(connection: Connection) -> None:
    """A bot on PostgreSQL holds the leader's lock; one on a file holds its data folder."""
    if connection.dialect.name == "postgresql" and not connection.scalar(
        select(func.pg_try_advisory_xact_lock(LOCK_LEADER))
    ):
        raise UserError("A bot is at work on this database; stop every bot, then try again.")


def _require_newest(connection: Connection) -> None:
    found = present(connection)
    if found != NEWEST:
        raise UserError(
            f"The database is at version {found or 'none'}, and this Signalbox needs {NEWEST}; "
            "run signalbox migrate first."
        )


def _require_empty(connection: Connection) -> None:
    for each in metadata.sorted_tables:
        if _count(connection, each):
            raise UserError(
                f"The database is not empty: its table {each.name} has rows. Import into a new "
                "database or data folder; nothing was changed."
            )


def _require_same(header: Mapping[str, Any]) -> None:
    if header["revision"] != NEWEST:
        raise UserError(
            f"The file is of database version {header['revision']}, and this Signalbox has "
            f"{NEWEST}. Import it with Signalbox {header['version']}, then upgrade."
        )


def _fill(connection: Connection, into: Table, rows: Rows) -> int:
    """Insert the rows of a table; says how many."""
    names = rows.next()["columns"]
    plain = table(into.name, *(column(name, _plain(into.c[name])) for name in names))
    count = 0
    coming = iter(rows.next_row, None)
    while batch := [dict(zip(names, row, strict=True)) for row in islice(coming, _BATCH)]:
        connection.execute(insert(plain), batch)
        count += len(batch)
    return count


def _rows(connection: Connection, of: Table) -> Iterator[Any]:
    plain = (type_coerce(each, _plain(each)) for each in of.columns)
    yield from connection.execute(select(*plain).order_by(*of.primary_key.columns))


def _plain(each: Column[Any]) -> TypeEngine[Any]:
    """The type that gives a value as it is stored, without the model's reading of it."""
    return each.type.impl_instance if isinstance(each.type, TypeDecorator) else each.type


def _count(connection: Connection, of: Table) -> int:
    return connection.scalar(select(func.count()).select_from(of)) or 0


_LAST_GIVEN = {
    "sqlite": text("SELECT max(seq) FROM sqlite_sequence WHERE name = :name"),
    "postgresql": text(
        "SELECT pg_sequence_last_value(pg_get_serial_sequence(:name, 'id')::regclass)"
    ),
}


def _last_numbers(connection: Connection) -> Counts:
    """The last number that each table has given to a row, also to one that is gone."""
    last: dict[str, int] = {}
    for each in _numbered():
        given = connection.scalar(_LAST_GIVEN[connection.dialect.name], {"name": each.name})
        last[each.name] = max(given or 0, connection.scalar(select(func.max(each.c.id))) or 0)
    return last


def _numbered() -> list[Table]:
    return [each for each in metadata.sorted_tables if each.autoincrement_column is not None]


def _continue_numbers(connection: Connection, last: Counts) -> None:
    """Let the next row have the next number."""
    go_on = _CONTINUE[connection.dialect.name]
    for each in _numbered():
        if last[each.name]:
            go_on(connection, each, last[each.name])


def _continue_on_postgres(connection: Connection, of: Table, last: int) -> None:
    setting = "SELECT setval(pg_get_serial_sequence(:name, 'id')::regclass, :last)"
    connection.execute(text(setting), {"name": of.name, "last": last})


def _continue_in_file(connection: Connection, of: Table, last: int) -> None:
    """Only some tables remember what they gave; the others go on from their last row."""
    if of.dialect_options["sqlite"]["autoincrement"]:
        values = {"name": of.name, "last": last}
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
        connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :last)"), values)


_CONTINUE = {"sqlite": _continue_in_file, "postgresql": _continue_on_postgres}
