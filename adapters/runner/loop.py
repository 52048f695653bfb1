"""The runner's one loop: what can be read or written, and what other threads hand over."""

import os
import selectors
import signal
from collections import deque
from collections.abc import Callable
from typing import Protocol


class HasFileno(Protocol):
    """Anything with a descriptor."""

    def fileno(self) -> int:
        """The descriptor."""


class Loop:
    """Turned by the main thread; callbacks return at once and never turn it themselves."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._handed_over: deque[Callable[[], None]] = deque()
        self._woken, self._waker = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.watch(self._woken, self._drain)
        signal.set_wakeup_fd(self._waker, warn_on_full_buffer=False)

    def watch(
        self,
        source: int | HasFileno,
        callback: Callable[[], object],
        *,
        events: int = selectors.EVENT_READ,
    ) -> None:
        """Call `callback` whenever `source` is ready."""
        self._selector.register(source, events, callback)

    def forget(self, source: int | HasFileno) -> None:
        """Watch it no more; do so before closing it."""
        self._selector.unregister(source)

    def hand_over(self, callback: Callable[[], None]) -> None:
        """From any thread: have the main thread call this soon."""
        self._handed_over.append(callback)
        try:
            os.write(self._waker, b"\0")
        except BlockingIOError:
            return  # It is being woken already.

    def turn(self, timeout: float) -> None:
        """Wait for something to happen, at most `timeout` seconds, and carry it out."""
        for key, _events in self._selector.select(timeout):
            key.data()
        while self._handed_over:
            self._handed_over.popleft()()

    def _drain(self) -> None:
        os.read(self._woken, 4096)
