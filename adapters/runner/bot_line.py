"""The claim's line to the bot, as the main thread sees it."""

import sys
from collections.abc import Callable, Mapping

from adapters.runner.claim import Claim
from adapters.runner.reporter import OrderWatch, Sender
from bot.domain.codec import JSON
from bot.domain.errors import StaleFenceError
from bot.domain.report import ReportKind


class BotLine:
    """Carries reports and orders, and knows whether the claim still stands."""

    def __init__(self, claim: Claim, take_order: Callable[[Mapping[str, JSON]], None]) -> None:
        self._claim = claim
        self._take_order = take_order
        self._stale = ""
        self._last_is_said = False

    def open(self) -> None:
        """Begin to send reports and to take orders."""
        hand_over = self._claim.loop.hand_over
        Sender(
            self._claim.client(),
            self._claim.outbox,
            on_result=lambda take, result: hand_over(lambda: take(result)),
            on_stale=lambda why: hand_over(lambda: self._lose_claim(why)),
        ).start()
        OrderWatch(
            self._claim.client(),
            on_order=lambda order: hand_over(lambda: self._take_order(order)),
            on_stale=lambda why: hand_over(lambda: self._be_told_of_loss(why)),
            sign_of_life=self._claim.sign_of_life,
        ).start()

    def say_last(self, kind: ReportKind, data: Mapping[str, JSON]) -> None:
        """Send the report that nothing comes after."""
        self._last_is_said = True
        self._claim.outbox.add(kind, data)

    def check(self) -> None:
        """Raises StaleFenceError when the claim is over."""
        if self._stale:
            raise StaleFenceError(self._stale)

    def _be_told_of_loss(self, why: str) -> None:
        # The claim may die with the last report while its answer is still on its way.
        if not self._last_is_said:
            self._lose_claim(why)

    def _lose_claim(self, why: str) -> None:
        sys.stderr.write(f"The claim is over: {why}\n")
        self._stale = why
