"""Deadlines of jobs and gates: what has passed, who is told of silence, and when to remind."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.actor import CLOCK
from bot.domain.blueprint import Timeouts
from bot.domain.events import EventType
from bot.domain.gate import Gate
from bot.domain.job import Job
from bot.domain.transition import End
from bot.domain.vocabulary import Reason, Status


def decide_overdue(job: Job, timeouts: Timeouts, now: datetime) -> End | None:
    """The end that a job has come to by taking too long; None while it is in time.

    Time spent waiting for people counts neither as running nor as idle.
    """
    if job.status is Status.QUEUED and now > job.queued_at + timeouts.queue:
        return _end(Reason.QUEUE_TIMEOUT, f"No agent took it within {say_duration(timeouts.queue)}")
    if job.status is Status.CLAIMED and now > (job.claimed_at or now) + timeouts.start:
        return _end(Reason.START_TIMEOUT, f"It did not start within {say_duration(timeouts.start)}")
    if job.status is not Status.RUNNING:
        return None
    if now > (job.started_at or now) + job.waited + timeouts.run:
        return _end(Reason.RUN_TIMEOUT, f"It ran for more than {say_duration(timeouts.run)}")
    if now > (job.reported_at or now) + timeouts.idle:
        return _end(Reason.IDLE_TIMEOUT, f"It said nothing for {say_duration(timeouts.idle)}")
    return None


def decide_silence(job: Job, timeouts: Timeouts, now: datetime) -> tuple[Job, EventType] | None:
    """The job after a silence began or ended, and the event that says so, once for each."""
    heard = job.reported_at or now
    if job.status is not Status.RUNNING:
        return None
    if job.quiet_since is None and now > heard + timeouts.quiet:
        return replace(job, quiet_since=heard), EventType.WENT_QUIET
    if job.quiet_since is not None and heard > job.quiet_since:
        return replace(job, quiet_since=None), EventType.SPOKE_AGAIN
    return None


_LAST_CALL = timedelta(minutes=10)
"""How long before a gate's deadline its last reminder comes, if half of it is longer."""


def first_reminder(opened_at: datetime, expires_at: datetime) -> datetime:
    """When people are first reminded of a gate: at half of its deadline."""
    return opened_at + (expires_at - opened_at) / 2


def decide_reminder(gate: Gate, now: datetime) -> Gate:
    """An open gate once the reminder that is due has been given.

    The second comes shortly before the deadline; of two that are due only the second is given.
    """
    whole = gate.expires_at - gate.opened_at
    last = gate.expires_at - min(_LAST_CALL, whole / 5)
    if gate.reminded == 0 and now < last:
        return replace(gate, reminded=1, remind_at=last)
    return replace(gate, reminded=2, remind_at=None)


def _end(code: Reason, words: str) -> End:
    return End(actor=CLOCK, status=Status.TIMED_OUT, reason_code=code, reason=words)


def say_duration(duration: timedelta) -> str:
    """A duration in words, its two largest units: `2 h 5 min`, `40 s`."""
    seconds = max(0, round(duration.total_seconds()))
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            parts.append(f"{seconds // size} {unit}")
            seconds %= size
    return " ".join(parts[:2]) or "0 s"
