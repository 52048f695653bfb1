"""SqliteStore: the Store port over one SQLite file, one writer and a few readers."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from bot.domain.errors import UnavailableError
from bot.ports.clock import Clock
from bot.ports.store import Topic, Tx, Watch
from storage.migrate import migrate
from storage.scope import Scope
from storage.sqlite import for_reading, for_writing, sqlite_url
from storage.sqlite_maintenance import SqliteMaintenance
from storage.statements import StatementClock
from storage.steady import SteadyClock
from storage.transaction import Transaction
from storage.watch import Watches
from storage.writer import Writer

T = TypeVar("T")

_READERS = 3


class SqliteStore:
    """Keeps everything in one file.

    A write returns after its COMMIT. When the task that awaits it is cancelled, the unit may
    still be committed. Every call raises UnavailableError while the store is not open, and
    where the disk is full, the file is locked or cannot be reached.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        """A store in the file `path`, whose folder exists; `open` it before use."""
        self._path = path
        self._clock = SteadyClock(clock)
        self._watches = Watches()
        self._statements = StatementClock()
        self._running: _Running | None = None

    async def open(self) -> None:
        """Bring the tables up to date and begin.

        Raises UserError for a file of a newer Signalbox, UnavailableError for one that
        cannot be used.
        """
        await asyncio.to_thread(migrate, sqlite_url(self._path))
        self._running = _Running(self._path, self._clock.now, self._watches, self._statements)

    @property
    def maintenance(self) -> SqliteMaintenance:
        """What can be seen of the file, and done for it."""
        return SqliteMaintenance(self._path, self._statements)

    async def close(self) -> None:
        """End when every unit that was handed in is settled. Closing twice is harmless."""
        running, self._running = self._running, None
        if running is not None:
            await asyncio.to_thread(running.end)

    async def read(self, unit: Callable[[Tx], T]) -> T:
        """Run a unit over one moment of the database; a change in it raises."""
        running = self._require_running()
        future = running.readers.submit(running.read, unit)
        return await asyncio.wrap_future(future)

    async def write(self, unit: Callable[[Tx], T]) -> T:
        """Run a unit and commit; returns once it is durable. What it raises, this raises."""
        result: T = await self._require_running().writer.submit(unit)
        return result

    def watch(self, topic: Topic) -> Watch:
        """Start watching before looking, so that nothing in between is missed."""
        return self._watches.add(topic)

    def leads(self) -> bool:
        """Always: a data folder has one bot."""
        return self._running is not None

    def _require_running(self) -> "_Running":
        if self._running is None:
            raise UnavailableError("The store is closed: Signalbox is starting or stopping.")
        return self._running


class _Running:
    """The threads and connections of an open store."""

    def __init__(
        self,
        path: Path,
        now: Callable[[], datetime],
        watches: Watches,
        statements: StatementClock,
    ) -> None:
        self._now = now
        self._written = for_writing(path, statements)
        self._seen = for_reading(path, readers=_READERS, clock=statements)
        self.writer = Writer(self._written.transaction, now=now, wake=watches.wake)
        self.readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-reader")

    def read(self, unit: Callable[[Tx], T]) -> T:
        with self._seen.transaction() as connection:
            return unit(Transaction(Scope(connection, self._now())))

    def end(self) -> None:
        self.writer.close()
        self.readers.shutdown()
        self._seen.close()
        self._written.close()
