"""Pauses between attempts at something that does not answer."""

import time

_LONGEST = 3.0
"""Seconds; well below the lease, so that a bot that returns hears of us in time."""


class Pauses:
    """Longer and longer ones."""

    def __init__(self, *, first: float = 0.02, longest: float = _LONGEST) -> None:
        """Take seconds."""
        self._first = self._next = first
        self._longest = longest

    def pause(self) -> None:
        """Wait, twice as long each time."""
        time.sleep(self._next)
        self._next = min(self._next * 2, self._longest)

    def reset(self) -> None:
        """It has answered."""
        self._next = self._first
