"""What a transaction keeps for trackers: events taken and not yet worked through, and tokens."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class TrackerEvent:
    """An event as a tracker sent it, verified; `body` is its JSON, empty once it is done."""

    id: int
    key: str
    """What it tells of: the same key is taken once, however often it is sent."""
    body: str
    received_at: datetime
    done_at: datetime | None = None


class TrackerEvents(Protocol):
    """Events of trackers: stored before they are acknowledged, erased once they are done."""

    def take(self, surface: str, *, delivery: str, key: str, body: str) -> TrackerEvent | None:
        """Store one; None where the delivery, or another of this key, was taken before."""

    def pending(self, surface: str, *, before: datetime, limit: int) -> tuple[TrackerEvent, ...]:
        """Those taken before a time and not done, oldest first."""

    def known(self, surface: str, keys: Collection[str]) -> frozenset[str]:
        """Those of some keys that were taken."""

    def finish(self, event_id: int) -> None:
        """It is done; its body is erased."""

    def forget_before(self, at: datetime) -> None:
        """Forget those done before a time, which can no longer be sent again."""


class TrackerTokens(Protocol):
    """Sealed tokens that are renewed, one for each name."""

    def find(self, name: str) -> str | None:
        """What was kept last."""

    def keep(self, name: str, sealed: str) -> None:
        """Store a token in place of the one before."""

    def remove(self, name: str) -> None:
        """Forget it; none there is no error."""
