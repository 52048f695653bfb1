"""Prices of tokens, machine time that counts, and what a program says it did."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain import notes
from bot.domain.actor import CLOCK, person
from bot.domain.codec import JSON
from bot.domain.costs import computed
from bot.domain.events import Event, EventType
from bot.domain.job import Job
from bot.domain.notes import Notes, gather
from bot.domain.prices import ModelPrice, Prices, compute_usd
from bot.domain.transition import Claim, End, Finish, LoseLease, Park, Resume, Start, Wait, decide
from bot.domain.vocabulary import Profile, Reason, Status, native_phase
from tests.unit.domain_samples import LEASE, NOW, a_job

SMALL = ModelPrice(input=1, output=5)
LARGE = ModelPrice(input=3, output=15, cached_input=0.3)
PRICES = Prices(models={"gpt-*": SMALL, "gpt-5*": LARGE, "sonnet": LARGE, "*": SMALL})


@pytest.mark.parametrize(
    ("model", "price"),
    [("sonnet", LARGE), ("gpt-5-codex", LARGE), ("gpt-4", SMALL), ("other", SMALL), ("", None)],
)
def test_the_nearest_name_counts(model: str, price: ModelPrice | None) -> None:
    assert PRICES.find(model) is price
    assert Prices().find(model) is None


def test_tokens_cost_what_the_list_says() -> None:
    assert SMALL.of(read=1_000_000, cached=400_000, written=200_000) == 2
    assert LARGE.of(read=1_000_000, cached=500_000, written=0) == pytest.approx(1.65)


def test_time_costs_its_rate() -> None:
    assert compute_usd(timedelta(minutes=90), 0.5) == 0.75


@pytest.mark.parametrize(
    ("profile", "phase", "native"),
    [
        (Profile.POD, "planning", "PLANNING"),
        (Profile.POD, "working", "EXECUTING"),
        (Profile.POD, "COMMITTING", "COMMITTING"),
        (Profile.AGENT, "planning", "agent_working"),
        (Profile.PIPELINE, "planning", "planning"),
    ],
)
def test_phases_are_said_in_the_profiles_words(profile: Profile, phase: str, native: str) -> None:
    assert native_phase(profile, phase) == native


class Story:
    """A job to which things happen, each some minutes after the one before."""

    def __init__(self) -> None:
        self.job = a_job(Status.QUEUED)
        self.now = NOW
        self.counted = timedelta(0)

    def then(self, intent: object, minutes: int = 0) -> Job:
        self.now += timedelta(minutes=minutes)
        before, self.job = self.job, decide(self.job, intent, self.now).job  # type: ignore[arg-type]
        self.counted += computed(before, self.job, self.now)
        return self.job

    def begins(self) -> "Story":
        self.then(Claim(agent="local", labels=(), token_hash="t", lease=LEASE, compute_rate=2))
        self.then(Start(phase=""), 1)
        return self


ANA = person("ana", "web")
RESUME = Resume(actor=ANA, gate=1, rank=0)
STOP = End(actor=ANA, status=Status.CANCELLED, reason_code=Reason.STOPPED, reason="")


def test_machine_time_leaves_waiting_out() -> None:
    story = Story().begins()
    story.then(Wait(gate=1, checkpoint="plan"), 5)
    story.then(RESUME, 60)
    assert story.counted == timedelta(0)
    story.then(Finish(status=Status.SUCCEEDED), 7)
    assert story.counted == timedelta(minutes=12)
    assert story.job.compute_rate == 2


def test_a_parked_job_costs_nothing_until_it_is_claimed_again() -> None:
    story = Story().begins()
    story.then(Wait(gate=1, checkpoint="plan"), 5)
    story.then(Park(), 10)
    story.then(RESUME, 60)
    story.then(Claim(agent="local", labels=(), token_hash="u", lease=LEASE), 30)
    story.then(Start(phase=""), 1)
    story.then(Finish(status=Status.SUCCEEDED), 7)
    assert story.counted == timedelta(minutes=13)


@pytest.mark.parametrize("resumed", [False, True])
def test_a_parked_job_that_is_stopped_counts_its_first_claim(*, resumed: bool) -> None:
    story = Story().begins()
    story.then(Wait(gate=1, checkpoint="plan"), 5)
    story.then(Park(), 10)
    if resumed:
        story.then(RESUME, 60)
    story.then(STOP, 30)
    assert story.counted == timedelta(minutes=5)


def test_a_stop_at_a_gate_leaves_the_wait_out() -> None:
    story = Story().begins()
    story.then(Wait(gate=1, checkpoint="plan"), 5)
    story.then(STOP, 180)
    story.then(Finish(status=Status.FAILED), 1)
    assert story.counted == timedelta(minutes=6)


def test_what_is_done_again_is_counted_each_time() -> None:
    story = Story().begins()
    story.then(LoseLease(retry_safe=True), 5)
    assert story.counted == timedelta(minutes=5)
    story.then(STOP, 60)
    assert story.counted == timedelta(minutes=5)


def test_a_claim_that_never_started_counts_and_an_old_one_does_not() -> None:
    story = Story()
    story.then(Claim(agent="local", labels=(), token_hash="t", lease=LEASE), 60)
    story.then(STOP, 2)
    story.then(Finish(status=Status.FAILED), 1)
    assert story.counted == timedelta(minutes=3)
    idle = replace(a_job(Status.QUEUED), claimed_at=NOW, token_hash="")
    ended = decide(idle, STOP, NOW + timedelta(hours=1)).job
    assert computed(idle, ended, NOW + timedelta(hours=1)) == timedelta(0)


def told(*facts: dict[str, JSON] | None) -> Notes:
    """The notes of these reports; None stands for a new attempt."""
    return gather(
        Event(
            run_id=81,
            seq=seq,
            type=EventType.ATTEMPT_OPENED if data is None else EventType.NOTE_REPORTED,
            actor=CLOCK,
            at=NOW,
            data=data or {},
        )
        for seq, data in enumerate(facts, start=1)
    )


def test_notes_gather_what_a_program_did() -> None:
    found = told(
        {"topic": "plan", "text": "old"},
        {"topic": "plan", "text": "new"},
        {"topic": "files", "files": ["b", "a"]},
        {"topic": "files", "files": ["a", "c"]},
        {"topic": "tests", "text": "pytest: 1 failed", "state": "failed"},
        {"topic": "tests", "text": "npm test: ok", "state": "passed"},
        {"topic": "tests", "text": "pytest: 2 passed", "state": "passed"},
        {"topic": "question", "text": "why?"},
    )
    assert found == Notes(
        plan="new",
        files=("b", "a", "c"),
        tests=(
            notes.Tested(passed=True, text="pytest: 2 passed"),
            notes.Tested(passed=True, text="npm test: ok"),
        ),
    )


def test_a_new_attempt_begins_without_notes() -> None:
    assert told({"topic": "plan", "text": "old"}, None) == Notes()
