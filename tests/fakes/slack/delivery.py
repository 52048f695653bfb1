"""What Slack sends to the app, how often, and what came back."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from tests.fakes.slack.entities import Data
from tests.fakes.slack.world import Clock

RETRIES = (timedelta(0), timedelta(minutes=1), timedelta(minutes=5))
"""How long after the last try an event that was not acknowledged is sent again."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the app made of a delivery."""

    acked: bool
    status: int | None = None
    """The HTTP status; None by socket."""
    body: Any = None
    """JSON, text, or None."""
    error: str = ""
    """operation_timeout, connection_failed, http_error or held."""
    no_retry: bool = False


HELD = Answer(acked=False, error="held")
CUT = Answer(acked=False, error="connection_failed")


@dataclass(kw_only=True, eq=False)
class Delivery:
    """An event, a command or an interaction, under way or there."""

    kind: str
    """events_api, slash_commands or interactive."""
    payload: Data
    answers: list[Answer] = field(default_factory=list)
    """One for every try."""
    tried_at: datetime | None = None
    flying: int = 0
    held: bool = False

    @property
    def acked(self) -> bool:
        return any(answer.acked for answer in self.answers)

    @property
    def is_event(self) -> bool:
        return self.kind == "events_api"

    @property
    def event(self) -> Data:
        """The inner event; empty for anything else."""
        event: Data = self.payload.get("event", {})
        return event

    @property
    def wants_retry(self) -> bool:
        """An event that nobody acknowledged, and whose tries are not used up."""
        if not self.is_event or self.acked or self.flying or len(self.answers) > len(RETRIES):
            return False
        return not (self.answers and self.answers[-1].no_retry)

    def due(self, now: datetime) -> bool:
        """Whether Slack would send it again by now."""
        if not self.wants_retry:
            return False
        tries = len(self.answers)
        return not tries or now - (self.tried_at or now) >= RETRIES[tries - 1]


class Transport(Protocol):
    """A way to the app."""

    async def send(self, delivery: Delivery, attempt: int, reason: str) -> Answer:
        """Bring it, and wait for the acknowledgement as long as Slack does."""
        ...


class Deliveries:
    """All that was sent; holds back, repeats and reorders where tests ask for it."""

    def __init__(self, clock: Clock) -> None:
        self.transport: Transport | None = None
        self.log: list[Delivery] = []
        self.holding = False
        self.held: list[Delivery] = []
        self.on_cut: Callable[[], None] = lambda: None
        self.cutting = ""
        """`before` a delivery arrives or `after` it did, the connection breaks."""
        self._clock = clock
        self._tasks: set[asyncio.Task[Any]] = set()

    async def deliver(self, delivery: Delivery) -> Answer:
        """Send for the first time; held back where tests say so."""
        self.log.append(delivery)
        if self.holding:
            delivery.held = True
            self.held.append(delivery)
            return HELD
        return await self.attempt(delivery)

    async def attempt(self, delivery: Delivery) -> Answer:
        """Send once."""
        delivery.held = False
        if self.transport is None:
            answer = Answer(acked=False, error="connection_failed")
        else:
            reason = delivery.answers[-1].error if delivery.answers else ""
            delivery.flying += 1
            try:
                answer = await self._send(self.transport, delivery, reason)
            finally:
                delivery.flying -= 1
        delivery.answers.append(answer)
        delivery.tried_at = self._clock.now()
        return answer

    async def _send(self, transport: Transport, delivery: Delivery, reason: str) -> Answer:
        cutting = self.cutting
        if cutting == "before":
            self.on_cut()
            return CUT
        answer = await transport.send(delivery, len(delivery.answers), reason)
        if cutting == "after":
            self.on_cut()
            return CUT
        return answer

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Go on with something while the caller does other things; `settle` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until everything under way was answered or given up."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Drop what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def redeliver(self, *chosen: Delivery, anyway: bool = False) -> None:
        """Send these again; without any, all events whose retry is due (`anyway`: or will be)."""
        due = [
            one for one in self.log if one.due(self._clock.now()) or (anyway and one.wants_retry)
        ]
        for delivery in chosen or due:
            await self.attempt(delivery)
