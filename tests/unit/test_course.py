"""Courses: every phase in its place, with how it went and how long it took."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.course import PhaseStep, StepState, draw_course
from bot.domain.events import EventType
from bot.domain.vocabulary import PHASES, Profile, Status
from tests.unit.test_timeline import MINUTE, WORK, history, job

POD = Profile.POD


def shown(*steps: PhaseStep) -> list[str]:
    return [
        f"{step.state.mark} {step.name}" + (f" {step.took // MINUTE}" if step.took else "")
        for step in steps
    ]


def test_an_ended_run_has_only_what_it_came_to() -> None:
    drawn = draw_course(POD, Status.CANCELLED, history(*WORK))
    assert shown(*drawn) == ["✔ dispatched", "✔ STARTED 3", "⊘ PLANNING 18"]


def test_a_live_run_has_what_is_to_come() -> None:
    drawn = draw_course(POD, Status.RUNNING, history(*WORK[:5]))
    to_come = ["○ EXECUTING", "○ COMMITTING", "○ PR_RAISED", "○ COMPLETED"]
    assert shown(*drawn) == ["✔ dispatched", "✔ STARTED 3", "▸ PLANNING", *to_come]
    assert drawn[2].began_at == history(*WORK)[4].at


def test_a_checkpoint_holds_the_phase_that_it_interrupts() -> None:
    drawn = draw_course(POD, Status.WAITING, history(*WORK[:7]))
    assert shown(*drawn)[2] == "⏸ PLANNING"
    assert drawn[2].began_at == history(*WORK)[6].at


def test_a_new_attempt_and_a_new_beginning_start_over() -> None:
    again = job(Status.RUNNING, "STARTED", attempt=2)
    opened = (25, EventType.ATTEMPT_OPENED, job(Status.QUEUED, "dispatched", attempt=2))
    drawn = draw_course(
        POD, Status.RUNNING, history(*WORK, opened, (27, EventType.JOB_STARTED, again))
    )
    assert shown(*drawn)[:2] == ["✔ dispatched 2", "▸ STARTED"]
    back = (8, EventType.JOB_REQUEUED, job(Status.QUEUED, "dispatched"))
    drawn = draw_course(POD, Status.QUEUED, history(*WORK[:5], back))
    assert shown(*drawn)[:2] == ["▸ dispatched", "○ STARTED"]


def test_what_comes_after_the_end_is_done_at_once() -> None:
    drawn = draw_course(
        POD,
        Status.SUCCEEDED,
        history(
            (0, EventType.JOB_STARTED, job(Status.RUNNING, "EXECUTING")),
            (5, EventType.JOB_ENDED, job(Status.SUCCEEDED, "EXECUTING")),
            (7, EventType.PULL_REQUEST_OPENED, job(Status.SUCCEEDED, "PR_RAISED")),
        ),
    )
    assert shown(*drawn)[3:] == ["✔ EXECUTING 5", "✔ COMMITTING", "✔ PR_RAISED"]


def test_phases_without_an_order_stand_as_they_came() -> None:
    drawn = draw_course(
        Profile.PIPELINE,
        Status.FAILED,
        history(
            (0, EventType.JOB_STARTED, job(Status.RUNNING)),
            (1, EventType.PHASE_REACHED, job(Status.RUNNING, "build")),
            (2, EventType.PHASE_REACHED, job(Status.RUNNING, "test")),
            (5, EventType.PHASE_REACHED, job(Status.RUNNING, "build")),
            (6, EventType.JOB_ENDED, job(Status.FAILED, "build")),
        ),
    )
    assert shown(*drawn) == ["✔ build 1", "✔ test 3", "✖ build 1"]


def test_no_phase_is_no_course() -> None:
    ended = (1, EventType.JOB_ENDED, job(Status.CANCELLED))
    assert draw_course(Profile.AUTOMATION, Status.CANCELLED, history(ended)) == ()


@pytest.mark.parametrize("profile", Profile)
@given(data=st.data())
def test_at_most_one_phase_goes_on_and_the_known_ones_keep_their_order(
    profile: Profile, data: st.DataObject
) -> None:
    names = st.sampled_from([*PHASES[profile], "linting", "checkpoint:plan", ""])
    reached = data.draw(st.lists(names, max_size=12))
    moves = history(
        *(
            (at, EventType.PHASE_REACHED, job(Status.RUNNING, name))
            for at, name in enumerate(reached)
        )
    )
    drawn = draw_course(profile, Status.RUNNING, moves)
    known = [step.name for step in drawn if step.name in PHASES[profile]]
    states = [step.state for step in drawn]
    assert known == sorted(known, key=PHASES[profile].index)
    assert len(set(known)) == len(known)
    assert states.count(StepState.WORKING) == (1 if drawn else 0)
