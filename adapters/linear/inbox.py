"""The inbox: events that are stored are worked through, each to its end, whatever comes between."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Protocol

from adapters.linear.events import Event, reread
from adapters.linear.webhook import SURFACE
from bot.domain.errors import UnavailableError, UserError
from bot.ports.store import Store, Tx
from bot.ports.tracker_store import TrackerEvent

_LOG = logging.getLogger(__name__)

_AT_ONCE = 8
"""Events that are worked on at the same time; few, so that webhooks are still answered at once."""
_GREETINGS = 32
"""First words that are said at the same time."""
_BATCH = 200
_LATE = timedelta(seconds=5)
"""After which an event that is not done is taken up again."""
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=5)
"""Between two tries, doubled each time."""
_KEPT = timedelta(days=2)
"""How long it is known that an event was taken; Linear sends again for seven hours."""


class Hears(Protocol):
    """What events come to mean."""

    async def greet(self, event: Event) -> None:
        """Say the first word in a session that has begun; everything else comes after."""

    async def hear(self, event: Event, taken: TrackerEvent) -> None:
        """Do what an event asks for; again is harmless.

        Raises UnavailableError when it is to be tried again.
        """


class LinearInbox:
    """Hands events to who hears them, and keeps what could not be done yet."""

    def __init__(self, store: Store, hears: Hears) -> None:
        """Nothing is taken up before `run`."""
        self._store = store
        self._hears = hears
        self._new: asyncio.Queue[TrackerEvent] = asyncio.Queue()
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._greetings = asyncio.Semaphore(_GREETINGS)
        self._held: set[int] = set()
        self._tries: dict[int, int] = {}

    def hand_on(self, taken: TrackerEvent) -> None:
        """Begin the work on an event."""
        if taken.id not in self._held:
            self._held.add(taken.id)
            self._new.put_nowait(taken)

    async def run(self) -> None:
        """Work for ever; ends by cancellation."""
        async with asyncio.TaskGroup() as group:
            while True:
                taken = await self._new.get()
                group.create_task(self._work(taken))

    async def settle(self) -> None:
        """Work through everything that was handed on, in its order, and return."""
        while not self._new.empty():
            await self._work(self._new.get_nowait())

    async def sweep(self) -> None:
        """Take up again what is not done, and forget what is long done."""

        def look(tx: Tx) -> tuple[datetime, tuple[TrackerEvent, ...]]:
            late = tx.now() - _LATE
            return tx.now(), tx.tracker_events.pending(SURFACE, before=late, limit=_BATCH)

        now, pending = await self._store.read(look)
        for taken in pending:
            if now >= taken.received_at + self._waited(taken):
                self.hand_on(taken)
        await self._store.write(lambda tx: tx.tracker_events.forget_before(tx.now() - _KEPT))

    async def _work(self, taken: TrackerEvent) -> None:
        """One event to its end, or to where it must wait."""
        try:
            await self._hear(taken)
        except UnavailableError as error:
            _LOG.warning("event %s waits: %s", taken.key, error)
            self._tries[taken.id] = self._tries.get(taken.id, 0) + 1
            return
        except UserError as error:
            _LOG.warning("event %s cannot be done: %s", taken.key, error.text)
        except Exception:  # a bug with one event must not keep the others from being heard
            _LOG.exception("event %s failed", taken.key)
        finally:
            self._held.discard(taken.id)
        self._tries.pop(taken.id, None)
        await self._store.write(lambda tx: tx.tracker_events.finish(taken.id))

    def _waited(self, taken: TrackerEvent) -> timedelta:
        """How long after it came an event is to be tried next, by how often it was tried."""
        tries = self._tries.get(taken.id, 0)
        waits = (min(_FIRST_WAIT * 2 ** min(n, 10), _LONGEST_WAIT) for n in range(tries))
        return sum(waits, timedelta())

    async def _hear(self, taken: TrackerEvent) -> None:
        event = reread(taken.body)
        if event is None:
            return
        greeting = await self._greet(event)
        async with self._places:
            await self._hears.hear(event, taken)
        if greeting is not None:
            raise greeting

    async def _greet(self, event: Event) -> UnavailableError | None:
        """The first word does not keep the work from beginning where it cannot be said now."""
        try:
            async with self._greetings:
                await self._hears.greet(event)
        except UnavailableError as error:
            return error
        return None
