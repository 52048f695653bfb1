"""A run's status from the statuses of its jobs."""

from collections.abc import Collection

from bot.domain.vocabulary import Status

_MOST_TELLING = (Status.WAITING, Status.CANCELLING)


def derive_status(jobs: Collection[Status]) -> Status:
    """The status of a run whose latest attempt has jobs in these statuses.

    A run with one job copies it; no jobs at all is `cancelled` (no_steps).
    Skipped dependants are left out by the caller.
    """
    if not jobs:
        return Status.CANCELLED
    seen = set(jobs)
    if len(seen) == 1:
        return next(iter(seen))
    for status in _MOST_TELLING:
        if status in seen:
            return status
    if any(status.live for status in seen):
        return _derive_live(seen)
    return _derive_ended(seen)


def _derive_live(seen: set[Status]) -> Status:
    ended_beside_live = any(not status.live for status in seen)
    if Status.RUNNING in seen or ended_beside_live:
        return Status.RUNNING
    if Status.CLAIMED in seen:
        return Status.CLAIMED
    return Status.QUEUED


def _derive_ended(seen: set[Status]) -> Status:
    if seen & {Status.SUCCEEDED, Status.PARTIAL}:
        return Status.PARTIAL
    return Status.FAILED
