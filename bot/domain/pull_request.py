"""Pull requests: what a run's branch is offered as, and what people made of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique

from bot.domain.vocabulary import Disposition

LOOK_EVERY = timedelta(minutes=3)
"""Between two looks at an open one, for whatever no webhook has told."""
LOOK_EVERY_CLOSED = timedelta(hours=1)
LOOK_AFTER_CLOSE = timedelta(days=14)
"""How long a rejected one is looked at, because it may be opened again."""
GIVE_UP_AFTER = timedelta(days=7)
"""How long it is tried to open one."""
_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=10)
_TOLD_AT = 4
"""The attempt at which people are told that it takes longer."""


@unique
class PullState(StrEnum):
    """Where a pull request stands."""

    WANTED = "wanted"
    """Not opened yet."""
    OPEN = "open"
    MERGED = "merged"
    CLOSED = "closed"
    """Closed without a merge."""
    GIVEN_UP = "given_up"
    """It could not be opened, and is tried no more."""


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """The pull request of a run; it is to be opened or brought up to date while told < wanted."""

    id: int
    run_id: int
    surface: str
    """The code host: github."""
    repository: str
    """As the host calls it: acme/shop."""
    branch: str
    commit: str
    """The commit that was pushed last."""
    draft: bool = False
    promote: bool = False
    """It was a draft while work was missing, and is to become ready for review."""
    state: PullState = PullState.WANTED
    number: int = 0
    """0 until it was opened."""
    url: str = ""
    head: str = ""
    """The commit that the host shows at its tip."""
    wanted: int = 1
    told: int = 0
    attempts: int = 0
    problem: str = ""
    """What people were told of why it takes longer."""
    wanted_at: datetime
    closed_at: datetime | None = None
    due_at: datetime | None
    """When it is looked at next; None for never again."""


@dataclass(frozen=True, kw_only=True)
class Review:
    """A review that asks for changes. All of it is untrusted."""

    id: str
    by: str
    text: str
    comments: tuple[str, ...] = ()
    """What was said beside lines, each with its place: `shop/money.py:7: why not Decimal?`."""
    left_out: int = 0
    """How many more of those there are."""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class SeenPull:
    """A pull request as its host shows it now."""

    number: int
    url: str
    state: PullState
    """OPEN, MERGED or CLOSED."""
    head: str
    draft: bool = False
    by: str = ""
    """Who merged it, as the host calls them; empty where that is not told."""
    reviews: tuple[Review, ...] = ()
    """Those that ask for changes, oldest first."""


_OF_STATE: Mapping[PullState, Disposition] = {
    PullState.OPEN: Disposition.PR_OPEN,
    PullState.MERGED: Disposition.PR_MERGED,
    PullState.CLOSED: Disposition.PR_REJECTED,
}
_PATHS: Mapping[tuple[Disposition, Disposition], tuple[Disposition, ...]] = {
    (Disposition.NONE, Disposition.PR_OPEN): (Disposition.PR_OPEN,),
    (Disposition.NONE, Disposition.PR_MERGED): (Disposition.PR_OPEN, Disposition.PR_MERGED),
    (Disposition.PR_OPEN, Disposition.PR_MERGED): (Disposition.PR_MERGED,),
    (Disposition.PR_OPEN, Disposition.PR_REJECTED): (Disposition.PR_REJECTED,),
    (Disposition.PR_REJECTED, Disposition.PR_OPEN): (Disposition.PR_OPEN,),
    (Disposition.PR_REJECTED, Disposition.PR_MERGED): (
        Disposition.PR_OPEN,
        Disposition.PR_MERGED,
    ),
}


def decide_dispositions(now: Disposition, state: PullState) -> tuple[Disposition, ...]:
    """What an ended run passes through so that it says what the host shows; often nothing.

    What people did later, such as reviewing the run, is never taken back.
    """
    target = _OF_STATE.get(state)
    return _PATHS.get((now, target), ()) if target else ()


def next_look(pull: PullRequest, now: datetime) -> datetime | None:
    """When a pull request is looked at again, from its state alone."""
    if pull.state in {PullState.OPEN, PullState.WANTED}:
        return now + LOOK_EVERY
    closed = pull.state is PullState.CLOSED and pull.closed_at is not None
    if closed and pull.closed_at and now - pull.closed_at < LOOK_AFTER_CLOSE:
        return now + LOOK_EVERY_CLOSED
    return None


def back_off(attempts: int, retry_after: float | None) -> timedelta:
    """How long to wait after so many failures; at least as long as the host asks for."""
    doubled = min(_FIRST_WAIT * (1 << min(attempts, 16)), _LONGEST_WAIT)
    return max(doubled, timedelta(seconds=retry_after or 0))


def is_news(pull: PullRequest, *, lasting: bool) -> bool:
    """Whether people are to be told now that it takes longer: once, and not of a hiccup.

    `lasting` says that waiting alone will not mend it.
    """
    return not pull.problem and (lasting or pull.attempts + 1 >= _TOLD_AT)
