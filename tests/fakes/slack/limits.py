"""How often methods may be called, by the clock of the fake."""

import math
from dataclasses import dataclass
from datetime import datetime

from tests.fakes.slack.call import TIERS
from tests.fakes.slack.errors import LimitedError

BURST = 4
"""Messages that a channel takes at once before one per second counts."""
POSTS_PER_MINUTE = 300
"""For the whole workspace."""


@dataclass
class Bucket:
    """Tokens that come back with time."""

    size: float
    per_second: float
    tokens: float
    at: datetime

    def fill(self, now: datetime) -> None:
        passed = max((now - self.at).total_seconds(), 0.0)
        self.tokens = min(self.size, self.tokens + passed * self.per_second)
        self.at = now

    @property
    def wait(self) -> int:
        """Whole seconds until there is one; 0 where there is."""
        # Fractions add up to a hair less than one.
        lacking = 1 - self.tokens
        return math.ceil(lacking / self.per_second) if lacking > 1e-6 else 0


class Limits:
    """All buckets of the workspace."""

    def __init__(self, *, on: bool) -> None:
        self.on = on
        self._buckets: dict[tuple[str, ...], Bucket] = {}

    def count(self, tier: str, key: tuple[str, ...], channel: str, now: datetime) -> None:
        """Take a token for a call; LimitedError where there is none."""
        if not self.on:
            return
        if tier == "post":
            self.post(key, channel, now)
        else:
            rate = TIERS[tier]
            self._take([self._bucket(key, rate, rate / 60, now)])

    def post(self, key: tuple[str, ...], channel: str, now: datetime) -> None:
        """Take tokens for a message in a channel."""
        if self.on:
            team = self._bucket(key, POSTS_PER_MINUTE, POSTS_PER_MINUTE / 60, now)
            self._take([self._bucket((*key, channel), BURST, 1, now), team])

    def _take(self, buckets: list[Bucket]) -> None:
        if wait := max(bucket.wait for bucket in buckets):
            raise LimitedError(wait)
        for bucket in buckets:
            bucket.tokens -= 1

    def _bucket(self, key: tuple[str, ...], size: float, speed: float, now: datetime) -> Bucket:
        bucket = self._buckets.setdefault(key, Bucket(size, speed, size, now))
        bucket.fill(now)
        return bucket
