"""Which store an address names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Union

from bot.ports.clock import Clock
from storage.address import read_address
from storage.postgres import is_postgres
from storage.sqlite_store import SqliteStore

if TYPE_CHECKING:
    from storage.postgres_store import PostgresStore

AnyStore: TypeAlias = Union[SqliteStore, "PostgresStore"]


def database_file(url: str) -> Path | None:
    """The file of an address that names one; None for a database behind a server.

    Raises UserError for an address that cannot be read.
    """
    address = read_address(url)
    return None if is_postgres(address) else Path(address.database or "")


def store_at(url: str, clock: Clock) -> AnyStore:
    """The store at `sqlite:///…` or `postgresql://…`, not yet open.

    Raises UserError for an address that cannot be read.
    """
    file = database_file(url)
    if file is not None:
        return SqliteStore(file, clock)
    from storage.postgres_store import PostgresStore  # noqa: PLC0415  # its driver loads slowly

    return PostgresStore(read_address(url), clock)


@asynccontextmanager
async def open_store(url: str, clock: Clock) -> AsyncIterator[AnyStore]:
    """The store at an address, open while the block runs. Raises what `open` raises."""
    store = store_at(url, clock)
    await store.open()
    try:
        yield store
    finally:
        await store.close()
