"""Intake: what arrives is stored with its key, acknowledged, and only then worked on."""

import logging
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from adapters.slack.forms import Place
from adapters.slack.work import Work
from adapters.slack.workspaces import SURFACE, Workspace
from bot.domain.actor import person
from bot.domain.conversation import Conversation
from bot.domain.followup import Followup
from bot.domain.invocation import Invocation, Press
from bot.messages.reply import Reply
from bot.ports.requests import Requests
from bot.ports.store import Store

_LOG = logging.getLogger(__name__)
_BEFORE_ACK = timedelta(seconds=2.5)
"""How long a form's acknowledgement waits for what is wrong with it; Slack waits three seconds."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as it arrived."""

    key: str
    """Names the delivery; see the Requests port."""
    workspace: Workspace
    user: str
    place: Place
    """Where it was asked, and where its answer goes."""
    text: str = ""
    press: Press | None = None
    marked: bool = False
    """Whether the person's message shows what becomes of the request."""

    @property
    def conversation(self) -> Conversation:
        """Where it was asked."""
        return Conversation(
            surface=SURFACE,
            tenant=self.workspace.tenant,
            channel=self.place.channel,
            thread=self.place.thread or None,
        )


class Answers(Protocol):
    """Says to the person alone what became of a request."""

    async def give(self, asked: "Asked", reply: Reply) -> None:
        """Say it, in the place where it was asked."""


class Marks(Protocol):
    """Shows on a person's message what becomes of the request that it is."""

    async def look(self, followup: Followup) -> None:
        """Show what has become of it by now."""


@dataclass(frozen=True, kw_only=True)
class Intake:
    """Takes requests in."""

    requests: Requests
    store: Store
    work: Work
    answers: Answers
    marks: Marks
    begun: set[str] = field(default_factory=set)
    """Keys of requests that are being worked on here: a repeated delivery changes nothing."""

    async def take(self, asked: Asked) -> Invocation:
        """Store a request and let it be worked on; to be acknowledged after this."""
        followup = await self._mark(asked) if asked.marked else None
        invocation = await self._accept(asked)
        if self.take_up(invocation):
            self.work.later(lambda: self._carry_out(asked, invocation, followup))
        return invocation

    async def take_form(self, asked: Asked) -> Reply | None:
        """Store what a form sent, and do it at once, as long as the acknowledgement can wait.

        None where it takes longer; then the answer is given as any other.
        """
        invocation = await self._accept(asked)
        if not self.take_up(invocation):
            return None
        late = False

        async def perform() -> Reply:
            reply = await self._perform(invocation)
            if late:
                await self.answers.give(asked, reply)
            return reply

        reply = await self.work.within(_BEFORE_ACK, perform)
        late = reply is None
        return reply

    async def _accept(self, asked: Asked) -> Invocation:
        return await self.requests.accept(
            key=asked.key,
            actor=person(asked.user, SURFACE),
            conversation=asked.conversation,
            text=asked.text,
            press=asked.press,
        )

    def take_up(self, invocation: Invocation) -> bool:
        """Whether nobody here is at work on this request, nor has been; from now on somebody is."""
        if invocation.done_at is not None or invocation.key in self.begun:
            return False
        self.begun.add(invocation.key)
        return True

    async def _carry_out(
        self, asked: Asked, invocation: Invocation, followup: Followup | None
    ) -> None:
        if followup:
            self.work.now(lambda: self.marks.look(followup))
        reply = await self._perform(invocation)
        if followup:
            self.work.now(lambda: self.marks.look(followup))
        await self.answers.give(asked, reply)

    async def _perform(self, invocation: Invocation) -> Reply:
        try:
            return await self.requests.perform(invocation)
        finally:
            self.begun.discard(invocation.key)

    async def _mark(self, asked: Asked) -> Followup:
        return await self.keep(
            Followup(
                id=0,
                key=asked.key,
                surface=SURFACE,
                tenant=asked.workspace.tenant,
                channel=asked.place.channel,
                message_id=asked.place.message,
            )
        )

    async def keep(self, followup: Followup) -> Followup:
        """Store that something is to be shown later."""
        return await self.store.write(lambda tx: tx.followups.keep(followup))


def within(asked: Asked, *, thread: str) -> Asked:
    """The same request, answered in a thread."""
    return replace(asked, place=replace(asked.place, thread=thread))
