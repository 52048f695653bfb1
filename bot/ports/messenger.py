"""Messenger: how the notifier reaches one surface."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.conversation import Conversation
from bot.messages.message import Message


class Messenger(Protocol):
    """Posts and edits messages of one surface.

    Both raise UnavailableError when it is worth trying again, and UserError when the
    surface refuses this message for good.
    """

    surface: str

    async def post(
        self, conversation: Conversation, message: Message, *, key: str, thread: str | None
    ) -> str:
        """Tell a message and return the surface's id for it.

        `key` names the posting: telling the same key twice makes one message. `thread` is
        the id of the message whose thread it belongs to.
        """

    async def edit(self, conversation: Conversation, message_id: str, message: Message) -> None:
        """Let a told message say this instead."""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What somebody wants to tell."""

    conversation: Conversation
    message_id: str = ""
    """The message to edit; empty for a new one."""
    urgent: bool = False


class Etiquette(Protocol):
    """How a surface wants to be told that counts calls, and takes the same key twice."""

    def turn(self, wanted: Turn) -> datetime | None:
        """Take a turn: None where it may be told at once, else the moment to ask again."""

    def doubt(self, key: str, since: datetime) -> None:
        """A posting of this key may have been told already, not before `since`: look first."""
