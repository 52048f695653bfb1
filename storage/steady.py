"""The time of a store's transactions."""

import threading
from datetime import datetime

from bot.ports.clock import Clock


class SteadyClock:
    """The time of day, but never earlier than it has been."""

    def __init__(self, clock: Clock) -> None:
        """As `clock` shows it, from any thread."""
        self._clock = clock
        self._lock = threading.Lock()
        self._latest = clock.now()

    def now(self) -> datetime:
        """The present moment, or the latest that was told."""
        with self._lock:
            self._latest = max(self._latest, self._clock.now())
            return self._latest
