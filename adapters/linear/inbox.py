"""The inbox: events that are stored are worked through, each to its end, whatever comes between."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from adapters.linear.events import Event, reread
from adapters.linear.webhook import SURFACE
from bot.arrivals import Arrivals
from bot.domain.errors import UnavailableError, UserError
from bot.ports.store import Store, Tx
from bot.ports.tracker_store import TrackerEvent

_LOG = logging.getLogger(__name__)

_AT_ONCE = 8
"""Events that are worked on at the same time; few, so that webhooks are still answered at once."""
_GREETINGS = 32
"""First words that are said at the same time."""
_MANNERS = 3.0
"""Seconds that a first word lets requests go before it, which must be acknowledged soon."""
_PATIENCE = 15.0
"""Seconds that the work on an event lets requests and first words go before it."""
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


@dataclass(kw_only=True)
class _Work:
    """An event on its way."""

    taken: TrackerEvent
    since: float
    """When it was handed on, by the clock of the event loop."""
    event: Event | None = None
    ungreeted: UnavailableError | None = None
    """Why the first word could not be said yet."""


class LinearInbox:
    """Hands events to who hears them, and keeps what could not be done yet.

    What comes in is acknowledged first, then all first words are said, then the rest is done.
    """

    def __init__(self, store: Store, hears: Hears) -> None:
        """Nothing is taken up before `run`."""
        self.arrivals = Arrivals()
        """Of requests that are not acknowledged yet."""
        self._store = store
        self._hears = hears
        self._new: asyncio.Queue[_Work] = asyncio.Queue()
        self._greeted: asyncio.Queue[_Work] = asyncio.Queue()
        self._greetings = Arrivals()
        self._held: set[int] = set()
        self._tries: dict[int, int] = {}

    def hand_on(self, taken: TrackerEvent) -> None:
        """Begin the work on an event."""
        if taken.id not in self._held:
            self._held.add(taken.id)
            since = asyncio.get_running_loop().time()
            self._new.put_nowait(_Work(taken=taken, since=since))

    async def run(self) -> None:
        """Work for ever; ends by cancellation."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_GREETINGS):
                group.create_task(self._greet_all())
            for _ in range(_AT_ONCE):
                group.create_task(self._hear_all())

    async def settle(self) -> None:
        """Work through everything that was handed on, in its order, and return."""
        while not self._new.empty():
            work = self._new.get_nowait()
            if await self._guarded(work, self._greet):
                await self._guarded(work, self._hear)

    async def _greet_all(self) -> None:
        while True:
            work = await self._new.get()
            await self.arrivals.calm(until=work.since + _MANNERS)
            with self._greetings.arriving():
                if await self._guarded(work, self._greet):
                    self._greeted.put_nowait(work)

    async def _hear_all(self) -> None:
        while True:
            work = await self._greeted.get()
            for before in (self.arrivals, self._greetings):
                await before.calm(until=work.since + _PATIENCE)
            await self._guarded(work, self._hear)

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

    async def _guarded(self, work: _Work, doing: Callable[[_Work], Awaitable[bool]]) -> bool:
        """One step of an event; whether another one follows. After the last it is done."""
        taken = work.taken
        try:
            if await doing(work):
                return True
        except UnavailableError as error:
            _LOG.warning("event %s waits: %s", taken.key, error)
            self._tries[taken.id] = self._tries.get(taken.id, 0) + 1
            self._held.discard(taken.id)
            return False
        except UserError as error:
            _LOG.warning("event %s cannot be done: %s", taken.key, error.text)
        except Exception:  # a bug with one event must not keep the others from being heard
            _LOG.exception("event %s failed", taken.key)
        self._held.discard(taken.id)
        self._tries.pop(taken.id, None)
        await self._store.write(lambda tx: tx.tracker_events.finish(taken.id))
        return False

    def _waited(self, taken: TrackerEvent) -> timedelta:
        """How long after it came an event is to be tried next, by how often it was tried."""
        tries = self._tries.get(taken.id, 0)
        waits = (min(_FIRST_WAIT * 2 ** min(n, 10), _LONGEST_WAIT) for n in range(tries))
        return sum(waits, timedelta())

    async def _greet(self, work: _Work) -> bool:
        """The first word does not keep the work from beginning where it cannot be said now."""
        work.event = reread(work.taken.body)
        if work.event is None:
            return False
        try:
            await self._hears.greet(work.event)
        except UnavailableError as error:
            work.ungreeted = error
        return True

    async def _hear(self, work: _Work) -> bool:
        if work.event is not None:
            await self._hears.hear(work.event, work.taken)
        if work.ungreeted is not None:
            raise work.ungreeted
        return False
