"""What a transaction keeps for chats: who let the bot in, and what they still have to show."""

from datetime import datetime
from typing import Protocol

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
