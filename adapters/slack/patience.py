"""Patience: private answers that Slack does not take just now are said once it does.

They wait in memory: what was done stands in its run's messages, whatever becomes of the answer.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from adapters.slack.intake import Asked
from bot.domain.errors import SignalboxError, UnavailableError
from bot.messages.reply import Reply
from bot.ports.clock import Clock

_LOG = logging.getLogger(__name__)

_WAIT = timedelta(seconds=5)
"""Until the next try, where Slack does not say how long."""
_LIFE = timedelta(minutes=30)
"""After that an answer means nothing any more."""
_MOST = 1_000

Step = Callable[[], Awaitable[object]]


class PartlySaidError(UnavailableError):
    """A step came to a part that Slack does not take just now; `rest` is that part alone."""

    def __init__(self, error: UnavailableError, rest: Step) -> None:
        super().__init__(str(error), retry_after=error.retry_after, untouched=error.untouched)
        self.rest = rest


class Telling(Protocol):
    """Says answers, in steps that can be tried again one by one."""

    async def say(self, asked: Asked, reply: Reply) -> None:
        """Say the words. Raises UnavailableError, `untouched` where nothing was said.

        Raises PartlySaidError where something was.
        """

    async def bring(self, asked: Asked, name: str, sha256: str) -> None:
        """Bring a file that was made for the person. Raises as `say` does."""


@dataclass(frozen=True, kw_only=True)
class _Late:
    steps: tuple[Step, ...]
    due_at: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True)
class Patience:
    """The Answers of the intake: waits where Slack limits us or is out of reach."""

    telling: Telling
    clock: Clock
    late: deque[_Late] = field(default_factory=lambda: deque(maxlen=_MOST))

    async def give(self, asked: Asked, reply: Reply) -> None:
        """Say it now, or as soon as Slack takes it. Raises SignalboxError where it never will."""
        files = [partial(self.telling.bring, asked, kept.name, kept.sha256) for kept in reply.kept]
        steps = (partial(self.telling.say, asked, reply), *files)
        await self._go(steps, until=self.clock.now() + _LIFE)

    async def sweep(self) -> int:
        """Say what is due again; says how much."""
        now = self.clock.now()
        due = [late for late in self.late if late.due_at <= now]
        for late in due:
            self.late.remove(late)
            try:
                await self._go(late.steps, until=late.until)
            except SignalboxError as error:
                _LOG.warning("an answer was not said: %s", error)
        return len(due)

    async def _go(self, steps: tuple[Step, ...], *, until: datetime) -> None:
        for number, step in enumerate(steps):
            try:
                await step()
            except UnavailableError as error:
                if not error.untouched:
                    raise
                wait = timedelta(seconds=error.retry_after) if error.retry_after else _WAIT
                due_at = self.clock.now() + wait
                if due_at >= until:
                    raise
                _LOG.info("an answer waits: %s", error)
                rest = error.rest if isinstance(error, PartlySaidError) else step
                left = (rest, *steps[number + 1 :])
                self.late.append(_Late(steps=left, due_at=due_at, until=until))
                return
