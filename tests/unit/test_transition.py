"""The transition table of docs/model.md, pair by pair, and the guards beside it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.actor import AGENT, CLOCK, person
from bot.domain.errors import ConflictError, IllegalTransitionError
from bot.domain.events import EventType
from bot.domain.job import CLAIM_LIMIT, Job, job_key
from bot.domain.transition import (
    Claim,
    Decline,
    End,
    Finish,
    Intent,
    LoseLease,
    Park,
    Resume,
    Start,
    Transition,
    Wait,
    decide,
    told,
)
from bot.domain.vocabulary import TERMINAL, Reason, Status
from tests.unit.domain_samples import LEASE, NOW, a_job

LATER = NOW + timedelta(minutes=5)
CLAIM = Claim(agent="north", labels=("linux",), token_hash="t2", lease=LEASE)
RESUME = Resume(actor=person("ana", "web"), gate=41, rank=-9)


def end(status: Status, reason: Reason = Reason.STOPPED) -> End:
    return End(actor=person("ana", "web"), status=status, reason_code=reason, reason="enough")


INTENTS: dict[str, Intent] = {
    "claim": CLAIM,
    "decline": Decline(reason="disk full"),
    "start": Start(phase="STARTED"),
    "wait": Wait(gate=41, checkpoint="plan"),
    "park": Park(),
    "resume": RESUME,
    "lose": LoseLease(retry_safe=False),
    "lose safely": LoseLease(retry_safe=True),
    **{f"end {status.value}": end(status) for status in Status},
    **{f"finish {status.value}": Finish(status=status, exit_code=3) for status in Status},
}
STATES: dict[str, Job] = {
    **{status.value: a_job(status) for status in Status},
    "parked": decide(a_job(Status.WAITING), Park(), NOW).job,
    "last try": a_job(Status.CLAIMED, claim_count=CLAIM_LIMIT - 1),
}


def ways(origin: str, /, **ends: str) -> dict[tuple[str, str], str]:
    """From one state: intent (with __ for a space) → the status it leads to."""
    return {(origin, intent.replace("__", " ")): status for intent, status in ends.items()}


STOPPED = {
    "end__cancelled": "cancelling",
    "end__timed_out": "cancelling",
    "end__failed": "cancelling",
}
ALLOWED: dict[tuple[str, str], str] = {
    **ways("scheduled", end__cancelled="cancelled", end__failed="failed"),
    **ways(
        "queued",
        claim="claimed",
        wait="waiting",
        end__cancelled="cancelled",
        end__timed_out="timed_out",
        end__failed="failed",
    ),
    **ways(
        "claimed",
        start="running",
        decline="queued",
        finish__failed="queued",
        lose="queued",
        lose__safely="queued",
        **STOPPED,
    ),
    **ways(
        "last try",
        start="running",
        decline="failed",
        finish__failed="failed",
        lose="failed",
        lose__safely="failed",
        **STOPPED,
    ),
    **ways(
        "running",
        wait="waiting",
        finish__succeeded="succeeded",
        finish__partial="partial",
        finish__failed="failed",
        lose="failed",
        lose__safely="queued",
        **STOPPED,
    ),
    **ways(
        "waiting",
        park="waiting",
        resume="running",
        finish__succeeded="failed",
        finish__partial="failed",
        finish__failed="failed",
        lose="failed",
        lose__safely="failed",
        **STOPPED,
    ),
    **ways(
        "parked",
        resume="queued",
        end__cancelled="cancelled",
        end__timed_out="timed_out",
        end__failed="failed",
    ),
    **ways("cancelling", lose="timed_out", lose__safely="timed_out"),
    **{("cancelling", f"finish {status.value}"): "timed_out" for status in Status},
}
"""Everything that may happen; the cancelling sample heads for timed_out."""


@pytest.mark.parametrize("intent", INTENTS)
@pytest.mark.parametrize("state", STATES)
def test_exactly_the_transitions_of_the_model_happen(state: str, intent: str) -> None:
    job, expected = STATES[state], ALLOWED.get((state, intent))
    if expected is None:
        with pytest.raises((IllegalTransitionError, ConflictError)):
            decide(job, INTENTS[intent], LATER)
        return
    after = decide(job, INTENTS[intent], LATER)
    assert after.job.status.value == expected
    assert dict(after.event.data) | told(after.job) == dict(after.event.data)
    assert after.job.fence == job.fence + (intent == "claim")
    assert_whole(after.job)


def assert_whole(job: Job) -> None:
    """What holds in every status: a claim's marks exist exactly while there is one."""
    held = job.status in {Status.CLAIMED, Status.RUNNING, Status.CANCELLING} or (
        job.status is Status.WAITING and job.program_present
    )
    assert bool(job.token_hash) is bool(job.agent) is (job.lease_expires_at is not None) is held
    assert job.program_present is held
    assert (job.ended_at is not None) is (job.status in TERMINAL)
    assert (job.waiting_since is not None) is (job.status is Status.WAITING)
    assert (job.cancelling_since is not None) is (job.status is Status.CANCELLING)


@pytest.mark.parametrize(
    ("intent", "state", "event"),
    [
        ("claim", "queued", EventType.JOB_CLAIMED),
        ("decline", "claimed", EventType.JOB_DECLINED),
        ("decline", "last try", EventType.JOB_ENDED),
        ("start", "claimed", EventType.JOB_STARTED),
        ("wait", "running", EventType.JOB_WAITING),
        ("park", "waiting", EventType.JOB_PARKED),
        ("resume", "waiting", EventType.JOB_RESUMED),
        ("resume", "parked", EventType.JOB_REQUEUED),
        ("end failed", "running", EventType.JOB_CANCELLING),
        ("end failed", "queued", EventType.JOB_ENDED),
        ("finish succeeded", "running", EventType.JOB_ENDED),
        ("finish failed", "claimed", EventType.JOB_DECLINED),
        ("lose", "running", EventType.JOB_ENDED),
        ("lose safely", "running", EventType.JOB_REQUEUED),
        ("lose", "cancelling", EventType.JOB_ENDED),
    ],
)
def test_each_transition_says_what_happened(intent: str, state: str, event: EventType) -> None:
    assert decide(STATES[state], INTENTS[intent], LATER).event.type is event


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "R-81.1 is queued; it cannot be started."),
        ("timed_out", "R-81.1 is already timed out; it cannot be started."),
        ("partial", "R-81.1 is already partly succeeded; it cannot be started."),
    ],
)
def test_a_refusal_says_how_it_stands(state: str, words: str) -> None:
    with pytest.raises(IllegalTransitionError) as refused:
        decide(STATES[state], INTENTS["start"], LATER)
    assert refused.value.text == words


def test_events_carry_who_did_it() -> None:
    assert decide(STATES["running"], INTENTS["end failed"], LATER).event.actor.name == "ana"
    assert decide(STATES["waiting"], INTENTS["resume"], LATER).event.actor.name == "ana"
    assert decide(STATES["running"], INTENTS["finish failed"], LATER).event.actor == AGENT


# --- claims ---------------------------------------------------------------------------------


def test_a_claim_takes_lease_and_fence_and_begins_its_reports_anew() -> None:
    claimed = decide(a_job(fence=4, report_seq=12), CLAIM, LATER).job
    assert (claimed.agent, claimed.workspace_agent, claimed.token_hash) == ("north", "north", "t2")
    assert (claimed.fence, claimed.report_seq) == (5, 0)
    assert (claimed.lease_expires_at, claimed.heartbeat_at) == (LATER + LEASE, LATER)


def test_an_agent_needs_every_label() -> None:
    fits = a_job(labels=("linux",))
    assert decide(fits, CLAIM, LATER).job.status is Status.CLAIMED
    with pytest.raises(IllegalTransitionError, match="gpu, large"):
        decide(replace(fits, labels=("gpu", "large", "linux")), CLAIM, LATER)


def test_a_parked_job_resumes_only_where_its_workspace_is() -> None:
    parked = a_job(workspace_agent="south")
    with pytest.raises(IllegalTransitionError, match="agent south"):
        decide(parked, CLAIM, LATER)
    assert decide(parked, replace(CLAIM, agent="south"), LATER).job.agent == "south"


def test_a_claim_that_came_second_is_told_to_look_again() -> None:
    with pytest.raises(ConflictError):
        decide(STATES["claimed"], CLAIM, LATER)


def test_a_declined_fresh_job_is_free_for_every_agent() -> None:
    back = decide(a_job(Status.CLAIMED), Decline(reason="disk full"), LATER).job
    assert (back.workspace_agent, back.claim_count, back.queued_at) == (None, 1, LATER)


@pytest.mark.parametrize(("declined", "pause"), [(0, 0), (1, 2), (2, 4)])
def test_what_was_declined_is_tried_again_after_a_growing_pause(declined: int, pause: int) -> None:
    job = a_job(Status.QUEUED, claim_count=declined)
    assert job.claimable_at == job.queued_at + timedelta(seconds=pause)


@pytest.mark.parametrize("intent", [Decline(reason="disk full"), LoseLease(retry_safe=False)])
def test_a_declined_resumed_job_stays_with_its_workspace(intent: Intent) -> None:
    back = decide(a_job(Status.CLAIMED, resume_gate=41, started_at=NOW), intent, LATER).job
    assert (back.workspace_agent, back.resume_gate) == ("north", 41)


def test_after_too_many_tries_the_last_reason_is_told() -> None:
    gone = decide(STATES["last try"], Decline(reason="disk full"), LATER).job
    assert gone.reason_code is Reason.DELIVERIES_EXHAUSTED
    assert gone.reason == f"Given up after {CLAIM_LIMIT} deliveries: disk full"
    assert gone.claim_count == CLAIM_LIMIT


def test_an_end_before_the_start_counts_as_a_delivery() -> None:
    back = decide(a_job(Status.CLAIMED), Finish(status=Status.FAILED), LATER)
    assert back.job.claim_count == 1
    assert back.event.data["why"] == "it ended before it started"


# --- gates ----------------------------------------------------------------------------------


def test_a_gate_interrupts_the_phase_and_gives_it_back() -> None:
    running = a_job(Status.RUNNING, phase="EXECUTING")
    waiting = decide(running, Wait(gate=41, checkpoint="commit"), LATER).job
    assert waiting.phase == "checkpoint:commit"
    assert decide(waiting, RESUME, LATER).job.phase == "EXECUTING"
    parked = decide(waiting, Park(), LATER).job
    assert decide(parked, RESUME, LATER).job.phase == "EXECUTING"


def test_a_parked_job_goes_to_the_front_with_its_decision() -> None:
    queued = decide(STATES["parked"], RESUME, LATER).job
    assert (queued.rank, queued.resume_gate, queued.workspace_agent) == (-9, 41, "north")


def test_a_gate_before_the_start_leaves_nothing_to_resume() -> None:
    held = decide(a_job(), Wait(gate=41, checkpoint="budget"), NOW).job
    free = decide(held, RESUME, LATER).job
    assert (free.status, free.resume_gate, free.waited) == (Status.QUEUED, None, timedelta(0))


def test_time_at_a_gate_and_in_the_queue_after_it_is_waited() -> None:
    parked = STATES["parked"]
    queued = decide(parked, RESUME, NOW + timedelta(hours=1)).job
    claimed = decide(queued, CLAIM, NOW + timedelta(hours=3)).job
    assert claimed.waited == timedelta(hours=3)
    present = decide(STATES["waiting"], RESUME, NOW + timedelta(hours=1)).job
    assert present.waited == timedelta(hours=1)


def test_leaving_an_open_gate_is_no_success() -> None:
    left = decide(STATES["waiting"], Finish(status=Status.SUCCEEDED, exit_code=0), LATER).job
    assert left.reason_code is Reason.STEP_FAILED
    assert left.reason == "The program ended before its gate was decided"
    said = Finish(status=Status.FAILED, reason_code=Reason.NETWORK, reason="no route")
    assert decide(STATES["waiting"], said, LATER).job.reason_code is Reason.NETWORK


@pytest.mark.parametrize("intent", [Park(), Finish(status=Status.FAILED), INTENTS["lose"]])
def test_nothing_is_heard_of_a_parked_job(intent: Intent) -> None:
    with pytest.raises(IllegalTransitionError, match=r"R-81\.1 is parked: no program"):
        decide(STATES["parked"], intent, LATER)


# --- ends -----------------------------------------------------------------------------------


def test_a_live_program_is_told_why_and_ends_as_it_was_told() -> None:
    timeout = End(
        actor=CLOCK, status=Status.TIMED_OUT, reason_code=Reason.RUN_TIMEOUT, reason="2 h are over"
    )
    asked = decide(STATES["running"], timeout, LATER)
    assert (asked.job.ends_as, asked.event.data["ends_as"]) == (Status.TIMED_OUT, "timed_out")
    late = decide(asked.job, Finish(status=Status.SUCCEEDED, exit_code=0), LATER).job
    assert (late.status, late.reason_code, late.reason) == (
        Status.TIMED_OUT,
        Reason.RUN_TIMEOUT,
        "2 h are over",
    )
    assert late.exit_code == 0


def test_a_parked_job_ends_at_once() -> None:
    ended = decide(STATES["parked"], end(Status.CANCELLED, Reason.GATE_REJECTED), LATER).job
    assert (ended.status, ended.reason_code) == (Status.CANCELLED, Reason.GATE_REJECTED)


@pytest.mark.parametrize("status", [Status.CANCELLING, *sorted(TERMINAL)])
def test_nothing_is_ended_twice(status: Status) -> None:
    with pytest.raises(IllegalTransitionError, match="cannot be ended again"):
        decide(a_job(status), end(Status.CANCELLED), LATER)


@pytest.mark.parametrize(
    ("state", "intent", "words"),
    [
        ("running", end(Status.SUCCEEDED), "A running job cannot end succeeded"),
        ("scheduled", end(Status.TIMED_OUT), "A scheduled job cannot end timed out"),
        ("running", Finish(status=Status.TIMED_OUT), "A program cannot end timed out"),
    ],
)
def test_outcomes_have_their_sources(state: str, intent: Intent, words: str) -> None:
    with pytest.raises(IllegalTransitionError, match=words):
        decide(STATES[state], intent, LATER)


def test_a_program_that_pushes_is_not_silently_run_again() -> None:
    lost = decide(STATES["running"], LoseLease(retry_safe=False, reason="gone"), LATER).job
    assert (lost.status, lost.reason_code, lost.reason) == (
        Status.FAILED,
        Reason.LEASE_LOST,
        "gone",
    )


def test_a_safe_program_begins_anew_anywhere() -> None:
    running = a_job(Status.RUNNING, resume_gate=41, waited=timedelta(hours=1))
    again = decide(running, LoseLease(retry_safe=True), LATER).job
    assert (again.workspace_agent, again.resume_gate) == (None, None)
    assert (again.started_at, again.waited) == (None, timedelta(0))


def test_a_start_keeps_the_first_start_and_a_phase_that_is_not_named() -> None:
    claimed = a_job(Status.CLAIMED, started_at=NOW, phase="EXECUTING")
    started = decide(claimed, Start(phase=""), LATER).job
    assert (started.started_at, started.reported_at, started.phase) == (NOW, LATER, "EXECUTING")


def test_a_transition_is_one_job_and_one_event() -> None:
    after = decide(STATES["running"], Finish(status=Status.SUCCEEDED, exit_code=0), LATER)
    assert isinstance(after, Transition)
    assert after.event.data["exit_code"] == 0
    assert job_key(after.job.run_id, after.job.number) == "R-81.1"
