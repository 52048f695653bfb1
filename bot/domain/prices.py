"""Prices: what tokens of a model and time on a machine cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

_MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class ModelPrice:
    """US dollars per million tokens."""

    input: float
    output: float
    cached_input: float | None = None
    """Of input that came from a cache; None where it costs as much as other input."""

    def of(self, *, read: int, cached: int, written: int) -> float:
        """US dollars for tokens, `cached` being a part of those `read`."""
        cheaper = self.input if self.cached_input is None else self.cached_input
        dollars = (read - cached) * self.input + cached * cheaper + written * self.output
        return dollars / _MILLION


@dataclass(frozen=True, kw_only=True)
class Prices:
    """The price list; a model that is not on it has no price."""

    models: Mapping[str, ModelPrice] = field(default_factory=dict)
    """By the model's name, or by the beginning of its name and an asterisk."""
    compute_usd_per_hour: float = 0.0

    def find(self, model: str) -> ModelPrice | None:
        """The price of a model: by its name, else by the longest beginning that fits."""
        if model in self.models:
            return self.models[model]
        fitting = [
            name for name in self.models if name.endswith("*") and model.startswith(name[:-1])
        ]
        return self.models[max(fitting, key=len)] if fitting and model else None


def compute_usd(time: timedelta, rate: float) -> float:
    """US dollars for time on a machine at a rate per hour."""
    return time / timedelta(hours=1) * rate
