"""EmbeddedJobSource: the built-in agent's way to jobs, in the bot's own process."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.domain.assignment import Assignment
from bot.domain.codec import JSON
from bot.domain.errors import ConflictError, UserError
from bot.domain.job import job_key
from bot.domain.report import Report, ReportKind
from bot.ports.clock import Ids
from bot.ports.job_source import Held, MissingTool, Offer, Planning
from bot.ports.store import Store, Topic, Tx, Watch
from bot.ports.vault import Vault
from bot.services.claiming import claim, decline, find_held, held, lose
from bot.services.planning import begin_planning, end_planning
from bot.services.reporting import take
from bot.services.rules import RulesNow
from bot.services.sealing import deliver

_PATIENCE = timedelta(seconds=15)
"""How long past its grace a runner may take to end by itself."""


class EmbeddedJobSource:
    """Claims straight from the store."""

    def __init__(self, store: Store, *, rules: RulesNow, ids: Ids, vault: Vault) -> None:
        """`rules` is asked anew for every claim."""
        self._store = store
        self._vault = vault
        self._rules = rules
        self._ids = ids
        self._watch: Watch = store.watch(Topic.QUEUE)

    async def unplanned(self, offer: Offer) -> Planning | None:
        """See JobSource."""
        return await self._store.write(lambda tx: begin_planning(tx, offer))

    async def planned(self, job: str, lacking: Sequence[MissingTool]) -> None:
        """See JobSource."""
        await self._store.write(lambda tx: end_planning(tx, self._rules(), job, lacking))

    async def claim(self, offer: Offer) -> Assignment | None:
        """See JobSource."""
        token = self._ids.token()

        def unit(tx: Tx) -> Assignment | None:
            claimed = claim(tx, self._rules(), offer, token=token)
            if claimed is None or not claimed.resume_gate:
                return claimed
            decision = deliver(tx, self._vault, claimed.resume_decision)
            return replace(claimed, resume_decision=decision)

        return await self._store.write(unit)

    async def decline(self, job: str, fence: int, reason: str) -> None:
        """See JobSource; a claim that is over already is no error."""
        try:
            await self._store.write(lambda tx: decline(tx, job, fence, reason=reason))
        except ConflictError:
            return

    async def held(self, agent: str) -> tuple[Held, ...]:
        """See JobSource."""
        late = self._rules().periods.grace + _PATIENCE
        return await self._store.read(lambda tx: held(tx, agent, late=late))

    async def lost(self, job: str, fence: int, exit_record: Mapping[str, JSON] | None) -> None:
        """See JobSource."""
        await self._store.write(lambda tx: self._lost(tx, job, fence, exit_record))

    def _lost(self, tx: Tx, key: str, fence: int, record: Mapping[str, JSON] | None) -> None:
        job = find_held(tx, key, fence)
        if job is None:
            return
        kind = record.get("kind") if record else None
        if record and kind in {ReportKind.ENDED, ReportKind.PARKED}:
            last = Report(seq=job.report_seq + 1, kind=ReportKind(kind), data=record)
            try:
                with tx.savepoint():
                    take(tx, self._rules(), job, [last])
            except UserError:
                lose(tx, job, reason="The runner died and its last report is unreadable")
            return
        lose(tx, job, reason="The runner died")

    async def removable(self, agent: str) -> tuple[str, ...]:
        """See JobSource."""
        return await self._store.read(
            lambda tx: tuple(_key(tx, job) for job in tx.workspaces.removable(agent, tx.now()))
        )

    async def removed(self, job: str) -> None:
        """See JobSource."""
        await self._store.write(lambda tx: tx.workspaces.removed(tx.jobs.by_key(job).id))

    async def wait(self, seconds: float) -> None:
        """See JobSource."""
        await self._watch.wait(seconds)


def _key(tx: Tx, job_id: int) -> str:
    job = tx.jobs.load(job_id)
    return job_key(job.run_id, job.number)
