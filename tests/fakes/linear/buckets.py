"""The leaky buckets of the rate limits, by the clock of the test."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tests.fakes.clock import FakeClock

HOUR = 3_600.0


@dataclass
class _Bucket:
    limit: int
    left: float
    at: datetime

    def refill(self, now: datetime) -> None:
        gained = (now - self.at).total_seconds() * self.limit / HOUR
        self.left, self.at = min(float(self.limit), self.left + gained), now

    def full_at(self) -> int:
        """Milliseconds since 1970."""
        missing = (self.limit - self.left) * HOUR / self.limit
        return int((self.at.timestamp() + missing) * 1_000)


class Buckets:
    """Two buckets for every client: requests and complexity."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.limits = {"Requests": 5_000, "Complexity": 2_000_000}
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def empty(self, client: str, kind: str) -> None:
        """Let one be spent."""
        self._bucket(client, kind).left = 0.0

    def spend(self, client: str, points: int) -> Mapping[str, str] | None:
        """The headers of an answer; None where a bucket is too empty for the call."""
        prices = {"Requests": 1.0, "Complexity": float(points)}
        buckets = {kind: self._bucket(client, kind) for kind in prices}
        if any(buckets[kind].left < price for kind, price in prices.items()):
            return None
        for kind, price in prices.items():
            buckets[kind].left -= price
        return self.headers(client, points)

    def headers(self, client: str, points: int) -> Mapping[str, str]:
        """What every answer says of the limits."""
        said = {"X-Complexity": str(points)}
        for kind in self.limits:
            bucket = self._bucket(client, kind)
            said[f"X-RateLimit-{kind}-Limit"] = str(bucket.limit)
            said[f"X-RateLimit-{kind}-Remaining"] = str(int(bucket.left))
            said[f"X-RateLimit-{kind}-Reset"] = str(bucket.full_at())
        return said

    def _bucket(self, client: str, kind: str) -> _Bucket:
        limit, now = self.limits[kind], self.clock.now()
        bucket = self._buckets.setdefault(
            (client, kind), _Bucket(limit=limit, left=float(limit), at=now)
        )
        bucket.refill(now)
        return bucket
