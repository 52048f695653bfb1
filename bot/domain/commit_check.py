"""Checks beside commits: what a host shows of a run beside what it pushed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique

from bot.domain.vocabulary import Status

PACE = timedelta(seconds=15)
"""Between two tellings of a commit whose run goes on; an end is told at once."""


@unique
class CheckState(StrEnum):
    """What is shown beside a commit."""

    QUEUED = "queued"
    RUNNING = "running"
    """Also while a person is waited for."""
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"
    """The same attempt has pushed another commit since."""

    @property
    def ended(self) -> bool:
        """Whether it is said for good."""
        return self not in {CheckState.QUEUED, CheckState.RUNNING}


_OF_STATUS: Mapping[Status, CheckState] = {
    Status.SCHEDULED: CheckState.QUEUED,
    Status.QUEUED: CheckState.QUEUED,
    Status.SUCCEEDED: CheckState.SUCCEEDED,
    Status.PARTIAL: CheckState.PARTIAL,
    Status.FAILED: CheckState.FAILED,
    Status.TIMED_OUT: CheckState.TIMED_OUT,
    Status.CANCELLED: CheckState.CANCELLED,
}


def check_state(status: Status, *, superseded: bool) -> CheckState:
    """What to show for a commit of an attempt in this status."""
    return CheckState.SUPERSEDED if superseded else _OF_STATUS.get(status, CheckState.RUNNING)


@dataclass(frozen=True, kw_only=True)
class CommitCheck:
    """What is told of a run beside one of its commits; at most one for each of both."""

    id: int
    run_id: int
    surface: str
    """The code host: github."""
    repository: str
    """As the host calls it: acme/shop."""
    commit: str
    attempt: int
    """The run's attempt that pushed it last."""
    ref: str = ""
    """What the host calls it; empty until it was made, or where it has no name."""
    told: str = ""
    """What was told last, in one line; empty for nothing."""
    told_at: datetime | None = None
    failures: int = 0
    """Since it was told last."""
    due_at: datetime | None
    """When it is compared with the run next; None where nothing has changed."""


def telling_at(check: CommitCheck, words: str, *, ended: bool) -> datetime | None:
    """From when on `words` may be told; None where that was done.

    A check that was never told, and an end, may be told since for ever: at its due time.
    """
    if words == check.told:
        return None
    if ended or check.told_at is None:
        return check.due_at
    return check.told_at + PACE
