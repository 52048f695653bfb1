"""Opens the pull requests that are wanted, and looks at those that are open.

Webhooks only say where to look sooner: what counts is what the host shows when it is asked, so
that one that is lost, late or told twice changes nothing.
"""

import logging
from collections.abc import Callable
from datetime import timedelta

from bot.domain.errors import ConflictError, UnavailableError, UserError
from bot.domain.pull_request import PullRequest, SeenPull
from bot.ports.code_host import CodeHost
from bot.ports.store import Store, Topic
from bot.services.pull_requesting import (
    compose,
    settle_deleted,
    settle_failed,
    settle_opened,
    settle_seen,
)

_LOG = logging.getLogger(__name__)
_POLL = 5.0
"""Seconds until it looks again though nothing woke it."""
_BATCH = 50
_REMEMBERED = timedelta(days=7)
"""How long a delivery is remembered; longer than its sender can repeat it."""


class PullRequestWorker:
    """Works on one pull request after the other."""

    def __init__(self, store: Store, host: CodeHost, *, link: Callable[[str], str]) -> None:
        """`link` gives the address of a run's page, by its key, or nothing."""
        self._store = store
        self._host = host
        self._link = link

    async def run(self) -> None:
        """Work for ever; ends by cancellation. What happened while no bot was there comes first."""
        caught_up = False
        while True:
            watch = self._store.watch(Topic.PULL_REQUESTS)
            try:
                if self._store.leads() and not caught_up:
                    await self.catch_up()
                caught_up = self._store.leads()
                done = await self.turn() if caught_up else 0
            except (ConflictError, UnavailableError) as error:
                _LOG.warning("pull requests wait: %s", error)
                done = 0
            if not done:
                await watch.wait(_POLL)

    async def catch_up(self) -> None:
        """Let every open pull request be looked at now."""
        await self._store.write(lambda tx: tx.pull_requests.look_at_all())

    async def forget_deliveries(self) -> None:
        """Forget the deliveries that can no longer be repeated."""
        await self._store.write(lambda tx: tx.deliveries.forget_before(tx.now() - _REMEMBERED))

    async def turn(self) -> int:
        """Work on everything that is due now; says how many there were."""
        due = await self._store.read(lambda tx: tx.pull_requests.due(tx.now(), limit=_BATCH))
        for pull in due:
            await self._work_on(pull)
        return len(due)

    async def _work_on(self, pull: PullRequest) -> None:
        work = self._open if pull.told < pull.wanted else self._look
        try:
            await work(pull)
        except UnavailableError as error:
            await self._fail(pull, str(error), retry_after=error.retry_after, lasting=False)
        except UserError as error:
            await self._fail(pull, error.text, retry_after=None, lasting=True)

    async def _open(self, pull: PullRequest) -> None:
        """Open it, or bring it up to date."""
        url = self._link(f"R-{pull.run_id}")
        draft = await self._store.read(lambda tx: compose(tx, pull, url))
        if draft is None:
            await self._store.write(lambda tx: settle_deleted(tx, pull))
            return
        seen, promoted = await self._host.open_pull_request(draft), None
        if pull.promote:
            seen, promoted = await self._promote(pull, seen, url)
        await self._store.write(lambda tx: settle_opened(tx, pull, seen, promoted=promoted))

    async def _promote(self, pull: PullRequest, seen: SeenPull, url: str) -> tuple[SeenPull, bool]:
        """Mark a draft ready; where that is not allowed, its description says whose it is to do."""
        if not seen.draft:
            return seen, True
        try:
            return await self._host.mark_ready(pull.repository, seen.number), True
        except UserError as error:
            _LOG.warning("%s #%d stays a draft: %s", pull.repository, seen.number, error.text)
        draft = await self._store.read(lambda tx: compose(tx, pull, url, kept_draft=True))
        return (await self._host.open_pull_request(draft) if draft else seen), False

    async def _look(self, pull: PullRequest) -> None:
        seen = await self._host.load_pull_request(pull.repository, pull.number)
        await self._store.write(lambda tx: settle_seen(tx, pull, seen))

    async def _fail(
        self, pull: PullRequest, why: str, *, retry_after: float | None, lasting: bool
    ) -> None:
        _LOG.warning("the pull request of R-%s waits: %s", pull.run_id, why)
        await self._store.write(
            lambda tx: settle_failed(tx, pull, why, retry_after=retry_after, lasting=lasting)
        )
