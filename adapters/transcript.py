"""The Messenger of the embedded chats, terminal and browser: messages are told by storing them."""

from bot.domain.codec import encode
from bot.domain.conversation import Conversation
from bot.messages.message import Message
from bot.ports.store import Store


class TranscriptMessenger:
    """Tells one surface into the store's transcript, which terminals and browsers read."""

    def __init__(self, store: Store, surface: str) -> None:
        """`surface` is console or web."""
        self.surface = surface
        self._store = store

    async def post(
        self, conversation: Conversation, message: Message, *, key: str, thread: str | None
    ) -> str:
        """Say a message and return its number; the same key again says nothing new."""
        content = encode(message)
        said = await self._store.write(
            lambda tx: tx.transcript.post(conversation, key=key, thread=thread, message=content)
        )
        return str(said.id)

    async def edit(self, conversation: Conversation, message_id: str, message: Message) -> None:  # noqa: ARG002  # the number is enough here
        """Let a message say this instead. Raises NotFoundError."""
        content = encode(message)
        await self._store.write(lambda tx: tx.transcript.edit(int(message_id), content))
