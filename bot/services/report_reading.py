"""Reading the fields of untrusted reports; every refusal names the field."""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.prices import Prices
from bot.domain.run import Cost

_MOST = 1 << 53
_LONGEST_NAME = 80


def read_text(data: Mapping[str, JSON], name: str, *, longest: int, required: bool = True) -> str:
    """A text of at most `longest` characters."""
    value = data.get(name) or ""
    if not isinstance(value, str) or len(value) > longest:
        raise UserError(f"{name} must be a text of at most {longest:,} characters")
    if required and not value.strip():
        raise UserError(f"{name} is missing")
    return value


def read_texts(data: Mapping[str, JSON], name: str, *, longest: int) -> tuple[str, ...]:
    """A list of texts."""
    value = data.get(name)
    if not isinstance(value, list) or not all(
        isinstance(item, str) and len(item) <= longest for item in value
    ):
        raise UserError(f"{name} must be a list of texts of at most {longest:,} characters")
    return tuple(value)


def read_choice(data: Mapping[str, JSON], name: str, choices: tuple[str, ...]) -> str:
    """One of the given words."""
    value = data.get(name)
    if value not in choices:
        raise UserError(f"{name} must be one of {', '.join(choices)}")
    return str(value)


def read_count(data: Mapping[str, JSON], name: str) -> int:
    """A whole number from 0; missing is 0."""
    value = data.get(name) or 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _MOST:
        raise UserError(f"{name} must be a whole number from 0")
    return value


def read_amount(data: Mapping[str, JSON], name: str) -> float:
    """A number from 0; missing is 0."""
    value = data.get(name) or 0
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < _MOST:
        raise UserError(f"{name} must be a number from 0")
    return float(value)


def read_cost(data: Mapping[str, JSON], prices: Prices) -> Cost:
    """What was used; without `usd` the price list says what it costs, as far as it knows."""
    read, written = read_count(data, "input_tokens"), read_count(data, "output_tokens")
    cached = min(read_count(data, "cached_tokens"), read)
    model = read_text(data, "model", longest=_LONGEST_NAME, required=False)
    used = Cost(input_tokens=read, cached_tokens=cached, output_tokens=written, model=model)
    if data.get("usd") is not None:
        return replace(used, usd=read_amount(data, "usd"))
    price = prices.find(model)
    if price is None:
        return replace(used, unpriced_tokens=read + written)
    return replace(used, usd=round(price.of(read=read, cached=cached, written=written), 6))


def read_ids(data: Mapping[str, JSON], name: str) -> tuple[int, ...]:
    """A list of ids."""
    value = data.get(name)
    if not isinstance(value, list) or not all(
        isinstance(item, int) and not isinstance(item, bool) and 0 < item < _MOST for item in value
    ):
        raise UserError(f"{name} must be a list of ids")
    return tuple(value)


def read_sha256(data: Mapping[str, JSON], name: str) -> str:
    """A SHA-256 in lower-case hexadecimal."""
    value = data.get(name)
    if not isinstance(value, str) or not re.fullmatch(r"[0-9a-f]{64}", value):
        raise UserError(f"{name} must be a SHA-256 in lower-case hexadecimal")
    return value
