"""Placeholders: `${name}` in a text of a runbook stands for a variable's value."""

import json
import re
from collections.abc import Callable, Mapping

from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.expression import Scope, look_up

_PLACE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)\}")


def placeholders(data: JSON) -> frozenset[str]:
    """The names that stand in a text, or in the texts of a list or an object."""
    if isinstance(data, str):
        return frozenset(match[1].partition(".")[0] for match in _PLACE.finditer(data))
    if isinstance(data, Mapping):
        return frozenset().union(*(placeholders(item) for item in data.values()))
    if isinstance(data, list | tuple):
        return frozenset().union(*(placeholders(item) for item in data))
    return frozenset()


def fill_text(text: str, scope: Scope, *, spell: Callable[[str, str], str] | None = None) -> str:
    """The text with every placeholder replaced by its value; what was put in is not read again.

    `spell` makes of a name and its value's words what is put in. Raises UserError for a variable
    that has no value.
    """

    def put_in(match: re.Match[str]) -> str:
        words = as_text(_required(scope, match[1]))
        return spell(match[1], words) if spell else words

    return _PLACE.sub(put_in, text)


def fill(data: JSON, scope: Scope) -> JSON:
    """The same data with its placeholders replaced; one that is a whole text keeps its type."""
    if isinstance(data, str):
        whole = _PLACE.fullmatch(data)
        return _required(scope, whole[1]) if whole else fill_text(data, scope)
    if isinstance(data, Mapping):
        return {key: fill(item, scope) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [fill(item, scope) for item in data]
    return data


def as_text(value: JSON) -> str:
    """A value as words: texts as they are, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _required(scope: Scope, path: str) -> JSON:
    value = look_up(scope, path)
    if value is None:
        raise UserError(f"The variable “{path}” has no value here; check the step that sets it.")
    return value
