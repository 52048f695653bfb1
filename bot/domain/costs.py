"""Costs: what was spent, entry by entry, and sums of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique

from bot.domain.job import Job
from bot.domain.run import Cost
from bot.domain.vocabulary import Status


@unique
class CostBy(StrEnum):
    """What costs are summed by."""

    PERSON = "person"
    """The owner of the run."""
    PROJECT = "project"
    BLUEPRINT = "blueprint"
    DAY = "day"
    """The day in UTC on which it was spent."""


@dataclass(frozen=True, kw_only=True)
class CostEntry:
    """What a job spent at one moment; never changed once it is stored."""

    run_id: int
    job_id: int
    at: datetime
    cost: Cost


@dataclass(frozen=True, kw_only=True)
class CostSum:
    """What several runs have cost together."""

    key: str
    """The person, project, blueprint or day (2026-11-20); empty for all of them."""
    runs: int
    cost: Cost


def computed(before: Job, after: Job, now: datetime) -> timedelta:
    """The machine time of a job that a transition settles; zero while its work goes on.

    It counts from the program's first start, or the claim where it never started, without the
    time that was spent waiting for people and for a slot after them.
    """
    given_up = before.started_at is not None and after.started_at is None
    began = before.started_at or (before.claimed_at if before.token_hash else None)
    if began is None or (after.status.live and not given_up):
        return timedelta(0)
    idle_since = before.waiting_since or (
        before.queued_at if before.status is Status.QUEUED else None
    )
    idle = now - idle_since if idle_since else timedelta(0)
    return max(now - began - before.waited - idle, timedelta(0))
