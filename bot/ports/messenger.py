"""Messenger: how the notifier reaches one surface."""

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
