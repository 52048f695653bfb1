"""Which state an issue should be in, by what has become of the run that works on it.

A tracker has states of a few types in a fixed order; each team names its own. What a tracker's
adapter needs stands on the run's card: the attributes `issue`, `issue_id`, `issue_moment` (a
Moment, or empty) and `issue_state` (the name that policy gives that moment, or empty). It reads
the team's states and the issue's present one, asks `decide_state`, and moves the issue or not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from bot.domain.run import Run
from bot.domain.vocabulary import Disposition, Status


@unique
class Moment(StrEnum):
    """When an issue may move."""

    STARTED = "started"
    """The run is really at work."""
    PR_OPENED = "pr_opened"
    MERGED = "merged"
    FAILED = "failed"


IssueStates = Mapping[Moment, str]
"""For one team the names of the states that its issues move to; what is not named has no move,
but for STARTED, which has the first state of type `started`."""

_ORDER = ("triage", "backlog", "unstarted", "started", "completed")
"""The types of states, from the earliest on. Of any other type an issue is out of the flow."""
_STARTED = "started"
_OVER = "completed"


@dataclass(frozen=True, kw_only=True)
class IssueState:
    """A state of a team's flow."""

    id: str
    name: str
    type: str
    """triage, backlog, unstarted, started, completed; others are ends of their own."""
    position: float
    """Where it stands among those of its type."""


def find_moment(run: Run) -> Moment | None:
    """What has become of a run, as far as it concerns the state of its issue."""
    if run.disposition is Disposition.PR_MERGED:
        return Moment.MERGED
    if run.disposition is Disposition.PR_OPEN:
        return Moment.PR_OPENED
    if run.status in {Status.FAILED, Status.TIMED_OUT}:
        return Moment.FAILED
    if run.status.live and run.started_at is not None:
        return Moment.STARTED
    return None


def decide_state(
    moment: Moment, named: str, *, states: Sequence[IssueState], current: IssueState
) -> IssueState | None:
    """The state that an issue moves to; None where it stays.

    It never moves backwards, never out of an end, and on STARTED without a name only into the
    first started state.
    """
    if current.type not in _ORDER or current.type == _OVER:
        return None
    wanted = _find(moment, named, states)
    if wanted is None or wanted.type not in _ORDER or _place(wanted) <= _place(current):
        return None
    return wanted


def _find(moment: Moment, named: str, states: Sequence[IssueState]) -> IssueState | None:
    if named:
        called = (state for state in states if state.name.casefold() == named.casefold())
        return next(called, None)
    started = [state for state in states if state.type == _STARTED]
    return min(started, key=_place, default=None) if moment is Moment.STARTED else None


def _place(state: IssueState) -> tuple[int, float]:
    return _ORDER.index(state.type), state.position
