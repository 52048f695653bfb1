"""Fields of events that anybody may have printed: whatever does not fit counts as missing."""

import json
import math
from typing import Any

from bot.domain.codec import JSON

_MOST = 1 << 53
LONGEST_NAME = 80
LONGEST_TEXT = 4_000
"""Characters of a name and of a text in a report."""


def parse(line: str) -> dict[str, JSON] | None:
    """The object that a line of JSON holds; None where it holds anything else."""
    if not line.startswith("{"):
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def mapping(value: JSON) -> dict[str, JSON]:
    """The object that is there, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: JSON) -> list[dict[str, JSON]]:
    """The objects of a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text(value: JSON) -> str:
    """The text that is there, without white space around it."""
    return value.strip() if isinstance(value, str) else ""


def count(value: JSON) -> int:
    """A whole number from 0."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value < _MOST else 0


def amount(value: JSON) -> float | None:
    """A number from 0, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and 0 <= value < _MOST else None


def cut(words: str, longest: int) -> str:
    """A text of at most `longest` characters; an ellipsis says that there was more."""
    return words if len(words) <= longest else words[: longest - 1] + "…"


def line_of(words: str, longest: int = LONGEST_NAME) -> str:
    """The first line of a text, its white space made single."""
    first = next((line for line in words.splitlines() if line.strip()), "")
    return cut(" ".join(first.split()), longest)


def content(value: Any) -> str:
    """The text of a tool's result: a text, or a list of blocks with texts."""
    if isinstance(value, str):
        return value.strip()
    return "\n".join(text(block.get("text")) for block in items(value)).strip()
