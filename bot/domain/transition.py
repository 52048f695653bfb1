"""Every change of a job's status, decided purely: `decide(job, intent, now)`.

The one diagram is the table of docs/model.md. Whatever is not written here is refused and
changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.actor import AGENT, Actor
from bot.domain.codec import JSON
from bot.domain.errors import ConflictError, IllegalTransitionError
from bot.domain.events import EventType, NewEvent
from bot.domain.job import CLAIM_LIMIT, Job, job_key
from bot.domain.labels import missing
from bot.domain.vocabulary import LIVE, Reason, Status


@dataclass(frozen=True, kw_only=True)
class Claim:
    """An agent takes a queued job."""

    agent: str
    labels: tuple[str, ...]
    token_hash: str
    lease: timedelta
    compute_rate: float = 0.0
    """US dollars per hour of the agent's machine."""


@dataclass(frozen=True, kw_only=True)
class Decline:
    """The agent could not begin: the job goes back, or is given up after too many tries."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Start:
    """The program's first sign of life."""

    phase: str


@dataclass(frozen=True, kw_only=True)
class Wait:
    """A gate holds the job."""

    gate: int
    checkpoint: str
    """What the phase is named after; empty: the phase stays, as that of runbooks does."""


@dataclass(frozen=True, kw_only=True)
class Park:
    """The program left while its gate is open; the slot is free."""


@dataclass(frozen=True, kw_only=True)
class Resume:
    """The gate let it go on: at once, or by a new claim where the program has left."""

    actor: Actor
    gate: int
    rank: int
    """The rank at the front of the queue."""


@dataclass(frozen=True, kw_only=True)
class End:
    """Somebody or something ends it: `status` is where it ends, by way of cancelling."""

    actor: Actor
    status: Status
    reason_code: Reason
    reason: str


@dataclass(frozen=True, kw_only=True)
class Finish:
    """The runner says that the program is gone and everything it started too."""

    status: Status
    exit_code: int | None = None
    reason_code: Reason | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class LoseLease:
    """Nothing was heard of the claim for too long, or its runner is known to be dead."""

    retry_safe: bool
    reason: str = "The runner was lost"


Intent = Claim | Decline | Start | Wait | Park | Resume | End | Finish | LoseLease


@dataclass(frozen=True, kw_only=True)
class Transition:
    """What follows from an intent: the job as it is now, and the one event that says so."""

    job: Job
    event: NewEvent


def decide(job: Job, intent: Intent, now: datetime) -> Transition:
    """What `intent` makes of `job` at `now`.

    Raises IllegalTransitionError where the status does not allow it, ConflictError where
    somebody else was first.
    """
    match intent:
        case Claim():
            return _claim(job, intent, now)
        case Decline():
            return _decline(job, intent.reason, now)
        case Start():
            return _start(job, intent, now)
        case Wait():
            return _wait(job, intent, now)
        case Park():
            return _park(job)
        case Resume():
            return _resume(job, intent, now)
        case End():
            return _end(job, intent, now)
        case Finish():
            return _finish(job, intent, now)
        case _:
            return _lose_lease(job, intent, now)


def told(job: Job) -> dict[str, JSON]:
    """The fields of a job that its events carry, so that replaying them gives its state."""
    return {
        "job": job.number,
        "attempt": job.attempt,
        "status": job.status.value,
        "phase": job.phase,
        "reason_code": job.reason_code.value if job.reason_code else None,
        "reason": job.reason,
        "fence": job.fence,
    }


def _changed(
    job: Job,
    event: EventType,
    *,
    actor: Actor = AGENT,
    more: Mapping[str, JSON] | None = None,
) -> Transition:
    data = {**told(job), **(more or {})}
    return Transition(job=job, event=NewEvent(type=event, actor=actor, data=data))


_IMPOSED = frozenset({Status.CANCELLED, Status.TIMED_OUT, Status.FAILED})
_EARNED = frozenset({Status.SUCCEEDED, Status.PARTIAL, Status.FAILED})
_NEVER_DUE = (Status.SCHEDULED, Status.TIMED_OUT)
_LEFT = "The program ended before its gate was decided"


def _require(job: Job, *statuses: Status, doing: str) -> None:
    if job.status not in statuses:
        key = job_key(job.run_id, job.number)
        raise IllegalTransitionError(f"{key} is {_words(job.status)}; it cannot be {doing}.")


def _require_program(job: Job) -> None:
    if not job.program_present:
        key = job_key(job.run_id, job.number)
        raise IllegalTransitionError(f"{key} is parked: no program works on it now.")


def _words(status: Status) -> str:
    return status.value.replace("_", " ") if status.live else f"already {_ended(status)}"


def _ended(status: Status) -> str:
    return "partly succeeded" if status is Status.PARTIAL else status.value.replace("_", " ")


def _claim(job: Job, intent: Claim, now: datetime) -> Transition:
    if job.status is not Status.QUEUED:
        raise ConflictError("the job is no longer queued")
    lacking = missing(job.labels, intent.labels)
    if lacking:
        raise IllegalTransitionError(f"The agent lacks the labels {', '.join(lacking)}.")
    if job.workspace_agent not in {None, intent.agent}:
        raise IllegalTransitionError(f"Its workspace is on agent {job.workspace_agent}.")
    claimed = replace(
        job,
        status=Status.CLAIMED,
        agent=intent.agent,
        workspace_agent=intent.agent,
        fence=job.fence + 1,
        token_hash=intent.token_hash,
        lease_expires_at=now + intent.lease,
        heartbeat_at=now,
        claimed_at=now,
        report_seq=0,
        program_present=True,
        compute_rate=intent.compute_rate,
        may_push="",
        waited=job.waited + (now - job.queued_at if job.resume_gate else timedelta(0)),
    )
    return _changed(claimed, EventType.JOB_CLAIMED, more={"agent": intent.agent})


def _released(job: Job, status: Status, now: datetime) -> Job:
    """The job without its claim."""
    return replace(
        job,
        status=status,
        agent=None,
        token_hash="",
        lease_expires_at=None,
        program_present=False,
        quiet_since=None,
        waiting_since=None,
        cancelling_since=None,
        ended_at=None if status.live else now,
        queued_at=now if status is Status.QUEUED else job.queued_at,
    )


def _decline(job: Job, reason: str, now: datetime) -> Transition:
    _require(job, Status.CLAIMED, doing="declined")
    count = job.claim_count + 1
    if count >= CLAIM_LIMIT:
        gone = replace(
            _released(job, Status.FAILED, now),
            claim_count=count,
            reason_code=Reason.DELIVERIES_EXHAUSTED,
            reason=f"Given up after {count} deliveries: {reason}",
        )
        return _changed(gone, EventType.JOB_ENDED)
    back = replace(
        _released(job, Status.QUEUED, now),
        claim_count=count,
        workspace_agent=job.workspace_agent if job.resume_gate else None,
    )
    return _changed(back, EventType.JOB_DECLINED, more={"why": reason})


def _start(job: Job, intent: Start, now: datetime) -> Transition:
    _require(job, Status.CLAIMED, doing="started")
    started = replace(
        job,
        status=Status.RUNNING,
        phase=intent.phase or job.phase,
        started_at=job.started_at or now,
        reported_at=now,
    )
    return _changed(started, EventType.JOB_STARTED)


def _wait(job: Job, intent: Wait, now: datetime) -> Transition:
    _require(job, Status.RUNNING, Status.QUEUED, doing="held by a gate")
    waiting = replace(
        job,
        status=Status.WAITING,
        phase=f"checkpoint:{intent.checkpoint}" if intent.checkpoint else job.phase,
        held_phase=job.phase,
        quiet_since=None,
        waiting_since=now,
        resume_gate=None,
    )
    return _changed(waiting, EventType.JOB_WAITING, more={"gate": intent.gate})


def _park(job: Job) -> Transition:
    _require(job, Status.WAITING, doing="parked")
    _require_program(job)
    parked = replace(job, program_present=False, agent=None, token_hash="", lease_expires_at=None)
    return _changed(parked, EventType.JOB_PARKED)


def _resume(job: Job, intent: Resume, now: datetime) -> Transition:
    _require(job, Status.WAITING, doing="resumed")
    more = {"gate": intent.gate}
    waited = now - (job.waiting_since or now) if job.started_at else timedelta(0)
    resumed = replace(
        job,
        phase=job.held_phase,
        held_phase="",
        waiting_since=None,
        waited=job.waited + waited,
    )
    if job.program_present:
        on = replace(resumed, status=Status.RUNNING, reported_at=now)
        return _changed(on, EventType.JOB_RESUMED, actor=intent.actor, more=more)
    queued = replace(
        resumed,
        status=Status.QUEUED,
        queued_at=now,
        rank=intent.rank,
        resume_gate=intent.gate if job.started_at else None,
    )
    return _changed(queued, EventType.JOB_REQUEUED, actor=intent.actor, more=more)


def _end(job: Job, intent: End, now: datetime) -> Transition:
    _require(job, *(LIVE - {Status.CANCELLING}), doing="ended again")
    if intent.status not in _IMPOSED or (job.status, intent.status) == _NEVER_DUE:
        raise IllegalTransitionError(
            f"A {job.status.value} job cannot end {_ended(intent.status)}."
        )
    ending = replace(job, reason_code=intent.reason_code, reason=intent.reason)
    if job.unclaimed:
        ended = _released(ending, intent.status, now)
        return _changed(ended, EventType.JOB_ENDED, actor=intent.actor)
    cancelling = replace(
        ending,
        status=Status.CANCELLING,
        ends_as=intent.status,
        waited=job.waited + (now - (job.waiting_since or now)),
        waiting_since=None,
        cancelling_since=now,
    )
    more = {"ends_as": intent.status.value}
    return _changed(cancelling, EventType.JOB_CANCELLING, actor=intent.actor, more=more)


def _finish(job: Job, intent: Finish, now: datetime) -> Transition:
    if job.status is Status.CANCELLING:
        return _cancelled(job, now, exit_code=intent.exit_code)
    if job.status is Status.CLAIMED and intent.status is Status.FAILED:
        return _decline(job, intent.reason or "it ended before it started", now)
    _require(job, Status.RUNNING, Status.WAITING, doing="finished")
    _require_program(job)
    if intent.status not in _EARNED:
        raise IllegalTransitionError(f"A program cannot end {_ended(intent.status)}.")
    if job.status is Status.WAITING and intent.status is not Status.FAILED:
        intent = replace(intent, status=Status.FAILED, reason_code=Reason.STEP_FAILED, reason=_LEFT)
    ended = replace(
        _released(job, intent.status, now),
        exit_code=intent.exit_code,
        reason_code=intent.reason_code,
        reason=intent.reason,
    )
    return _changed(ended, EventType.JOB_ENDED, more={"exit_code": intent.exit_code})


def _cancelled(job: Job, now: datetime, *, exit_code: int | None = None) -> Transition:
    status = job.ends_as or Status.CANCELLED
    ended = replace(_released(job, status, now), exit_code=exit_code)
    return _changed(ended, EventType.JOB_ENDED, more={"exit_code": exit_code})


def _lose_lease(job: Job, intent: LoseLease, now: datetime) -> Transition:
    if job.status is Status.CANCELLING:
        return _cancelled(job, now)
    if job.status is Status.CLAIMED:
        return _decline(job, intent.reason, now)
    _require(job, Status.RUNNING, Status.WAITING, doing="taken back")
    _require_program(job)
    if job.status is Status.RUNNING and intent.retry_safe:
        back = replace(
            _released(job, Status.QUEUED, now),
            workspace_agent=None,
            resume_gate=None,
            started_at=None,
            waited=timedelta(0),
        )
        return _changed(back, EventType.JOB_REQUEUED, more={"why": intent.reason})
    ended = replace(
        _released(job, Status.FAILED, now), reason_code=Reason.LEASE_LOST, reason=intent.reason
    )
    return _changed(ended, EventType.JOB_ENDED)
