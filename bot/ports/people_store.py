"""What a transaction keeps of people: who they are, what they asked for and what they got."""

from datetime import datetime
from typing import Protocol

from bot.domain.actor import Actor
from bot.domain.codec import JSON
from bot.domain.conversation import Conversation
from bot.domain.effect import Effect, EffectKind, EffectState
from bot.domain.export import ExportFile
from bot.domain.invocation import Invocation, Press
from bot.domain.person import Account, Identity, LinkRequest


class Invocations(Protocol):
    """Accepted requests."""

    def accept(
        self,
        *,
        key: str,
        actor: Actor,
        conversation: Conversation,
        text: str = "",
        press: Press | None = None,
    ) -> Invocation:
        """Store a request; where this key was accepted before, the stored one returns."""

    def load(self, invocation_id: int) -> Invocation:
        """Raises NotFoundError."""

    def find(self, key: str) -> Invocation | None:
        """The request that was accepted with this delivery key."""

    def unfinished(self) -> tuple[Invocation, ...]:
        """Accepted and not done, oldest first."""

    def finish(self, invocation_id: int, reply: JSON) -> None:
        """Done, with the encoded Reply."""


class Identities(Protocol):
    """Which accounts are whose, and the codes that prove it."""

    def find(self, account: Account) -> Identity | None:
        """The proven identity of an account."""

    def of(self, person: str) -> tuple[Identity, ...]:
        """All identities of a person, oldest first."""

    def keep(self, identity: Identity) -> None:
        """Store whose an account is from now on; the same again keeps when it was proven."""

    def keep_code(self, code_hash: str, person: str, *, expires_at: datetime) -> None:
        """Store the hash of a code that speaks for a person; expired codes are forgotten."""

    def take_code(self, code_hash: str) -> str | None:
        """Whom a code that has not expired speaks for; it is spent by this."""

    def ask(self, request: LinkRequest) -> None:
        """Store that an account asks to be linked, in place of what it asked before.

        Requests that are too old to be confirmed are forgotten.
        """

    def asked(self, *, limit: int) -> tuple[LinkRequest, ...]:
        """Requests that may still be confirmed, oldest first."""

    def take_request(self, account: Account) -> LinkRequest | None:
        """What an account asked, if that may still be confirmed; it is spent by this."""


class Effects(Protocol):
    """What was asked for and happens later, unless it is taken back."""

    def add(
        self, kind: EffectKind, *, subject: str, run_id: int | None, actor: Actor, due_at: datetime
    ) -> Effect:
        """Store a pending effect."""

    def pending_of(self, run_id: int) -> Effect | None:
        """The effect that awaits a run."""

    def pending_by(self, person: str) -> tuple[Effect, ...]:
        """The pending effects that a person asked for."""

    def pending(self, *, limit: int) -> tuple[Effect, ...]:
        """Pending effects, the next one due first."""

    def due(self, now: datetime) -> tuple[Effect, ...]:
        """Pending effects whose time has come, oldest first."""

    def settle(self, effect_id: int, state: EffectState, *, by: str) -> None:
        """End a pending effect. Raises ConflictError where it is not pending any more."""


class Exports(Protocol):
    """Files made for a person; their bytes are kept by the artifact files."""

    def add(self, person: str, file: ExportFile) -> None:
        """Store that a file was made for a person; the same again is kept anew."""

    def find(self, person: str, sha256: str) -> ExportFile | None:
        """The file of this content that was made for a person."""

    def remove_before(self, at: datetime, *, limit: int) -> int:
        """Remove rows of files made before a time; how many, up to `limit`."""
