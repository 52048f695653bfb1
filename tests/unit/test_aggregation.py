"""A run's status from its jobs: every combination of up to four against the model's sentence."""

from collections.abc import Callable
from itertools import combinations_with_replacement, permutations

import pytest

from bot.domain.aggregation import derive_status
from bot.domain.vocabulary import TERMINAL, Status


def some_ended(jobs: tuple[Status, ...]) -> bool:
    return any(job in TERMINAL for job in jobs)


def all_ended(jobs: tuple[Status, ...]) -> bool:
    return all(job in TERMINAL for job in jobs)


S = Status
RULES: tuple[tuple[Callable[[tuple[Status, ...]], bool], Status], ...] = (
    (lambda jobs: len(jobs) == 0, S.CANCELLED),
    (lambda jobs: S.WAITING in jobs, S.WAITING),
    (lambda jobs: S.CANCELLING in jobs, S.CANCELLING),
    (lambda jobs: S.RUNNING in jobs, S.RUNNING),
    (lambda jobs: some_ended(jobs) and not all_ended(jobs), S.RUNNING),
    (lambda jobs: S.CLAIMED in jobs, S.CLAIMED),
    (lambda jobs: S.QUEUED in jobs, S.QUEUED),
    (lambda jobs: S.SCHEDULED in jobs, S.SCHEDULED),
    (lambda jobs: all(job is S.CANCELLED for job in jobs), S.CANCELLED),
    (lambda jobs: all(job is S.SUCCEEDED for job in jobs), S.SUCCEEDED),
    (lambda jobs: all(job is S.TIMED_OUT for job in jobs), S.TIMED_OUT),
    (lambda jobs: not any(job in {S.SUCCEEDED, S.PARTIAL} for job in jobs), S.FAILED),
    (all_ended, S.PARTIAL),
)
"""docs/model.md, in its order; a partial job has succeeded in part."""

COMBINATIONS = [
    combination for size in range(5) for combination in combinations_with_replacement(Status, size)
]


def test_every_combination_of_up_to_four_jobs() -> None:
    expected = {jobs: next(s for fits, s in RULES if fits(jobs)) for jobs in COMBINATIONS}
    assert {jobs: derive_status(jobs) for jobs in COMBINATIONS} == expected
    assert len(COMBINATIONS) == 1365


def test_the_order_of_the_jobs_says_nothing() -> None:
    jobs = (S.SUCCEEDED, S.QUEUED, S.FAILED, S.CLAIMED)
    assert {derive_status(order) for order in permutations(jobs)} == {S.RUNNING}


@pytest.mark.parametrize("status", Status)
def test_a_single_job_run_copies_its_job(status: Status) -> None:
    assert derive_status([status]) is status


@pytest.mark.parametrize(
    ("jobs", "status"),
    [
        ([S.SUCCEEDED, S.QUEUED], S.RUNNING),
        ([S.CANCELLED, S.CANCELLED], S.CANCELLED),
        ([S.SUCCEEDED, S.CANCELLED], S.PARTIAL),
        ([S.CANCELLED, S.TIMED_OUT], S.FAILED),
        ([S.TIMED_OUT, S.TIMED_OUT], S.TIMED_OUT),
        ([S.PARTIAL, S.FAILED], S.PARTIAL),
        ([S.WAITING, S.CANCELLING, S.RUNNING], S.WAITING),
    ],
)
def test_the_telling_cases(jobs: list[Status], status: Status) -> None:
    assert derive_status(jobs) is status
