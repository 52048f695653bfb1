"""Time and chance that tests hold in their hands."""

import itertools
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class FakeClock:
    """The Clock port; time stands still until it is told to go on."""

    def __init__(self, now: datetime = NOON) -> None:
        """A clock that shows `now`."""
        self._now = now

    def now(self) -> datetime:
        """The moment it was set to."""
        return self._now

    def advance(self, by: timedelta) -> datetime:
        """Let time go on, or back where negative; returns the new moment."""
        self._now += by
        return self._now


class FixedIds:
    """The Ids port; every name is new and known beforehand: token-1, then token-2."""

    def __init__(self) -> None:
        """Counting from 1."""
        self._tokens = itertools.count(1)
        self._incidents = itertools.count(1)

    def token(self) -> str:
        """The next token, as long as a real one."""
        return f"token-{next(self._tokens)}".ljust(43, "x")

    def incident(self) -> str:
        """The next incident."""
        return f"incident-{next(self._incidents)}"
