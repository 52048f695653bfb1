"""Says beside commits on their host how the run that pushed them fares."""

import logging
from collections.abc import Callable

from bot.domain.commit_check import CommitCheck
from bot.domain.errors import ConflictError, NotFoundError, UnavailableError, UserError
from bot.ports.code_host import CodeHost, CommitReport
from bot.ports.store import Store, Topic, Tx
from bot.services.commit_telling import compose_report, postpone, settle_told, settle_untold

_LOG = logging.getLogger(__name__)
_POLL = 5.0
"""Seconds until it looks again though nothing woke it."""
_BATCH = 50


class CommitCheckWorker:
    """Tells one commit after the other."""

    def __init__(self, store: Store, host: CodeHost, *, link: Callable[[str], str]) -> None:
        """`link` gives the address of a run's page, by its key, or nothing."""
        self._store = store
        self._host = host
        self._link = link

    async def run(self) -> None:
        """Work for ever; ends by cancellation."""
        while True:
            watch = self._store.watch(Topic.COMMIT_CHECKS)
            try:
                done = await self.turn() if self._store.leads() else 0
            except (ConflictError, UnavailableError) as error:
                _LOG.warning("checks beside commits wait: %s", error)
                done = 0
            if not done:
                await watch.wait(_POLL)

    async def turn(self) -> int:
        """Work on everything that is due now; says how many there were."""
        due = await self._store.read(lambda tx: tx.commit_checks.due(tx.now(), limit=_BATCH))
        for check in due:
            await self._work_on(check)
        return len(due)

    async def _work_on(self, check: CommitCheck) -> None:
        report = await self._store.write(lambda tx: self._compose(tx, check))
        if report is None:
            return
        try:
            ref = await self._host.report(check.repository, check.commit, report)
        except UnavailableError as error:
            _LOG.warning("the check beside %s waits: %s", check.commit, error)
            await self._fail(check, retry_after=error.retry_after, lasting=False)
        except UserError as error:
            _LOG.warning("no check beside %s of %s: %s", check.commit, check.repository, error.text)
            await self._fail(check, retry_after=None, lasting=True)
        else:
            await self._store.write(lambda tx: settle_told(tx, check, report, ref))

    def _compose(self, tx: Tx, check: CommitCheck) -> CommitReport | None:
        """What to tell now; None where there is nothing, or not yet."""
        try:
            report = compose_report(tx, check, self._link(f"R-{check.run_id}"))
        except NotFoundError:
            return None
        return None if postpone(tx, check, report) else report

    async def _fail(self, check: CommitCheck, *, retry_after: float | None, lasting: bool) -> None:
        await self._store.write(
            lambda tx: settle_untold(tx, check, retry_after=retry_after, lasting=lasting)
        )
