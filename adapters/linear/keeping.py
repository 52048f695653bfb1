"""Keeping sessions alive: while a run works, its session is never silent for long."""

from adapters.linear.sessions import SessionTeller
from adapters.linear.webhook import SURFACE
from bot.domain.conversation import Conversation
from bot.domain.run import Run
from bot.domain.selection import Filter
from bot.domain.vocabulary import LIVE, Status
from bot.ports.store import Store, Tx

_MOST = 1_000
"""Live runs that are looked at."""


class KeepAlive:
    """Looks at the sessions of live runs."""

    def __init__(self, store: Store, teller: SessionTeller) -> None:
        """`teller` knows when something was said last."""
        self._store = store
        self._teller = teller

    async def sweep(self) -> None:
        """Say in each silent session that its run lives. Raises UnavailableError."""
        for place, run in await self._store.read(_sessions):
            await self._teller.keep_alive(place, run)


def _sessions(tx: Tx) -> list[tuple[Conversation, Run]]:
    working = Filter(statuses=frozenset(LIVE - {Status.WAITING}))
    return [
        (place, run)
        for run in tx.runs.find(working, limit=_MOST)
        for place in run.conversations
        if place.surface == SURFACE and place.thread is not None
    ]
