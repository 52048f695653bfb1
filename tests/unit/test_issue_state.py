"""The state that an issue should be in: never backwards, started only once there is work."""

from typing import Any

import pytest

from bot.domain.issue_state import IssueState, Moment, decide_state, find_moment
from bot.domain.vocabulary import Disposition, Status
from tests.unit.domain_samples import NOW, a_run

STATES = {
    name: IssueState(id=name, name=name, type=type_, position=position)
    for name, type_, position in (
        ("Triage", "triage", 0),
        ("Backlog", "backlog", 0),
        ("Todo", "unstarted", 0),
        ("In Review", "started", 2),
        ("In Progress", "started", 1),
        ("Done", "completed", 0),
        ("Shipped", "completed", 1),
        ("Canceled", "canceled", 0),
        ("Duplicate", "duplicate", 0),
    )
}


@pytest.mark.parametrize(
    ("fields", "moment"),
    [
        ({"status": Status.QUEUED}, None),
        ({"status": Status.CLAIMED}, None),
        ({"status": Status.WAITING}, None),
        ({"status": Status.RUNNING, "started_at": NOW}, Moment.STARTED),
        ({"status": Status.WAITING, "started_at": NOW}, Moment.STARTED),
        ({"status": Status.SUCCEEDED, "started_at": NOW}, None),
        ({"status": Status.CANCELLED, "started_at": NOW}, None),
        ({"status": Status.FAILED}, Moment.FAILED),
        ({"status": Status.TIMED_OUT}, Moment.FAILED),
        ({"status": Status.SUCCEEDED, "disposition": Disposition.PR_OPEN}, Moment.PR_OPENED),
        ({"status": Status.FAILED, "disposition": Disposition.PR_OPEN}, Moment.PR_OPENED),
        ({"status": Status.SUCCEEDED, "disposition": Disposition.PR_MERGED}, Moment.MERGED),
        ({"status": Status.SUCCEEDED, "disposition": Disposition.PR_REJECTED}, None),
    ],
)
def test_what_has_become_of_a_run_is_a_moment_or_none(
    fields: dict[str, Any], moment: Moment | None
) -> None:
    assert find_moment(a_run(**fields)) is moment


@pytest.mark.parametrize(
    ("moment", "named", "current", "wanted"),
    [
        # Without a name only a start moves, into the first started state.
        (Moment.STARTED, "", "Triage", "In Progress"),
        (Moment.STARTED, "", "Backlog", "In Progress"),
        (Moment.STARTED, "", "Todo", "In Progress"),
        (Moment.STARTED, "", "In Progress", None),
        (Moment.STARTED, "", "In Review", None),
        (Moment.STARTED, "", "Done", None),
        (Moment.STARTED, "", "Canceled", None),
        (Moment.STARTED, "", "Duplicate", None),
        (Moment.PR_OPENED, "", "Todo", None),
        (Moment.MERGED, "", "Todo", None),
        (Moment.FAILED, "", "Todo", None),
        # With one, letter case aside, forwards alone.
        (Moment.STARTED, "in review", "Todo", "In Review"),
        (Moment.PR_OPENED, "In Review", "In Progress", "In Review"),
        (Moment.PR_OPENED, "In Review", "In Review", None),
        (Moment.PR_OPENED, "In Progress", "In Review", None),
        (Moment.PR_OPENED, "In Review", "Done", None),
        (Moment.MERGED, "Done", "In Review", "Done"),
        (Moment.MERGED, "Shipped", "Done", None),
        (Moment.MERGED, "Done", "Canceled", None),
        (Moment.FAILED, "Todo", "In Progress", None),
        (Moment.FAILED, "In Review", "In Progress", "In Review"),
        (Moment.FAILED, "Canceled", "In Progress", None),
        (Moment.FAILED, "No such state", "In Progress", None),
    ],
)
def test_an_issue_moves_forwards_or_not_at_all(
    moment: Moment, named: str, current: str, wanted: str | None
) -> None:
    states = list(STATES.values())
    moved = decide_state(moment, named, states=states, current=STATES[current])
    assert (moved.name if moved else None) == wanted


def test_a_team_without_started_states_moves_nothing_by_itself() -> None:
    assert decide_state(Moment.STARTED, "", states=[STATES["Done"]], current=STATES["Todo"]) is None
