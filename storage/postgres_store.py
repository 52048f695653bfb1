"""PostgresStore: the Store port over a PostgreSQL database that several bots may share."""

import asyncio
import logging
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
from storage.postgres_maintenance import PostgresMaintenance
from storage.scope import Scope
from storage.statements import StatementClock
from storage.steady import SteadyClock
from storage.transaction import Transaction
from storage.watch import Watches

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_WORKERS = 8
"""Units at once. One connection more tells other processes, and another one listens."""
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
        self._statements = StatementClock()
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
        self._running.database.time(self._statements)

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

    @property
    def maintenance(self) -> PostgresMaintenance:
        """What looks after the database. Raises UnavailableError while the store is not open."""
        return PostgresMaintenance(self._require_running().database, self._statements)

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
        self.database = PostgresDatabase(url, connections=_WORKERS + 1)
        self._alone = threading.Lock()
        self.workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="store-worker")
        self.listener = Listener(conninfo(url), wake)
        self._teller = _Teller(self.database, self.listener)
        if not self.listener.wait_ready(_PATIENCE):
            self.end()
            raise UnavailableError("PostgreSQL answers, but lets nobody listen; look at its log.")

    def read(self, unit: Callable[[Tx], T]) -> T:
        def once(_: int) -> T:
            with self.database.reading() as connection:
                return unit(Transaction(Scope(connection, self._now())))

        return _again(once)

    def write(self, unit: Callable[[Tx], T]) -> T:
        def once(tries: int) -> tuple[T, set[Topic]]:
            with self._lane(tries), self.database.writing() as connection:
                scope = Scope(connection, self._now())
                return unit(Transaction(scope)), scope.woken

        result, woken = _again(once)
        if woken:
            self._wake(woken)
            self._teller.tell(woken)
        return result

    def end(self) -> None:
        self.workers.shutdown()
        self._teller.end()
        self.listener.join()
        self.database.close()

    def _lane(self, tries: int) -> AbstractContextManager[object]:
        """What was overtaken is run one after the other, so that it does not overtake its like."""
        return self._alone if tries else nullcontext()


class _Teller:
    """Tells other processes what was committed; what comes meanwhile is told together."""

    def __init__(self, database: PostgresDatabase, listener: Listener) -> None:
        self.database = database
        self._listener = listener
        self._lock = threading.Lock()
        self._untold: set[Topic] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-teller")

    def tell(self, topics: set[Topic]) -> None:
        with self._lock:
            begins = not self._untold
            self._untold |= topics
        if begins:
            self._thread.submit(self._tell_untold)

    def end(self) -> None:
        """Tell the rest, then let the listener hear that it may end."""
        self._thread.submit(self._notify, self._listener.begin_end())
        self._thread.shutdown()

    def _tell_untold(self) -> None:
        with self._lock:
            topics, self._untold = self._untold, set()
        self._notify(self._listener.message(topics))

    def _notify(self, message: str) -> None:
        try:
            self.database.notify(CHANNEL, message)
        except UnavailableError as error:
            # It is durable all the same, and whoever was not woken looks each second anyway.
            _LOG.warning("other bots were not woken: %s", error)


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
