"""Turns the model's frozen values into plain JSON data and back, driven by their type hints."""

import dataclasses
import hashlib
import json
import types
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

JSON = Any
"""Plain data: dict, list, str, int, float, bool or None."""

_PLAIN = frozenset({str, int, float, bool, type(None)})


def encode(value: object) -> JSON:
    """Plain data for a value: datetimes as ISO 8601, durations as seconds, sets sorted.

    Raises TypeError for what has no such form.
    """
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode(item) for item in value]
    return encode(_plainer(value))


def _plainer(value: object) -> JSON:
    """One layer of a value as plain data; what is within may be anything."""
    kind: type = type(value)
    names = _names(kind)
    if names is not None:
        return {name: getattr(value, name) for name in names}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, frozenset):
        return sorted(encode(item) for item in value)
    if isinstance(value, str):
        return str(value)
    raise TypeError(f"{kind.__name__} has no plain form")


# The encoder is C and asks only for what it does not know.
_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plainer
)


def decode(kind: type[T], data: JSON) -> T:
    """The value of type `kind` that `encode` made `data` from.

    Unknown keys are ignored, so that older readers take newer data.
    Raises KeyError, TypeError or ValueError where the data does not fit.
    """
    result: T = _decode(kind, data)
    return result


def canonical_json(value: object) -> str:
    """One text for equal values: sorted keys, no white space, UTF-8 kept."""
    return _CANONICAL.encode(value)


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON, in hexadecimal."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    """The fields of a dataclass; None for another type."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple(field.name for field in dataclasses.fields(kind))


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _decode(kind: Any, data: JSON) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _decode_optional(kind, data)
    if origin is not None:
        return _decode_container(origin, get_args(kind), data)
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(kind, data)
    if kind is datetime:
        return datetime.fromisoformat(data)
    if kind is timedelta:
        return timedelta(seconds=data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    return _decode_scalar(kind, data) if kind in _SCALARS else data


_SCALARS = (str, int, float, bool)


def _decode_scalar(kind: type, data: JSON) -> JSON:
    if isinstance(data, bool) and kind is not bool:
        raise _misfit(kind, data)
    if kind is float and isinstance(data, int):
        return float(data)
    if not isinstance(data, kind):
        raise _misfit(kind, data)
    return data


def _misfit(kind: type, data: JSON) -> TypeError:
    """Names the types alone: the value may be a secret."""
    return TypeError(f"{type(data).__name__} given, {kind.__name__} wanted")


def _decode_optional(kind: Any, data: JSON) -> Any:
    if data is None:
        return None
    branches = [branch for branch in get_args(kind) if branch is not type(None)]
    return _decode(branches[0], data) if len(branches) == 1 else data


def _decode_container(origin: Any, arguments: tuple[Any, ...], data: JSON) -> Any:
    if origin in (tuple, frozenset):
        if not isinstance(data, list):
            raise _misfit(list, data)
        items: Any = origin(_decode(arguments[0], item) for item in data)
        return items
    if not isinstance(data, Mapping):
        raise _misfit(dict, data)
    return {key: _decode(arguments[1], item) for key, item in data.items()}


def _decode_dataclass(kind: Any, data: JSON) -> Any:
    if not isinstance(data, Mapping):
        raise _misfit(kind, data)
    hints = _hints(kind)
    known = {
        field.name: _decode(hints[field.name], data[field.name])
        for field in dataclasses.fields(kind)
        if field.name in data
    }
    return kind(**known)
