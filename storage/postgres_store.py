"""PostgresStore: the Store port over a PostgreSQL database that several bots may share."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TypeVar

from sqlalchemy import URL
from sqlalchemy.exc import IntegrityError

from bot.domain.errors import UnavailableError
from bot.ports.clock import Clock
from bot.ports.store import Topic, Tx, Watch
from storage.listener import CHANNEL, Listener
from storage.migrate import migrate
from storage.postgres import (
    CutOffError,
    OvertakenError,
    PostgresDatabase,
    conninfo,
    is_duplicate,
)
from storage.scope import Scope
from storage.steady import SteadyClock
from storage.transaction import Transaction
from storage.watch import Watches

T = TypeVar("T")

_WORKERS = 8
_TRIES = 50
"""How often a unit is run that others overtake, before it is said to be unavailable."""
_DUPLICATES = 3
"""How often a unit is run that meets a row which may be only a moment old."""
_PATIENCE = 5.0
"""Seconds that a unit waits for a server that went away."""


class PostgresStore:
    """Keeps everything in a database; units run beside each other, each as if alone.

    A write returns after its COMMIT. When the task that awaits it is cancelled, the unit may
    still be committed. Every call raises UnavailableError while the store is not open, and
    where the server stays away for longer than a few seconds.
    """

    def __init__(self, url: URL, clock: Clock) -> None:
        """A store at a `postgresql` address; `open` it before use."""
        self._url = url
        self._clock = SteadyClock(clock)
        self._watches = Watches()
        self._running: _Running | None = None

    async def open(self) -> None:
        """Bring the tables up to date and begin.

        Raises UserError for a database of a newer Signalbox, UnavailableError for one that
        cannot be used.
        """
        await asyncio.to_thread(migrate, self._url)
        self._running = await asyncio.to_thread(
            _Running, self._url, self._clock.now, self._watches.wake
        )

    async def close(self) -> None:
        """End when every unit that was handed in is settled. Closing twice is harmless."""
        running, self._running = self._running, None
        if running is not None:
            await asyncio.to_thread(running.end)

    async def read(self, unit: Callable[[Tx], T]) -> T:
        """Run a unit over one moment of the database; a change in it raises."""
        running = self._require_running()
        return await asyncio.wrap_future(running.workers.submit(running.read, unit))

    async def write(self, unit: Callable[[Tx], T]) -> T:
        """Run a unit and commit; returns once it is durable. What it raises, this raises."""
        running = self._require_running()
        return await asyncio.wrap_future(running.workers.submit(running.write, unit))

    def watch(self, topic: Topic) -> Watch:
        """Start watching before looking, so that nothing in between is missed."""
        return self._watches.add(topic)

    def leads(self) -> bool:
        """Whether this bot, of all that share the database, is to tell and to keep deadlines."""
        return self._running is not None and self._running.listener.leads

    def _require_running(self) -> "_Running":
        if self._running is None:
            raise UnavailableError("The store is closed: Signalbox is starting or stopping.")
        return self._running


class _Running:
    """The threads and connections of an open store."""

    def __init__(
        self, url: URL, now: Callable[[], datetime], wake: Callable[[Iterable[Topic]], None]
    ) -> None:
        self._now = now
        self._wake = wake
        self._database = PostgresDatabase(url, connections=_WORKERS)
        self._alone = threading.Lock()
        self.workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="store-worker")
        self.listener = Listener(conninfo(url), wake)
        if not self.listener.wait_ready(_PATIENCE):
            self.end()
            raise UnavailableError("PostgreSQL answers, but lets nobody listen; look at its log.")

    def read(self, unit: Callable[[Tx], T]) -> T:
        def once(_: int) -> T:
            with self._database.reading() as connection:
                return unit(Transaction(Scope(connection, self._now())))

        return _again(once)

    def write(self, unit: Callable[[Tx], T]) -> T:
        def once(tries: int) -> tuple[T, set[Topic]]:
            with self._lane(tries), self._database.writing() as connection:
                scope = Scope(connection, self._now())
                return unit(Transaction(scope)), scope.woken

        result, woken = _again(once)
        if woken:
            self._wake(woken)
            self._tell(self.listener.message(woken))
        return result

    def end(self) -> None:
        self.workers.shutdown()
        self._tell(self.listener.begin_end())
        self.listener.join()
        self._database.close()

    def _lane(self, tries: int) -> AbstractContextManager[object]:
        """What was overtaken is run one after the other, so that it does not overtake its like."""
        return self._alone if tries else nullcontext()

    def _tell(self, message: str) -> None:
        try:
            self._database.notify(CHANNEL, message)
        except UnavailableError:
            return  # it is durable all the same: whoever was not woken looks each second anyway


def _again(once: Callable[[int], T]) -> T:
    """Run until it is neither overtaken nor cut off; `once` is told how often it was run."""
    began = time.monotonic()
    for tries in range(_TRIES):
        try:
            return once(tries)
        except OvertakenError:
            time.sleep(random.uniform(0, 0.002 * min(tries, 10)))  # noqa: S311  # no secret
        except IntegrityError as error:
            if not is_duplicate(error) or tries >= _DUPLICATES:
                raise
        except CutOffError:
            if time.monotonic() - began > _PATIENCE:
                raise
            time.sleep(min(0.05 * 2**tries, 1.0))
    raise UnavailableError("Too many change the same thing at once; try again in a moment.")
