"""The claim loop: takes jobs that fit, hands them to an executor, and cleans up after them."""

import asyncio
import logging
from collections.abc import Mapping

from adapters.tools import has_tool
from bot.domain.codec import JSON
from bot.domain.errors import UnavailableError
from bot.ports.executor import Executor, FoundRunner
from bot.ports.job_source import Held, JobSource, MissingTool, Offer

_LOG = logging.getLogger(__name__)
_POLL = 1.0
"""Seconds until it looks again though nothing woke it."""


class AgentLoop:
    """One agent on one machine."""

    def __init__(self, source: JobSource, executor: Executor, offer: Offer) -> None:
        """`offer.slots` runners at most are alive at once."""
        self._source = source
        self._executor = executor
        self._offer = offer

    async def run(self) -> None:
        """Adopt what is there, then claim for ever; ends by cancellation."""
        while True:
            if not await self.turn():
                await self._source.wait(_POLL)

    async def turn(self) -> bool:
        """Tend the claims and take one more; whether there may be another at once."""
        try:
            held = await self.tend()
            await self._plan()
            return await self._claim_one(free=self._offer.slots - len(held))
        except UnavailableError as error:
            _LOG.warning("the agent tries again: %s", error)
            await asyncio.sleep(_POLL)
            return False

    async def tend(self) -> tuple[Held, ...]:
        """Compare what the bot believes with what is there; returns the claims still held.

        A live runner is left alone: it finds the bot by itself, also after a restart. A dead
        one's last words are brought to the bot; runners without a claim are ended.
        """
        found = {runner.job: runner for runner in await self._executor.find()}
        held = await self._source.held(self._offer.agent)
        kept = [claim for claim in held if await self._tend_claim(claim, found.get(claim.job))]
        claims = {claim.job: claim.fence for claim in held}
        for job, runner in found.items():
            if claims.get(job) != runner.fence and not runner.alive:
                await self._executor.kill(job)
                await self._executor.forget(job)
        await self._sweep_workspaces()
        return tuple(kept)

    async def _tend_claim(self, claim: Held, runner: FoundRunner | None) -> bool:
        """Whether the claim goes on."""
        if runner and runner.fence == claim.fence and runner.alive and not claim.kill:
            return True
        await self._executor.kill(claim.job)
        record: Mapping[str, JSON] | None = None
        if runner and runner.fence == claim.fence:
            record = runner.exit_record
        await self._source.lost(claim.job, claim.fence, record)
        if runner:
            await self._executor.forget(claim.job)
        return False

    async def _plan(self) -> None:
        """Look for the tools of the runbooks that wait for it."""
        agent = self._offer.agent
        while planning := await self._source.unplanned(self._offer):
            lacking = [
                MissingTool(step=need.step, tool=need.tool, agent=agent)
                for need in planning.needs
                if not has_tool(need.tool, path=planning.path)
            ]
            await self._source.planned(planning.job, lacking)

    async def _sweep_workspaces(self) -> None:
        for job in await self._source.removable(self._offer.agent):
            await self._executor.kill(job)
            await self._executor.remove_workspace(job)
            await self._source.removed(job)

    async def _claim_one(self, *, free: int) -> bool:
        """Claim and start a job if there is room and one fits."""
        if free <= 0:
            return False
        assignment = await self._source.claim(self._offer)
        if assignment is None:
            return False
        try:
            await self._executor.start(assignment)
        except UnavailableError as error:
            _LOG.warning("%s could not be started: %s", assignment.job, error)
            await self._source.decline(assignment.job, assignment.fence, str(error))
        return True
