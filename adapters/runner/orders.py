"""What the bot orders, sorted to where it belongs."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.runner.claim import Claim
from adapters.runner.gates import Gates
from adapters.runner.replies import FileReplies, StdinReplies, reply_line
from bot.domain.codec import JSON


@dataclass(frozen=True, kw_only=True)
class Stop:
    """The program is to be ended."""

    reason_code: str
    reason: str
    by: str
    grace: float
    """Seconds from the order until everything is killed."""


class Orders:
    """Keeps what the conduct of the claim must obey, and passes on the rest."""

    def __init__(
        self, claim: Claim, gates: Gates, replies: FileReplies | StdinReplies | None
    ) -> None:
        self.stop: Stop | None = None
        """The first order to stop; it is final."""
        self.restart_by: str | None = None
        """Who wants the program started again; None when nobody does."""
        self._claim = claim
        self._gates = gates
        self._replies = replies

    def take(self, order: Mapping[str, JSON]) -> None:
        """Take an order as it came from the bot."""
        number, kind, data = order["id"], order["kind"], order["data"]
        if kind == "decision":
            self._gates.decide(number, data)
        elif kind == "reply" and self._replies is not None:
            self._replies.add(number, reply_line(data))
        else:
            self._obey(kind, data)
            self._claim.consumed(number)

    def _obey(self, kind: str, data: Mapping[str, JSON]) -> None:
        if kind == "stop":
            self.stop = self.stop or Stop(
                reason_code=data["reason_code"],
                reason=data["reason"],
                by=data["by"],
                grace=data["grace"],
            )
        elif kind == "restart":
            self.restart_by = data["by"]
        else:
            self._claim.note(f"The order “{kind}” had no effect: this job takes no such thing.")
