"""What takes too long, and how long that is in words."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.actor import CLOCK
from bot.domain.blueprint import Timeouts
from bot.domain.deadlines import decide_overdue, say_duration
from bot.domain.job import Job
from bot.domain.vocabulary import Reason, Status
from tests.unit.domain_samples import NOW, a_job

TIMEOUTS = Timeouts(
    queue=timedelta(hours=24),
    start=timedelta(minutes=5),
    run=timedelta(hours=2),
    idle=timedelta(minutes=30),
)
RUNNING = a_job(Status.RUNNING, reported_at=NOW)
BUSY = a_job(Status.RUNNING, reported_at=NOW + timedelta(hours=9))
PATIENT = a_job(Status.RUNNING, reported_at=NOW + timedelta(hours=9), waited=timedelta(hours=1))


@pytest.mark.parametrize(
    ("job", "limit", "reason", "words"),
    [
        (a_job(), timedelta(hours=24), Reason.QUEUE_TIMEOUT, "No agent took it within 1 d"),
        (
            a_job(Status.CLAIMED),
            timedelta(minutes=5),
            Reason.START_TIMEOUT,
            "It did not start within 5 min",
        ),
        (BUSY, timedelta(hours=2), Reason.RUN_TIMEOUT, "It ran for more than 2 h"),
        (PATIENT, timedelta(hours=3), Reason.RUN_TIMEOUT, "It ran for more than 2 h"),
        (RUNNING, timedelta(minutes=30), Reason.IDLE_TIMEOUT, "It said nothing for 30 min"),
    ],
)
def test_each_timeout_ends_the_job_once_it_is_over(
    job: Job, limit: timedelta, reason: Reason, words: str
) -> None:
    assert decide_overdue(job, TIMEOUTS, NOW + limit) is None
    end = decide_overdue(job, TIMEOUTS, NOW + limit + timedelta(seconds=1))
    assert end is not None
    assert (end.status, end.reason_code, end.reason) == (Status.TIMED_OUT, reason, words)
    assert end.actor == CLOCK


@pytest.mark.parametrize(
    "status", sorted(set(Status) - {Status.QUEUED, Status.CLAIMED, Status.RUNNING})
)
def test_nothing_else_is_timed(status: Status) -> None:
    assert decide_overdue(a_job(status), TIMEOUTS, NOW + timedelta(days=99)) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (-5, "0 s"),
        (40, "40 s"),
        (59.6, "1 min"),
        (7_500, "2 h 5 min"),
        (90_061, "1 d 1 h"),
        (86_405, "1 d 5 s"),
    ],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert say_duration(timedelta(seconds=seconds)) == words


@given(st.timedeltas(timedelta(seconds=1), timedelta(days=900)))
def test_every_duration_has_one_or_two_units(duration: timedelta) -> None:
    assert len(say_duration(duration).split()) in {2, 4}
