"""Watch: how a commit in the writer's thread wakes those who wait in an event loop."""

import asyncio
import threading
import weakref
from collections.abc import Iterable
from contextlib import suppress

from bot.ports.store import Topic


class TopicWatch:
    """The Watch port; one task waits on it at a time."""

    def __init__(self) -> None:
        """Nothing was woken yet."""
        self._lock = threading.Lock()
        self._woken = False
        self._waiting: asyncio.Future[None] | None = None

    async def wait(self, seconds: float) -> None:
        """Return when woken since it was made or last waited for, at latest after `seconds`."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting = None if self._woken else woken
        try:
            if self._waiting is not None:
                await asyncio.wait({woken}, timeout=seconds)
        finally:
            with self._lock:
                self._waiting = None
        with self._lock:
            self._woken = False

    def wake(self) -> None:
        """Wake whoever waits, or the next who will; callable from any thread."""
        with self._lock:
            self._woken = True
            if self._waiting is not None:
                with suppress(RuntimeError):  # its loop was closed under it
                    self._waiting.get_loop().call_soon_threadsafe(_settle, self._waiting)


class Watches:
    """All watches of a store that somebody still holds."""

    def __init__(self) -> None:
        """No watches yet."""
        self._lock = threading.Lock()
        self._of: dict[Topic, weakref.WeakSet[TopicWatch]] = {
            topic: weakref.WeakSet() for topic in Topic
        }

    def add(self, topic: Topic) -> TopicWatch:
        """A new watch of a topic; it is forgotten when its holder drops it."""
        watch = TopicWatch()
        with self._lock:
            self._of[topic].add(watch)
        return watch

    def wake(self, topics: Iterable[Topic]) -> None:
        """Wake all watches of these topics."""
        for topic in topics:
            with self._lock:
                watches = list(self._of[topic])
            for watch in watches:
                watch.wake()


def _settle(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
