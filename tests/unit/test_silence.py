"""Silences are told once each, and open gates remind twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.blueprint import Timeouts
from bot.domain.deadlines import decide_reminder, decide_silence, first_reminder
from bot.domain.events import EventType
from bot.domain.vocabulary import Status
from tests.unit.domain_samples import NOW, a_gate, a_job

MINUTE = timedelta(minutes=1)
TIMEOUTS = Timeouts(quiet=7 * MINUTE)


def test_a_silence_begins_once_and_ends_with_a_sign_of_life() -> None:
    job = a_job(Status.RUNNING, reported_at=NOW)
    assert decide_silence(job, TIMEOUTS, NOW + 7 * MINUTE) is None
    begun = decide_silence(job, TIMEOUTS, NOW + 8 * MINUTE)
    assert begun == (replace(job, quiet_since=NOW), EventType.WENT_QUIET)
    quiet = begun[0]
    assert decide_silence(quiet, TIMEOUTS, NOW + 60 * MINUTE) is None
    heard = replace(quiet, reported_at=NOW + 61 * MINUTE)
    ended = decide_silence(heard, TIMEOUTS, NOW + 61 * MINUTE)
    assert ended == (replace(heard, quiet_since=None), EventType.SPOKE_AGAIN)


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.RUNNING}))
def test_only_running_programs_can_be_silent(status: Status) -> None:
    assert decide_silence(a_job(status, reported_at=NOW), TIMEOUTS, NOW + 60 * MINUTE) is None


def test_a_program_that_never_spoke_is_given_its_time() -> None:
    assert decide_silence(a_job(Status.RUNNING), TIMEOUTS, NOW + 60 * MINUTE) is None


def test_reminders_come_at_half_and_shortly_before() -> None:
    gate = a_gate(expires_at=NOW + 4 * 60 * MINUTE)
    half = first_reminder(gate.opened_at, gate.expires_at)
    assert half == NOW + 2 * 60 * MINUTE
    once = decide_reminder(gate, half)
    assert (once.reminded, once.remind_at) == (1, gate.expires_at - 10 * MINUTE)
    twice = decide_reminder(once, gate.expires_at - 10 * MINUTE)
    assert (twice.reminded, twice.remind_at) == (2, None)


def test_of_two_that_are_due_only_the_last_is_given() -> None:
    gate = a_gate(expires_at=NOW + 5 * MINUTE)
    late = decide_reminder(gate, NOW + 4 * MINUTE)
    assert (late.reminded, late.remind_at) == (2, None)
