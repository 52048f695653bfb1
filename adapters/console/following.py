"""Following: what is said about some runs, from a moment on, until they end or need a person."""

import asyncio
from collections.abc import Callable, Sequence

from adapters.console.client import ConsoleClient, message_of
from bot.domain.errors import NotFoundError
from bot.messages.message import Message
from bot.ports.chat_store import Said
from bot.ports.run_standing import RunStanding

_HOLD = 5.0
"""Seconds a call for news is held open; then the run is looked at anyway."""
_QUIET = 0.5
"""Seconds without news after which no more is expected of what has just happened."""
_LATE = 3.0
"""Seconds at most that news of what has just happened is waited for."""


class Following:
    """Listens to the console's transcript on behalf of one request.

    Messages of a followed thread are told as they come, also edited ones; the run's card,
    which is edited all the time, is left to be asked for at the end.
    """

    def __init__(self, client: ConsoleClient, *, after: int, who: str) -> None:
        self._client = client
        self._who = who
        self._change = after
        self._heard: dict[int, Said] = {}
        self._untold: dict[int, Said] = {}

    async def to_the_end(self, keys: Sequence[str], tell: Callable[[Message], None]) -> None:
        """Follow one run after the other until each has ended or waits for a person."""
        for key in keys:
            standing = await self._find(key)
            while standing and standing.live and not standing.waiting_gates:
                await self._listen(_HOLD)
                self.tell_news(standing, tell)
                standing = await self._find(key)

    async def settle(self, keys: Sequence[str]) -> tuple[RunStanding, ...]:
        """Where the runs stand once what has just happened was told; without those deleted."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _LATE
        while True:
            quiet = not await self._listen(_QUIET)
            found = [await self._find(key) for key in keys]
            standings = tuple(standing for standing in found if standing)
            told = all(standing.conversation_thread for standing in standings)
            if (quiet and told) or loop.time() >= end:
                return standings

    async def _find(self, key: str) -> RunStanding | None:
        try:
            return await self._client.run(key, who=self._who)
        except NotFoundError:
            return None

    async def _listen(self, seconds: float) -> bool:
        heard = await self._client.hear(after=self._change, wait=seconds, who=self._who)
        self._change = heard.change
        for said in heard.said:
            self._heard[said.id] = self._untold[said.id] = said
        return bool(heard.said)

    def tell_news(self, standing: RunStanding, tell: Callable[[Message], None]) -> None:
        """Tell what was said in the run's thread and not told yet."""
        for said in list(self._untold.values()):
            if _in_thread(said, standing):
                tell(message_of(self._untold.pop(said.id)))

    def card(self, standing: RunStanding) -> Message | None:
        """The run's card as heard last; None when it did not change."""
        cards = (s for s in self._heard.values() if str(s.id) == standing.conversation_thread)
        return next(map(message_of, cards), None)

    def thread(self, standing: RunStanding) -> tuple[Message, ...]:
        """What was said in the run's thread, in order, each as it stands now."""
        heard = sorted(self._heard.items())
        return tuple(message_of(said) for _, said in heard if _in_thread(said, standing))


def _in_thread(said: Said, standing: RunStanding) -> bool:
    return said.thread is not None and said.thread == standing.conversation_thread
