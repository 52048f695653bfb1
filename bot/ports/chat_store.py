"""What a transaction keeps for chats: who let the bot in, and what is shown and to be shown."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.codec import JSON
from bot.domain.conversation import Conversation
from bot.domain.followup import Followup
from bot.domain.installation import Installation


class Installations(Protocol):
    """Workspaces that let the bot in, and the secrets of those that are about to."""

    def find(self, tenant: str) -> Installation | None:
        """What a workspace or an organisation gave."""

    def all(self) -> tuple[Installation, ...]:
        """Every one, the oldest first."""

    def keep(self, installation: Installation) -> None:
        """Store what was given, in place of what the same tenant gave before."""

    def remove(self, tenant: str) -> None:
        """Forget it, the token too; none there is no error."""

    def keep_state(self, state_hash: str, *, expires_at: datetime) -> None:
        """Store the hash of what must come back; expired ones are forgotten."""

    def take_state(self, state_hash: str) -> bool:
        """Whether it was given and has not expired; it is spent by this."""


class Followups(Protocol):
    """What chats still have to show, by the delivery key of the request."""

    def keep(self, followup: Followup) -> Followup:
        """Store a new one and return it with its id; one that is there stays and returns."""

    def find(self, key: str) -> Followup | None:
        """What is or was shown of the request of this key."""

    def load(self, followup_id: int) -> Followup | None:
        """One that is not settled."""

    def pending(self, surface: str, *, after: int, limit: int) -> tuple[Followup, ...]:
        """Those past an id that are not settled, the oldest first."""

    def show(self, followup_id: int, shown: str) -> None:
        """Store what is shown now."""

    def settle(self, followup_id: int) -> None:
        """There is nothing more to show; its secret is erased."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message of an embedded chat as it stands now."""

    id: int
    """The message's own number: what threads hang on."""
    change: int
    """Rises with every post and edit of any message; a reader asks for what came after."""
    conversation: Conversation
    thread: str | None
    at: datetime
    message: JSON
    """The encoded Message."""


class Transcript(Protocol):
    """What an embedded chat shows: console and browser."""

    def post(
        self, conversation: Conversation, *, key: str, thread: str | None, message: JSON
    ) -> Said:
        """Say a message; the same key again returns what was said."""

    def edit(self, message_id: int, message: JSON) -> None:
        """Change what a message says. Raises NotFoundError."""

    def since(self, conversation: Conversation, *, change: int, limit: int) -> tuple[Said, ...]:
        """The messages of a channel and its threads changed after `change`, in that order."""

    def newest(self, conversation: Conversation) -> int:
        """The newest change number; 0 when nothing was said."""

    def channels(self, surface: str, tenant: str) -> tuple[str, ...]:
        """The channels in which anything was said, by name."""

    def recent(
        self, conversation: Conversation, *, limit: int, before: int | None = None
    ) -> tuple[Said, ...]:
        """The last messages of a thread, or of a channel without its threads, in order.

        `before` is the id of the first message that is known already.
        """

    def threads(self, conversation: Conversation, roots: Collection[str]) -> tuple[Said, ...]:
        """All messages in the threads of these roots of a channel, in order."""
