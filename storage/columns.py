"""Column types that turn stored values into the model's and back, alike on every database."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator

from bot.domain.actor import Actor
from bot.domain.codec import JSON, canonical_json, decode
from bot.domain.conversation import Conversation

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SUB = "\x1a"
_MICRO = 1_000_000

ID: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A row's number; SQLite numbers rows itself only where the type is called INTEGER."""


class _Escaped(TypeDecorator[str]):
    """Text for PostgreSQL, which cannot store the character NUL: it stands as SUB and “0”."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        """The text without NUL."""
        return value and value.replace(_SUB, _SUB + "1").replace("\0", _SUB + "0")

    def process_result_value(self, value: str | None, _dialect: Dialect) -> str | None:
        """The text as it was given."""
        return value and value.replace(_SUB + "0", "\0").replace(_SUB + "1", _SUB)


WORDS: Final = Text().with_variant(_Escaped(), "postgresql")
"""Any text, alike on every database."""


class Instant(TypeDecorator[datetime]):
    """An aware moment, stored as microseconds since 1970 in UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        """Raises TypeError for a naive datetime."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        """The moment in UTC."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


class Duration(TypeDecorator[timedelta]):
    """A length of time, stored as microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, _dialect: Dialect) -> int | None:
        """The whole microseconds."""
        return None if value is None else value // _MICROSECOND

    def process_result_value(self, value: int | None, _dialect: Dialect) -> timedelta | None:
        """The duration; sums come as other numbers on some databases."""
        return None if value is None else timedelta(microseconds=int(value))


class Usd(TypeDecorator[float]):
    """US dollars, stored as whole millionths, so that sums are exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: float | None, _dialect: Dialect) -> int | None:
        """The whole millionths."""
        return None if value is None else round(value * _MICRO)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> float | None:
        """The dollars."""
        return None if value is None else int(value) / _MICRO


class Word(TypeDecorator[StrEnum]):
    """A member of a closed vocabulary, stored as its word."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        """A column of the words of `kind`."""
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, _dialect: Dialect) -> str | None:
        """The member's word."""
        return None if value is None else value.value

    def process_result_value(self, value: str | None, _dialect: Dialect) -> StrEnum | None:
        """The member. Raises ValueError for a word that the vocabulary does not have."""
        return None if value is None else self.kind(value)


class Json(TypeDecorator[Any]):
    """A value as canonical JSON; read back as `kind`, or as plain data without one."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: Any = None) -> None:
        """A column of values of `kind`: a dataclass of the model or a typed container."""
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: object, _dialect: Dialect) -> str | None:
        """The JSON text; None is stored as NULL."""
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> Any:
        """The value. Raises what `decode` raises where the text does not fit."""
        if value is None:
            return None
        data: JSON = json.loads(value)
        return data if self.kind is None else decode(self.kind, data)


class Labels(TypeDecorator[tuple[str, ...]]):
    """A canonical label set, stored as its labels with a space between them."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, _dialect: Dialect) -> str | None:
        """The labels in one text."""
        return None if value is None else " ".join(value)

    def process_result_value(self, value: str | None, _dialect: Dialect) -> tuple[str, ...] | None:
        """The labels in their order."""
        return None if value is None else tuple(value.split())


PLACE: Final = ("surface", "tenant", "channel", "thread")
"""The columns of a conversation, in the order of its parts."""


def place(conversation: Conversation) -> dict[str, str]:
    """The columns of a conversation; the thread is empty where there is none."""
    return {
        "surface": conversation.surface,
        "tenant": conversation.tenant,
        "channel": conversation.channel,
        "thread": conversation.thread or "",
    }


def take_conversation(fields: dict[str, Any]) -> Conversation:
    """The conversation of a row, its columns taken out of `fields`."""
    surface, tenant, channel, thread = (fields.pop(name) for name in PLACE)
    return Conversation(surface=surface, tenant=tenant, channel=channel, thread=thread or None)


def actor_columns(actor: Actor) -> dict[str, Any]:
    """The columns of an actor."""
    return {f"actor_{name}": value for name, value in vars(actor).items()}


def take_actor(fields: dict[str, Any]) -> Actor:
    """The actor of a row, its columns taken out of `fields`."""
    return Actor(**{name: fields.pop(f"actor_{name}") for name in ("kind", "name", "surface")})


def without(fields: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The fields but these."""
    return {name: value for name, value in fields.items() if name not in names}
