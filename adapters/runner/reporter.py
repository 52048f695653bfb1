"""The two threads that speak with the bot: one sends reports, one waits for orders."""

import sys
import threading
from collections.abc import Callable

from adapters.runner.bot_client import BotClient, WrongReportError
from adapters.runner.ending import LAST_KINDS, failed
from adapters.runner.outbox import Numbered, OnResult, Outbox, encode_report
from adapters.runner.output import Draft
from adapters.runner.pauses import Pauses
from bot.domain.codec import JSON
from bot.domain.errors import StaleFenceError, UnavailableError
from bot.domain.report import ReportKind
from bot.domain.vocabulary import Reason

_ORDERS_WAIT = 20
"""Seconds that the bot may keep a call for orders open."""


class Sender:
    """Delivers what is in the outbox, in order, for as long as it takes."""

    def __init__(
        self,
        client: BotClient,
        outbox: Outbox,
        *,
        on_result: Callable[[OnResult, JSON], None],
        on_stale: Callable[[str], None],
    ) -> None:
        self._client = client
        self._outbox = outbox
        self._on_result = on_result
        self._on_stale = on_stale

    def start(self) -> None:
        """Send from now on; the thread ends with the process or the claim."""
        threading.Thread(target=self._run, name="sender", daemon=True).start()

    def _run(self) -> None:
        try:
            while True:
                self._deliver(self._outbox.next_batch())
        except StaleFenceError as error:
            self._on_stale(str(error))

    def _deliver(self, batch: list[Numbered]) -> None:
        pauses = Pauses()
        while batch:
            try:
                body = b'{"reports": [' + b", ".join(report.body for report in batch) + b"]}"
                rest = self._rest(batch, self._client.post_reports(body))
                if len(rest) == len(batch):
                    pauses.pause()
                batch = rest
            except UnavailableError:
                pauses.pause()
            except WrongReportError as error:
                if len(batch) == 1:
                    batch = [self._substitute(batch[0], error.text)]
                else:
                    for report in batch:
                        self._deliver([report])
                    return

    def _rest(self, batch: list[Numbered], answer: JSON) -> list[Numbered]:
        """Hand out the results; what has not been taken yet."""
        taken, results = answer.get("taken", 0), answer.get("results", {})
        for report in batch:
            if report.on_result is not None and report.seq <= taken:
                nothing = {"error": "The bot did not answer this report."}
                self._on_result(report.on_result, results.get(str(report.seq), nothing))
        return [report for report in batch if report.seq > taken]

    def _substitute(self, report: Numbered, why: str) -> Numbered:
        """What takes the number of a refused report, because a gap would be refused as well."""
        text = f"The bot refused the runner's report “{report.kind.value}”: {why}"
        sys.stderr.write(f"{text}\n")
        if report.refused:
            raise StaleFenceError(text)
        if report.on_result is not None:
            self._on_result(report.on_result, {"error": why})
        if report.kind in LAST_KINDS:
            instead = failed(Reason.INTERNAL_ERROR, text)
        else:
            instead = Draft(kind=ReportKind.LOG, data={"stream": "runner", "text": f"{text}\n"})
        body = encode_report(report.seq, instead.kind, instead.data)
        return Numbered(report.seq, instead.kind, body, refused=True)


class OrderWatch:
    """Keeps a call for orders open at all times, which also renews the lease."""

    def __init__(
        self,
        client: BotClient,
        *,
        on_order: Callable[[JSON], None],
        on_stale: Callable[[str], None],
        sign_of_life: threading.Event,
    ) -> None:
        self._client = client
        self._on_order = on_order
        self._on_stale = on_stale
        self._sign_of_life = sign_of_life

    def start(self) -> None:
        """Watch from now on; the thread ends with the process or the claim."""
        threading.Thread(target=self._run, name="orders", daemon=True).start()

    def _run(self) -> None:
        pauses, after = Pauses(), 0
        while True:
            alive = self._sign_of_life.is_set()
            self._sign_of_life.clear()
            try:
                orders = self._client.get_orders(after, wait=_ORDERS_WAIT, alive=alive)
            except StaleFenceError as error:
                self._on_stale(str(error))
                return
            except (UnavailableError, WrongReportError):
                if alive:
                    self._sign_of_life.set()
                pauses.pause()
                continue
            pauses.reset()
            for order in orders:
                after = max(after, order["id"])
                self._on_order(order)
