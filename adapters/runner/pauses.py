"""Pauses between attempts at something that does not answer."""

import time

_FIRST = 0.1
_LONGEST = 3.0
"""Seconds; well below the lease, so that a bot that returns hears of us in time."""


class Pauses:
    """Longer and longer ones."""

    def __init__(self) -> None:
        self._next = _FIRST

    def pause(self) -> None:
        """Wait, a little longer each time."""
        time.sleep(self._next)
        self._next = min(self._next * 2, _LONGEST)

    def reset(self) -> None:
        """It has answered."""
        self._next = _FIRST
