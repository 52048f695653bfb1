"""Columns that many tables have."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, ForeignKey, MetaData

from bot.domain.actor import ActorKind
from storage.columns import ID, PLACE, WORDS, Instant, Word

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)


def key() -> Column[int]:
    """The number of a row."""
    return Column("id", ID, primary_key=True)


def of(noun: str, **options: Any) -> Column[int]:
    """What a row belongs to: a run, a job or a gate."""
    return Column(f"{noun}_id", ID, ForeignKey(f"{noun}s.id"), nullable=False, **options)


def words(name: str) -> Column[str]:
    """Text that may be empty, never missing."""
    return Column(name, WORDS, nullable=False)


def at(name: str, *, nullable: bool = False) -> Column[Any]:
    """A moment."""
    return Column(name, Instant, nullable=nullable)


def place_columns() -> list[Column[str]]:
    """A conversation."""
    return [words(name) for name in PLACE]


def actor_columns() -> list[Column[Any]]:
    """Who did it."""
    return [
        Column("actor_kind", Word(ActorKind), nullable=False),
        words("actor_name"),
        words("actor_surface"),
    ]


def only(condition: Any) -> Mapping[str, Any]:
    """Options of a partial index."""
    return {"sqlite_where": condition, "postgresql_where": condition}
