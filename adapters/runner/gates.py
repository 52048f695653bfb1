"""The gates of a claim: who waits at them, and which decisions the program has not seen yet."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.runner.ending import HELD
from adapters.runner.report_socket import Visitor
from bot.domain.codec import JSON

Decision = Mapping[str, JSON]
"""`gate`, `state`, `note`, `by`; of a question `answers` as well."""

_EXIT_CODES = {"open": 0, "satisfied": 0, "returned": 10, "held": HELD}
REFUSED = 11
"""What `signalbox report` exits with when the answer is no."""


@dataclass(frozen=True, kw_only=True)
class _Waiting:
    visitor: Visitor
    then: Callable[[Decision], None]
    until: float
    """Monotonic seconds."""


class Gates:
    """What was opened, who waits, what was decided."""

    def __init__(self, hold: float, *, consumed: Callable[[int], None]) -> None:
        """`hold` is in seconds; `consumed` takes the order of a decision that was delivered."""
        self._hold = hold
        self._consumed = consumed
        self._unseen: dict[str, tuple[int, Decision] | None] = {}
        self._waiting: dict[str, _Waiting] = {}

    @property
    def unseen(self) -> str | None:
        """The gate last opened whose decision the program has not been told."""
        return next(reversed(self._unseen), None)

    def take(
        self,
        result: JSON,
        visitor: Visitor,
        then: Callable[[Decision], None],
        *,
        hold: float | None = None,
    ) -> None:
        """Go on with the bot's answer to a `gate`, `question` or `push`.

        `hold` may shorten the time that a visitor is held, in seconds.

        `then` gets the decision, at once if there is one already, or the state `held` when the
        hold time is over; a visitor who has left by then is not asked.
        """
        if "error" in result:
            visitor.answer(1, result)
        elif result["state"] != "open":
            then({"note": "", "by": "", **result})
        else:
            self.opened(result)
            held = self._hold if hold is None else min(hold, self._hold)
            until = time.monotonic() + held
            self._waiting[result["gate"]] = _Waiting(visitor=visitor, then=then, until=until)
            self._deliver(result["gate"])

    def opened(self, result: JSON) -> None:
        """The bot says that this gate is open."""
        self._unseen.setdefault(result["gate"], None)

    def decide(self, order: int, decision: Decision) -> None:
        """A decision has come; it is kept until somebody waits for it."""
        self._unseen[decision["gate"]] = (order, decision)
        self._deliver(decision["gate"])

    def end_holds(self) -> None:
        """Let go those who have waited long enough."""
        now = time.monotonic()
        for gate, waiting in list(self._waiting.items()):
            if waiting.visitor.gone:
                del self._waiting[gate]
            elif waiting.until <= now:
                del self._waiting[gate]
                waiting.then({"gate": gate, "state": "held", "note": "", "by": ""})

    def dismiss(self, note: str, by: str) -> None:
        """The program is about to be ended: tell whoever waits why, and begin afresh."""
        waiting, self._waiting, self._unseen = self._waiting, {}, {}
        for gate, present in waiting.items():
            present.then({"gate": gate, "state": "rejected", "note": note, "by": by})

    def _deliver(self, gate: str) -> None:
        decided, waiting = self._unseen.get(gate), self._waiting.get(gate)
        if decided is None or waiting is None or waiting.visitor.gone:
            return
        order, decision = decided
        del self._unseen[gate], self._waiting[gate]
        self._consumed(order)
        waiting.then(decision)


def answer_decision(visitor: Visitor, decision: Decision) -> None:
    """Tell the program what was decided."""
    visitor.answer(_EXIT_CODES.get(decision["state"], REFUSED), decision)
