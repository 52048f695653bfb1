"""Requests: the part of the dispatcher that every surface speaks to."""

from typing import Protocol

from bot.domain.actor import Actor
from bot.domain.conversation import Conversation
from bot.domain.invocation import Invocation, Press
from bot.domain.issue import Issue
from bot.messages.reply import Reply


class Requests(Protocol):
    """Takes what people ask for: stored first, acknowledged by the surface, then done once."""

    async def accept(
        self,
        *,
        key: str,
        actor: Actor,
        conversation: Conversation,
        text: str = "",
        press: Press | None = None,
    ) -> Invocation:
        """Store a request; the same key gives the stored one."""

    async def perform(self, invocation: Invocation) -> Reply:
        """Do it, once; one that is done answers as it did."""

    async def complete(
        self, text: str, *, actor: Actor, conversation: Conversation
    ) -> tuple[str, ...]:
        """What the last word of a request may become."""


class LateAnswers(Protocol):
    """Says what became of a request that was carried out without the delivery that brought it."""

    def take_up(self, invocation: Invocation) -> bool:
        """Whether nobody here is at work on it; from then on it is being worked on."""

    async def give(self, invocation: Invocation, reply: Reply | None) -> None:
        """Say it to whoever asked; None where there is nothing to say. Never raises."""


class IssueSearch(Protocol):
    """The dispatcher's way to the trackers, for forms in which an issue is chosen."""

    @property
    def has_trackers(self) -> bool:
        """Whether there is any tracker, so that a form asks for an issue at all."""

    async def find_issues(
        self, words: str, *, actor: Actor, conversation: Conversation, limit: int = 10
    ) -> tuple[Issue, ...]:
        """Issues whose key or title fits these words, for forms; at once, or what is known."""


class Looking(Requests, IssueSearch, Protocol):
    """Requests that show as well what somebody has not asked for: a home, a portal."""

    async def look(self, text: str, *, actor: Actor, conversation: Conversation) -> Reply:
        """The answer to words that only ask; nothing is stored. Raises UserError as said."""
