"""The closed words, and phases that never go back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.vocabulary import (
    LIVE,
    PHASES,
    TERMINAL,
    Profile,
    Status,
    phase_advances,
    phase_line,
)


def test_every_status_is_either_live_or_terminal() -> None:
    assert set(Status) == LIVE | TERMINAL
    assert not LIVE & TERMINAL
    assert all(status.live is (status in LIVE) for status in Status)
    assert len(TERMINAL) == 5


def test_every_profile_has_its_phases_each_once() -> None:
    assert set(PHASES) == set(Profile)
    assert all(len(set(order)) == len(order) for order in PHASES.values())


@given(st.sampled_from(Profile), st.data())
def test_known_phases_never_go_back(profile: Profile, data: st.DataObject) -> None:
    order = PHASES[profile]
    shown = ""
    for reported in data.draw(st.lists(st.sampled_from([*order, "", "x"]))):
        if reported != "x" and phase_advances(profile, shown, reported):
            assert shown not in order or order.index(reported) > order.index(shown)
            shown = reported


@given(st.sampled_from(Profile), st.text())
def test_the_same_phase_or_none_is_no_news(profile: Profile, phase: str) -> None:
    assert not phase_advances(profile, phase, phase)
    assert not phase_advances(profile, phase, "")


@pytest.mark.parametrize(
    ("profile", "current", "reported"),
    [
        (Profile.PIPELINE, "node:b", "node:a"),
        (Profile.AUTOMATION, "step:test", "step:install"),
        (Profile.POD, "EXECUTING", "linting"),
        (Profile.AGENT, "", "preparing"),
    ],
)
def test_phases_without_an_order_are_shown_as_they_come(
    profile: Profile, current: str, reported: str
) -> None:
    assert phase_advances(profile, current, reported)


def test_the_phase_line_ticks_what_is_done() -> None:
    order = PHASES[Profile.AGENT]
    assert phase_line(Profile.AGENT, order[1], Status.RUNNING) == (
        "✔ preparing ▸ launching ○ agent_working ○ pr_raised"
    )
    assert phase_line(Profile.AGENT, order[1], Status.SUCCEEDED) == "✔ preparing ✔ launching"
    assert phase_line(Profile.POD, "checkpoint:plan", Status.WAITING) == "checkpoint:plan"
