"""Resuming: requests that were accepted and not done are taken up again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.conversation import Conversation
from bot.domain.invocation import Invocation
from bot.messages.reply import Reply
from bot.ports.requests import LateAnswers
from bot.ports.store import Store

_ANSWERED_FOR = timedelta(minutes=30)
"""So long after it came a request that is taken up again is answered as well."""


@dataclass(frozen=True, kw_only=True)
class Resuming:
    """Carries out what is unfinished, in order within each channel."""

    store: Store
    perform: Callable[[Invocation], Awaitable[Reply]]
    late_answers: Mapping[str, LateAnswers]
    """By their surface: who says what became of it."""

    async def resume(self, *, older: timedelta) -> None:
        """Carry out what was accepted at least so long ago."""
        places: dict[Conversation, list[Invocation]] = {}
        now, unfinished = await self.store.read(lambda tx: (tx.now(), tx.invocations.unfinished()))
        for invocation in unfinished:
            if now - invocation.received_at >= older:
                places.setdefault(invocation.conversation.root, []).append(invocation)
        async with asyncio.TaskGroup() as group:
            for waiting in places.values():
                group.create_task(self._perform_all(waiting, now=now))

    async def _perform_all(self, waiting: Sequence[Invocation], *, now: datetime) -> None:
        for invocation in waiting:
            late = self.late_answers.get(invocation.conversation.surface)
            young = now - invocation.received_at < _ANSWERED_FOR
            if late is None or not young or not late.take_up(invocation):
                await self.perform(invocation)
                continue
            # What is not done now is taken up again, and what was done meanwhile was answered.
            reply = None
            if not await self._is_done(invocation):
                reply = await self.perform(invocation)
            said = reply if await self._is_done(invocation) else None
            await late.give(invocation, said)

    async def _is_done(self, invocation: Invocation) -> bool:
        stored = await self.store.read(lambda tx: tx.invocations.load(invocation.id))
        return stored.done_at is not None
