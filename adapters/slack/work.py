"""Work: what goes on after a request was acknowledged, in tasks that somebody owns."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import TypeVar

from slack_sdk.errors import SlackApiError

from adapters.slack.workspaces import NO_ANSWER
from bot.arrivals import Arrivals
from bot.domain.errors import SignalboxError

_LOG = logging.getLogger(__name__)
_MANNERS = 1.0
"""Seconds that work in turn lets requests go before it, which must be acknowledged soon."""
_WORKERS = 4
"""So many requests are worked on at once; the others are stored, and wait."""
T = TypeVar("T")


class Work:
    """Two ways to go on: in turn, or at once where a person waits for a form."""

    def __init__(self) -> None:
        """Nothing is done until `run`; what came before is done then."""
        self._waiting: asyncio.Queue[Callable[[], Awaitable[object]]] = asyncio.Queue()
        self._group: asyncio.TaskGroup | None = None
        self._early: list[Callable[[], Awaitable[object]]] = []
        self._busy = 0
        self._arrivals = Arrivals()

    async def run(self) -> None:
        """Work for ever; ends by cancellation. What is left then is taken up at the next start."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            for work in self._early:
                self.now(work)
            self._early.clear()
            for _ in range(_WORKERS):
                group.create_task(self._serve())

    def arriving(self) -> AbstractContextManager[None]:
        """A request arrives and is not acknowledged yet."""
        return self._arrivals.arriving()

    def later(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do it when its turn comes."""
        self._waiting.put_nowait(work)

    def now(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do it beside everything else."""
        if self._group is None:
            self._early.append(work)
        else:
            self._group.create_task(_guarded(work))

    async def within(self, time: timedelta, work: Callable[[], Awaitable[T]]) -> T | None:
        """What the work gives, or None where it takes longer; it is done all the same."""
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        async def doing() -> None:
            result = await work()
            if not done.done():
                done.set_result(result)

        self.now(doing)
        finished, _ = await asyncio.wait({done}, timeout=time.total_seconds())
        if finished:
            return done.result()
        done.cancel()
        return None

    @property
    def idle(self) -> bool:
        """Whether nothing waits for its turn and nobody is at one."""
        return self._waiting.empty() and not self._busy

    async def _serve(self) -> None:
        while True:
            work = await self._waiting.get()
            self._busy += 1
            await self._arrivals.calm(until=asyncio.get_running_loop().time() + _MANNERS)
            try:
                await _guarded(work)
            finally:
                self._busy -= 1


async def _guarded(work: Callable[[], Awaitable[object]]) -> None:
    """One that fails must not end the others; requests are stored, so nothing is lost."""
    try:
        await work()
    except SlackApiError as error:
        _LOG.warning("Slack refused %s: %s", error.response.api_url, error.response.get("error"))
    except (SignalboxError, *NO_ANSWER) as error:
        _LOG.warning("not done: %s", error)
    except Exception:  # the border between one request and the others
        _LOG.exception("a request from Slack was not carried to its end")
