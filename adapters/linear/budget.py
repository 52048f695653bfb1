"""The budget of calls: read from the headers of every answer, kept below what remains."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from adapters.linear.limits import DEAREST_CALL, PERIOD, RESERVE
from bot.domain.errors import UnavailableError
from bot.ports.clock import Clock

_KINDS = {"Requests": 1.0, "Complexity": float(DEAREST_CALL)}
"""The limits, and what one call may take of each."""


@dataclass(frozen=True, kw_only=True)
class _Purse:
    limit: float
    remaining: float
    resets_at: float
    """Seconds since 1970, when it is full again."""


class Budget:
    """What Linear still lets us do, as far as we know."""

    def __init__(self, clock: Clock) -> None:
        """Nothing is known before the first answer."""
        self._clock = clock
        self._purses: dict[str, _Purse] = {}

    def note(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer; headers that are missing or no numbers change nothing."""
        for kind in _KINDS:
            values = [
                _number(headers.get(f"X-RateLimit-{kind}-{name}", ""))
                for name in ("Limit", "Remaining", "Reset")
            ]
            limit, remaining, reset = values
            if limit is not None and remaining is not None and reset is not None:
                self._purses[kind] = _Purse(
                    limit=limit, remaining=remaining, resets_at=reset / 1_000
                )

    def spend(self, *, urgent: bool) -> None:
        """Count a call before it is made.

        What can wait leaves a reserve for what cannot. Raises UnavailableError with the wait.
        """
        now = self._clock.now().timestamp()
        for kind, price in _KINDS.items():
            purse = self._purses.get(kind)
            if purse is None:
                continue
            if purse.resets_at <= now:
                del self._purses[kind]
                continue
            wanted = price if urgent else min(price + purse.limit * RESERVE, purse.limit)
            if purse.remaining < wanted:
                wait = (wanted - purse.remaining) * PERIOD.total_seconds() / max(purse.limit, 1)
                raise UnavailableError(
                    f"Linear's limit of {kind.lower()} is nearly spent.",
                    retry_after=max(1.0, min(wait, purse.resets_at - now)),
                )
            if kind == "Requests":
                self._purses[kind] = replace(purse, remaining=purse.remaining - price)

    def wait(self) -> float | None:
        """Seconds until what is spent is full again; None where nothing is known to be spent."""
        now = self._clock.now().timestamp()
        spent = [
            purse.resets_at - now
            for kind, purse in self._purses.items()
            if purse.remaining < _KINDS[kind] and purse.resets_at > now
        ]
        return max(spent, default=None)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
