"""Audit: whether a run's history is whole, and whether what is stored is what it adds up to."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.events import Event, EventType, chain
from bot.domain.job import Job, job_key
from bot.domain.replay import ReplayedJob, replay
from bot.domain.run import Run
from bot.domain.vocabulary import Disposition


@dataclass(frozen=True, kw_only=True)
class Break:
    """The first place where a run's history does not hold; `seq` is None for the run as a whole."""

    run: str
    seq: int | None
    why: str

    def __str__(self) -> str:
        place = f"{self.run}, event {self.seq}" if self.seq else self.run
        return f"{place}: {self.why}"


def decide_audit(run: Run, events: Sequence[Event], jobs: Sequence[Job]) -> Break | None:
    """The first break of a run's history, or None where all of it holds.

    Of a deleted run the texts are gone, so that only the order and the last hash can be proven.
    """
    deleted = run.disposition is Disposition.DELETED
    broken = _broken_chain(run, events, purged=deleted)
    if broken is not None or deleted:
        return broken
    return _broken_sum(run, events, jobs)


def _broken_chain(run: Run, events: Sequence[Event], *, purged: bool) -> Break | None:
    head = ""
    for expected, event in enumerate(events, start=1):
        if event.seq != expected:
            return Break(run=run.key, seq=expected, why=f"it is missing; {event.seq} follows")
        head = chain(head, replace(event, hash="")) if not purged else event.hash
        if event.hash != head:
            why = f"its hash does not fit what it says ({event.type.value}, {event.actor.name})"
            return Break(run=run.key, seq=event.seq, why=why)
    if (len(events), head) != (run.last_seq, run.head):
        why = f"the run counts {run.last_seq} events, and its head is not the hash of the last"
        return Break(run=run.key, seq=len(events) or None, why=why)
    if purged and events[-1].type is not EventType.DISPOSITION_CHANGED:
        return Break(run=run.key, seq=len(events), why="the run is deleted, but no event says so")
    return None


def _broken_sum(run: Run, events: Sequence[Event], jobs: Sequence[Job]) -> Break | None:
    try:
        told = replay(events)
    except (KeyError, TypeError, ValueError):
        return Break(run=run.key, seq=None, why="its events cannot be added up")
    stored = {job.number: _as_told(job) for job in jobs}
    for number, job in stored.items():
        if told.jobs.get(number) != job:
            why = f"{job_key(run.id, number)} is stored otherwise than its events say"
            return Break(run=run.key, seq=None, why=why)
    sums = {
        "status": (run.status, told.status),
        "attempt": (run.attempt, told.attempt),
        "owner": (run.owner, told.owner),
        "disposition": (run.disposition, told.disposition),
    }
    for name, (kept, replayed) in sums.items():
        if kept != replayed:
            why = f"its {name} is stored as {kept}, its events say {replayed}"
            return Break(run=run.key, seq=None, why=why)
    return None


def _as_told(job: Job) -> ReplayedJob:
    return ReplayedJob(
        attempt=job.attempt,
        status=job.status,
        phase=job.phase,
        reason_code=job.reason_code,
        reason=job.reason,
        fence=job.fence,
    )
