"""What a pull request makes of a run, and when it is looked at: pure decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from bot.domain.pull_request import (
    LOOK_AFTER_CLOSE,
    LOOK_EVERY,
    LOOK_EVERY_CLOSED,
    PullRequest,
    PullState,
    back_off,
    decide_dispositions,
    is_news,
    next_look,
)
from bot.domain.vocabulary import Disposition

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
PULL = PullRequest(
    id=1,
    run_id=1,
    surface="github",
    repository="acme/shop",
    branch="b",
    commit="c",
    wanted_at=NOW,
    due_at=NOW,
)
NONE, OPEN = Disposition.NONE, Disposition.PR_OPEN
MERGED, REJECTED = Disposition.PR_MERGED, Disposition.PR_REJECTED
ALLOWED = {(NONE, OPEN), (OPEN, MERGED), (OPEN, REJECTED), (REJECTED, OPEN)}
"""The transitions of docs/model.md that are not people's own."""


@pytest.mark.parametrize(("now", "state"), [*product(Disposition, PullState)])
def test_every_step_is_one_that_the_model_has(now: Disposition, state: PullState) -> None:
    for following in decide_dispositions(now, state):
        assert (now, following) in ALLOWED
        now = following


@pytest.mark.parametrize(
    ("now", "state", "path"),
    [
        (NONE, PullState.OPEN, (OPEN,)),
        (NONE, PullState.CLOSED, ()),
        (OPEN, PullState.OPEN, ()),
        (OPEN, PullState.MERGED, (MERGED,)),
        (OPEN, PullState.CLOSED, (REJECTED,)),
        (REJECTED, PullState.OPEN, (OPEN,)),
        (REJECTED, PullState.MERGED, (OPEN, MERGED)),
        (MERGED, PullState.OPEN, ()),
        (Disposition.REVIEWED, PullState.CLOSED, ()),
        (Disposition.DELETED, PullState.MERGED, ()),
        (OPEN, PullState.WANTED, ()),
    ],
)
def test_a_run_follows_its_pull_request(
    now: Disposition, state: PullState, path: tuple[Disposition, ...]
) -> None:
    assert decide_dispositions(now, state) == path


def test_how_often_it_is_looked_at_follows_from_its_state() -> None:
    closed = replace(PULL, state=PullState.CLOSED, closed_at=NOW)
    assert next_look(replace(PULL, state=PullState.OPEN), NOW) == NOW + LOOK_EVERY
    assert next_look(closed, NOW) == NOW + LOOK_EVERY_CLOSED
    assert next_look(closed, NOW + LOOK_AFTER_CLOSE) is None
    assert next_look(replace(closed, state=PullState.MERGED), NOW) is None


def test_pauses_double_up_to_ten_minutes_and_heed_the_host() -> None:
    waits = [back_off(attempts, None).total_seconds() for attempts in (0, 1, 2, 3, 50)]
    assert waits == [2, 4, 8, 16, 600]
    assert back_off(0, 3_600) == timedelta(hours=1)


def test_people_are_told_once_and_not_of_a_hiccup() -> None:
    assert not is_news(PULL, lasting=False)
    assert is_news(PULL, lasting=True)
    assert is_news(replace(PULL, attempts=3), lasting=False)
    assert not is_news(replace(PULL, attempts=3, problem="told"), lasting=True)
