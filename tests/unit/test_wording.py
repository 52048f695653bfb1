"""The words people see, the words they filter by, and the figures beside them."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.selection import Filter
from bot.domain.vocabulary import LIVE, PHASES, Disposition, Profile, Reason, Status
from bot.domain.wording import FILTER_WORDS, label, read_filter_word, stats_bar, symbol

P, S, R, D = Profile, Status, Reason, Disposition
NONE = D.NONE

NATIVE: list[tuple[Profile, Status, str, Reason | None, Disposition, str]] = [
    (P.AGENT, S.CLAIMED, "preparing", None, NONE, "Claimed"),
    (P.AGENT, S.CLAIMED, "launching", None, NONE, "Launching"),
    (P.AGENT, S.RUNNING, "agent_working", None, NONE, "Running"),
    (P.AGENT, S.SUCCEEDED, "pr_raised", None, D.PR_OPEN, "PR opened"),
    (P.AGENT, S.FAILED, "agent_working", R.STOPPED, NONE, "Failed"),
    (P.AGENT, S.TIMED_OUT, "agent_working", R.RUN_TIMEOUT, NONE, "Timed out"),
    (P.AGENT, S.CANCELLED, "agent_working", R.DELETED, NONE, "Done"),
    (P.POD, S.QUEUED, "dispatched", None, NONE, "Queued"),
    (P.POD, S.RUNNING, "EXECUTING", None, NONE, "Running"),
    (P.POD, S.WAITING, "checkpoint:plan", None, NONE, "Awaiting approval"),
    (P.POD, S.SUCCEEDED, "COMPLETED", None, NONE, "Completed"),
    (P.POD, S.SUCCEEDED, "COMPLETED", None, D.PR_OPEN, "Completed"),
    (P.POD, S.SUCCEEDED, "COMPLETED", None, D.REVIEWED, "Done"),
    (P.POD, S.SUCCEEDED, "COMPLETED", None, D.PR_REJECTED, "PR rejected"),
    (P.POD, S.FAILED, "FAILED", R.STEP_FAILED, NONE, "Failed"),
    (P.POD, S.FAILED, "dispatched", R.DELIVERIES_EXHAUSTED, NONE, "Dead letter"),
    (P.POD, S.CANCELLED, "checkpoint:plan", R.GATE_CANCELLED, NONE, "Abandoned"),
    (P.POD, S.CANCELLED, "checkpoint:plan", R.GATE_REJECTED, NONE, "Abandoned"),
    (P.POD, S.CANCELLED, "EXECUTING", R.STOPPED, NONE, "Cancelled"),
    (P.PIPELINE, S.QUEUED, "", None, NONE, "Queued"),
    (P.PIPELINE, S.RUNNING, "node:build/test", None, NONE, "Running"),
    (P.PIPELINE, S.SUCCEEDED, "", None, NONE, "Succeeded"),
    (P.PIPELINE, S.FAILED, "", R.STEP_FAILED, NONE, "Failed"),
    (P.PIPELINE, S.CANCELLED, "", R.STOPPED, NONE, "Cancelled"),
    (P.AUTOMATION, S.QUEUED, "", None, NONE, "Pending"),
    (P.AUTOMATION, S.RUNNING, "step:install", None, NONE, "Running"),
    (P.AUTOMATION, S.SUCCEEDED, "", None, NONE, "Done"),
    (P.AUTOMATION, S.FAILED, "", R.STEP_FAILED, NONE, "Failed"),
    (P.AUTOMATION, S.CANCELLED, "", R.RUN_CANCELLED, NONE, "Stopped"),
    *[
        (profile, status, phase, reason, NONE, words)
        for profile in (P.FLOW, P.GUIDE)
        for status, phase, reason, words in [
            (S.QUEUED, "pending", None, "Pending"),
            (S.QUEUED, "identifying_tools", None, "Identifying tools"),
            (S.SCHEDULED, "ready", None, "Scheduled for execution"),
            (S.CLAIMED, "ready", None, "Ready for execution"),
            (S.RUNNING, "triage", None, "Executing triage"),
            (S.RUNNING, "deciding_remediation", None, "Deciding remediation"),
            (S.RUNNING, "ready_for_remediation", None, "Ready for remediation"),
            (S.RUNNING, "remediation", None, "Executing remediation"),
            (S.RUNNING, "summarizing", None, "Summarizing"),
            (S.WAITING, "triage", None, "Waiting for user input (triage)"),
            (S.WAITING, "checkpoint:remediation", None, "Waiting for user input (remediation)"),
            (S.WAITING, "checkpoint:budget", None, "Waiting for user input"),
            (S.SUCCEEDED, "summarizing", None, "Completed success"),
            (S.FAILED, "triage", R.TOOL_ERROR, "Completed failure"),
            (S.PARTIAL, "summarizing", None, "Completed partial"),
            (S.CANCELLED, "triage", R.CANCELLED_BY_PERSON, "Cancelled"),
            (S.CANCELLED, "pending", R.NO_STEPS, "No steps"),
        ]
    ],
]


@pytest.mark.parametrize(("profile", "status", "phase", "reason", "disposition", "words"), NATIVE)
def test_the_native_words_of_the_model(
    profile: Profile,
    status: Status,
    phase: str,
    reason: Reason | None,
    disposition: Disposition,
    words: str,
) -> None:
    assert label(profile, status, phase, reason, disposition) == words


def test_everything_that_can_be_has_words() -> None:
    for profile in Profile:
        phases = (*PHASES[profile], "", "checkpoint:plan")
        for status, phase, reason, disposition in product(
            Status, phases, [*Reason, None], Disposition
        ):
            words = label(profile, status, phase, reason, disposition)
            assert words
            assert words[0].isupper()
            assert "_" not in words


@given(
    st.sampled_from(Profile),
    st.sampled_from(Status),
    st.text(),
    st.none() | st.sampled_from(Reason),
)
def test_a_deleted_run_is_deleted_whatever_it_was(
    profile: Profile, status: Status, phase: str, reason: Reason | None
) -> None:
    assert label(profile, status, phase, reason, D.DELETED) == "Deleted"
    assert label(profile, status, phase, reason, NONE)


def test_every_status_has_its_own_symbol() -> None:
    symbols = [symbol(status) for status in Status]
    assert all(len(character) == 1 for character in symbols)
    assert len(set(symbols)) == len(Status)


# --- filters --------------------------------------------------------------------------------


def of(*statuses: Status, **fields: object) -> Filter:
    sets = {name: frozenset({value}) for name, value in fields.items()}
    return Filter(statuses=frozenset(statuses), **sets)  # type: ignore[arg-type]  # one set each


COMPLETED = (S.SUCCEEDED, S.PARTIAL)
ABANDONED = Filter(
    statuses=frozenset({S.CANCELLED}), reasons=frozenset({R.GATE_CANCELLED, R.GATE_REJECTED})
)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("active", Filter(statuses=LIVE)),
        ("waiting", of(S.WAITING)),
        ("completed", of(*COMPLETED)),
        ("Done", of(*COMPLETED)),
        ("failed", of(S.FAILED, S.TIMED_OUT)),
        ("timed_out", of(S.TIMED_OUT)),
        ("timed out", of(S.TIMED_OUT)),
        ("TIMED-OUT", of(S.TIMED_OUT)),
        ("partial", of(S.PARTIAL)),
        ("claimed", of(S.CLAIMED)),
        ("launching", of(S.CLAIMED, phases="launching")),
        ("pr_opened", of(S.SUCCEEDED, dispositions=D.PR_OPEN)),
        ("pr_open", of(dispositions=D.PR_OPEN)),
        ("pr rejected", of(dispositions=D.PR_REJECTED)),
        ("reviewed", of(dispositions=D.REVIEWED)),
        ("awaiting-approval", of(S.WAITING)),
        ("abandoned", ABANDONED),
        ("dead letter", of(S.FAILED, reasons=R.DELIVERIES_EXHAUSTED)),
        ("pending", of(S.QUEUED)),
        ("stopped", of(S.CANCELLED)),
        ("summarizing", of(S.RUNNING, phases="summarizing")),
        ("no steps", of(S.CANCELLED, reasons=R.NO_STEPS)),
        ("success", of(S.SUCCEEDED)),
        ("canceled", of(S.CANCELLED)),
        ("pods", of(profiles=P.POD)),
        ("Pipeline", of(profiles=P.PIPELINE)),
        ("runbooks", Filter(profiles=frozenset({P.FLOW, P.GUIDE}))),
        ("done pods", of(S.SUCCEEDED, dispositions=D.REVIEWED, profiles=P.POD)),
        ("agent done", of(S.CANCELLED, reasons=R.DELETED, profiles=P.AGENT)),
        ("done automations", of(S.SUCCEEDED, profiles=P.AUTOMATION)),
        ("done flows", of(*COMPLETED, profiles=P.FLOW)),
        ("completed pods", of(*COMPLETED, profiles=P.POD)),
        ("failed pipelines", of(S.FAILED, S.TIMED_OUT, profiles=P.PIPELINE)),
        ("pending flows", of(S.QUEUED, phases="pending", profiles=P.FLOW)),
    ],
)
def test_what_a_filter_word_means(word: str, meant: Filter) -> None:
    assert read_filter_word(word) == meant


@pytest.mark.parametrize("word", ["", "_", "R-81", "dispatch", "pods zebra", "zebra pods", "pr"])
def test_other_words_are_no_filters(word: str) -> None:
    assert read_filter_word(word) is None


def test_every_word_on_offer_is_understood_in_any_spelling() -> None:
    for word in FILTER_WORDS:
        meant = read_filter_word(word)
        assert meant is not None
        assert meant == read_filter_word(word.upper().replace("_", "-"))
    assert len(set(FILTER_WORDS)) == len(FILTER_WORDS)


def test_every_word_people_see_filters_the_runs_that_show_it() -> None:
    for profile, status, phase, reason, disposition, words in NATIVE:
        meant = read_filter_word(f"{profile.value} {words}")
        assert meant is not None, words
        assert meant.profiles == {profile}
        assert status in meant.statuses or words == "PR rejected"
        assert not meant.phases or phase in meant.phases
        assert not meant.reasons or reason in meant.reasons
        assert not meant.dispositions or disposition in meant.dispositions


# --- figures --------------------------------------------------------------------------------

COUNTS = {status: 10**place for place, status in enumerate(Status)}


def test_the_bar_of_agent_runs_counts_as_active_what_was_claimed() -> None:
    assert stats_bar(P.AGENT, COUNTS) == (
        ("Active", COUNTS[S.CLAIMED] + COUNTS[S.RUNNING]),
        ("Completed", COUNTS[S.SUCCEEDED] + COUNTS[S.PARTIAL]),
        ("Failed", COUNTS[S.FAILED]),
        ("Timed out", COUNTS[S.TIMED_OUT]),
        ("Total", 11_111_111_111),
    )


@pytest.mark.parametrize("profile", sorted(set(Profile) - {P.AGENT}))
def test_the_bar_of_other_profiles_counts_every_live_run_as_active(profile: Profile) -> None:
    assert stats_bar(profile, COUNTS)[0] == ("Active", 111_111)


@pytest.mark.parametrize("profile", Profile)
def test_an_empty_bar_is_all_noughts(profile: Profile) -> None:
    assert [number for _, number in stats_bar(profile, {})] == [0] * 5
