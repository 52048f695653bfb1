"""Which store an address names."""

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Union

from bot.ports.clock import Clock
from storage.address import read_address
from storage.postgres import is_postgres
from storage.store import SqliteStore

if TYPE_CHECKING:
    from storage.postgres_store import PostgresStore

AnyStore: TypeAlias = Union[SqliteStore, "PostgresStore"]


def store_at(url: str, clock: Clock) -> AnyStore:
    """The store at `sqlite:///…` or `postgresql://…`, not yet open.

    Raises UserError for an address that cannot be read.
    """
    address = read_address(url)
    if not is_postgres(address):
        return SqliteStore(Path(address.database or ""), clock)
    from storage.postgres_store import PostgresStore  # noqa: PLC0415  # its driver loads slowly

    return PostgresStore(address, clock)
