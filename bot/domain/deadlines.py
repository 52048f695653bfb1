"""Deadlines of a job: which of its blueprint's timeouts has passed, if any."""

from datetime import datetime, timedelta

from bot.domain.actor import CLOCK
from bot.domain.blueprint import Timeouts
from bot.domain.job import Job
from bot.domain.transition import End
from bot.domain.vocabulary import Reason, Status


def decide_overdue(job: Job, timeouts: Timeouts, now: datetime) -> End | None:
    """The end that a job has come to by taking too long; None while it is in time.

    Time spent waiting for people counts neither as running nor as idle.
    """
    if job.status is Status.QUEUED and now > job.queued_at + timeouts.queue:
        return _end(Reason.QUEUE_TIMEOUT, f"No agent took it within {say(timeouts.queue)}")
    if job.status is Status.CLAIMED and now > (job.claimed_at or now) + timeouts.start:
        return _end(Reason.START_TIMEOUT, f"It did not start within {say(timeouts.start)}")
    if job.status is not Status.RUNNING:
        return None
    if now > (job.started_at or now) + job.waited + timeouts.run:
        return _end(Reason.RUN_TIMEOUT, f"It ran for more than {say(timeouts.run)}")
    if now > (job.reported_at or now) + timeouts.idle:
        return _end(Reason.IDLE_TIMEOUT, f"It said nothing for {say(timeouts.idle)}")
    return None


def _end(code: Reason, words: str) -> End:
    return End(actor=CLOCK, status=Status.TIMED_OUT, reason_code=code, reason=words)


def say(duration: timedelta) -> str:
    """A duration in words, its two largest units: `2 h 5 min`, `40 s`."""
    seconds = max(0, round(duration.total_seconds()))
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            parts.append(f"{seconds // size} {unit}")
            seconds %= size
    return " ".join(parts[:2]) or "0 s"
