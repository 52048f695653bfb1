"""Scope: what every repository of one transaction shares."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable

from bot.domain.errors import NotFoundError
from bot.domain.sight import EVERYTHING, Sight
from bot.ports.store import Topic
from storage.upsert import Upsert

Values = Mapping[str, Any]
Rows = list[dict[str, Any]]

_LARGEST_ID = (1 << 63) - 1


class Scope:
    """A connection within a transaction, the transaction's time, and whom it will wake."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        """A scope at `now`; the transaction has begun."""
        self.now = now
        self.woken: set[Topic] = set()
        self.sight = EVERYTHING
        """Which runs are there for whoever asks."""
        self._connection = connection

    def seeing(self, sight: Sight) -> "Scope":
        """The same transaction, in which only some runs are there."""
        narrowed = Scope(self._connection, self.now)
        narrowed.woken, narrowed.sight = self.woken, sight
        return narrowed

    def run(
        self, statement: Executable, values: Values | Sequence[Values] = ()
    ) -> CursorResult[Any]:
        """Execute a statement, once for each of several values."""
        return self._connection.execute(statement, values or None)

    def rows(self, statement: Executable, values: Values = MappingProxyType({})) -> Rows:
        """What a select finds, each row as a dict of its columns."""
        return [dict(row) for row in self.run(statement, values).mappings()]

    def upsert(self, upsert: Upsert, values: Values) -> CursorResult[Any]:
        """Execute an upsert in the words of this database."""
        return self.run(upsert.on(self._connection.dialect.name), values)

    def insert(self, statement: Executable, values: Values) -> int:
        """Execute an insert and return the id of the new row."""
        key: Sequence[int] = self.run(statement, values).inserted_primary_key or ()
        return key[0]

    def load(self, statement: Executable, id_: int, *, noun: str) -> dict[str, Any]:
        """The one row that a select over the parameter `id` finds, by column.

        Raises NotFoundError, also for a number that no row can have.
        """
        found = self.rows(statement, {"id": id_}) if 0 < id_ <= _LARGEST_ID else None
        if not found:
            raise absent(noun, id_)
        return found[0]

    def change(self, statement: Executable, values: Values, *, noun: str) -> None:
        """Execute a change of one row. Raises NotFoundError where there is no such row."""
        if self.run(statement, values).rowcount != 1:
            raise NotFoundError(f"There is no such {noun}; it may have been deleted.")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part of the transaction that is undone alone when it raises."""
        with self._connection.begin_nested():
            yield


def absent(noun: str, id_: int) -> NotFoundError:
    """What is said of a row that is not there, or not for whoever asks."""
    return NotFoundError(f"There is no {noun} {id_}; it may have been deleted.")
