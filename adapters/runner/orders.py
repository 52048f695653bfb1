"""What the bot orders, sorted to where it belongs."""

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.runner.claim import Claim
from adapters.runner.gates import Gates
from adapters.runner.replies import ReplyChannel
from adapters.runner.secret_answers import secret_answers, without_names
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

    def __init__(self, claim: Claim, gates: Gates, replies: ReplyChannel) -> None:
        self.stop: Stop | None = None
        """The first order to stop; it is final."""
        self.restart_by: str | None = None
        """Who wants the program started again; None when nobody does."""
        self._claim = claim
        self._gates = gates
        self._replies = replies

    def take(self, order: Mapping[str, JSON]) -> None:
        """Take an order as it came from the bot.

        The decision that the program was started again with is in its environment already.
        """
        number, kind, data = order["id"], order["kind"], order["data"]
        if kind == "decision" and data["gate"] != self._claim.assignment.resume_gate:
            self._claim.masker.learn(secret_answers(data))
            self._gates.decide(number, without_names(data))
        elif kind == "reply":
            self._replies.add(number, data)
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
        elif kind != "decision":
            self._claim.note(f"The order “{kind}” had no effect: this runner does not know it.")
