"""Inserts that may meet a row that is there already, in each database's own words."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Column, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

Change = Callable[[Any], Mapping[str, Any]]
"""The columns to change in the row that is there, given the row that was not inserted."""

_INSERTS: Mapping[str, Callable[[Table], Any]] = {
    "sqlite": sqlite.insert,
    "postgresql": postgresql.insert,
}


class Upsert:
    """One insert that, on meeting its `key`, makes `change`, or nothing without one.

    Run with the columns' values as parameters. `returning` is a column of the row that was
    inserted or changed; a row that was left alone returns nothing.
    """

    def __init__(
        self,
        table: Table,
        key: Sequence[str],
        *,
        change: Change | None = None,
        returning: Column[Any] | None = None,
    ) -> None:
        """Describe the insert; its statement is made once for each database."""
        self._table = table
        self._key = tuple(key)
        self._change = change
        self._returning = returning

    @cache  # noqa: B019  # a handful of instances, all of them made once at import
    def on(self, dialect: str) -> Executable:
        """The statement for a database, by its name in SQLAlchemy."""
        insert = _INSERTS[dialect](self._table)
        if self._change is None:
            statement = insert.on_conflict_do_nothing(index_elements=self._key)
        else:
            statement = insert.on_conflict_do_update(
                index_elements=self._key, set_=self._change(insert.excluded)
            )
        result: Executable = (
            statement if self._returning is None else statement.returning(self._returning)
        )
        return result
