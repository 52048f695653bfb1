"""Jobs and the order of the queue."""

import re
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Executable, bindparam, insert, select, update

from bot.domain.errors import NotFoundError
from bot.domain.job import RANK_GAP, Job
from bot.domain.vocabulary import LIVE, Status
from bot.ports.store import Topic
from storage.columns import without
from storage.scope import Scope, Values
from storage.tables import CLAIMED, LIVE_ONLY, QUEUED, jobs

_KEY = re.compile(r"R-([0-9]{1,18})\.([0-9]{1,9})")

_CREATE = insert(jobs)
_CHANGE = update(jobs).where(jobs.c.id == bindparam("of"))
_LOAD = select(jobs).where(jobs.c.id == bindparam("id"))
_OF_RUN = select(jobs).where(jobs.c.run_id == bindparam("run")).order_by(jobs.c.number)
_BY_KEY = select(jobs).where(
    jobs.c.run_id == bindparam("run"), jobs.c.number == bindparam("number_")
)
_QUEUE = (
    select(jobs)
    .where(QUEUED)
    .order_by(jobs.c.priority.desc(), jobs.c.rank, jobs.c.id)
    .limit(bindparam("most"))
)
_TAKE = (  # SQLite has no row locks, and leaves the wish for one out
    select(jobs.c.id).where(QUEUED, jobs.c.id == bindparam("id")).with_for_update(skip_locked=True)
)
_IN_STATUS = (
    select(jobs).where(jobs.c.status.in_(bindparam("statuses", expanding=True))).order_by(jobs.c.id)
)
_LIVE_IN_STATUS = _IN_STATUS.where(LIVE_ONLY)
_HELD = select(jobs).where(CLAIMED, jobs.c.agent == bindparam("by")).order_by(jobs.c.id)
_FIRST_RANK = select(jobs.c.rank).where(QUEUED).order_by(jobs.c.rank).limit(1)
_LAST_RANK = select(jobs.c.rank).where(QUEUED).order_by(jobs.c.rank.desc()).limit(1)


class SqlJobs:
    """The Jobs port."""

    def __init__(self, scope: Scope) -> None:
        """Jobs within one transaction."""
        self._scope = scope

    def create(self, job: Job) -> Job:
        """Store a new job, return it with its id; a rank of 0 becomes the queue's end."""
        rank = job.rank or (self._scope.run(_LAST_RANK).scalar() or 0) + RANK_GAP
        ranked = replace(job, rank=rank)
        job_id = self._scope.insert(_CREATE, without(vars(ranked), "id"))
        self._wake_if_queued(job)
        return replace(ranked, id=job_id)

    def load(self, job_id: int) -> Job:
        """Raises NotFoundError."""
        return Job(**self._scope.load(_LOAD, job_id, noun="job"))

    def of_run(self, run_id: int) -> tuple[Job, ...]:
        """All jobs of a run over all attempts, by number."""
        return self._jobs(_OF_RUN, {"run": run_id})

    def by_key(self, key: str) -> Job:
        """The job that `R-81.1` names. Raises NotFoundError."""
        named = _KEY.fullmatch(key)
        found = (
            self._jobs(_BY_KEY, {"run": int(named[1]), "number_": int(named[2])}) if named else ()
        )
        if not found:
            raise NotFoundError(f"There is no job “{key[:40]}”; a job's key looks like R-81.1.")
        return found[0]

    def save(self, job: Job) -> None:
        """Store a changed job. Raises NotFoundError."""
        self._scope.change(_CHANGE, {**without(vars(job), "id"), "of": job.id}, noun="job")
        self._wake_if_queued(job)
        if not job.status.live:
            self._scope.woken.add(Topic.OUTPUT)

    def queued(self, *, limit: int) -> tuple[Job, ...]:
        """Queued jobs in the order of the queue: priority down, rank up, id up."""
        return self._jobs(_QUEUE, {"most": limit})

    def take(self, job_id: int) -> bool:
        """Keep a queued job for this transaction; False while another has it."""
        return self._scope.run(_TAKE, {"id": job_id}).first() is not None

    def in_status(self, *statuses: Status) -> tuple[Job, ...]:
        """All jobs in these statuses, by id."""
        statement = _LIVE_IN_STATUS if LIVE.issuperset(statuses) else _IN_STATUS
        return self._jobs(statement, {"statuses": statuses})

    def held_by(self, agent: str) -> tuple[Job, ...]:
        """Jobs with a claim of this agent: those with a token."""
        return self._jobs(_HELD, {"by": agent})

    def front_rank(self) -> int:
        """A rank before every queued job."""
        # Never 0, which would ask `create` for the end.
        return ((self._scope.run(_FIRST_RANK).scalar() or 0) - RANK_GAP) or -RANK_GAP

    def touch(self, job_id: int, *, lease_expires_at: datetime, at: datetime, alive: bool) -> None:
        """Renew a lease. Raises NotFoundError."""
        heard = {"lease_expires_at": lease_expires_at, "heartbeat_at": at}
        if alive:
            heard["reported_at"] = at
        self._scope.change(_CHANGE, {**heard, "of": job_id}, noun="job")

    def _jobs(self, statement: Executable, values: Values) -> tuple[Job, ...]:
        return tuple(Job(**fields) for fields in self._scope.rows(statement, values))

    def _wake_if_queued(self, job: Job) -> None:
        if job.status is Status.QUEUED:
            self._scope.woken.add(Topic.QUEUE)
