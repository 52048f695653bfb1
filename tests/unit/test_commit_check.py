"""Checks beside commits: what is shown for which status, and when."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.commit_check import PACE, CheckState, CommitCheck, check_state, telling_at
from bot.domain.vocabulary import Status
from tests.fakes.clock import NOON

CHECK = CommitCheck(
    id=1, run_id=1, surface="github", repository="a/b", commit="c", attempt=1, due_at=NOON
)
TOLD = replace(CHECK, told="running R-1", told_at=NOON, due_at=NOON + timedelta(seconds=1))


@pytest.mark.parametrize("status", Status)
def test_only_an_end_is_told_for_good(status: Status) -> None:
    assert check_state(status, superseded=False).ended is not status.live
    assert check_state(status, superseded=True) is CheckState.SUPERSEDED


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (Status.QUEUED, CheckState.QUEUED),
        (Status.CLAIMED, CheckState.RUNNING),
        (Status.WAITING, CheckState.RUNNING),
        (Status.CANCELLING, CheckState.RUNNING),
        (Status.TIMED_OUT, CheckState.TIMED_OUT),
    ],
)
def test_what_is_shown(status: Status, state: CheckState) -> None:
    assert check_state(status, superseded=False) is state


def test_the_first_and_the_last_are_told_at_once_and_the_rest_at_a_pace() -> None:
    assert telling_at(CHECK, "running R-1", ended=False) == CHECK.due_at
    assert telling_at(TOLD, "running R-1", ended=False) is None
    assert telling_at(TOLD, "running waits", ended=False) == NOON + PACE
    assert telling_at(TOLD, "succeeded R-1", ended=True) == TOLD.due_at
