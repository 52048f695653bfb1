"""How people decide gates: once, in time, on what they saw, and one voice each."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.actor import person
from bot.domain.errors import IllegalTransitionError
from bot.domain.form import Form, FormField
from bot.domain.gate import (
    Choice,
    Gate,
    GateKind,
    GateState,
    answer_gate,
    decide_gate,
    describe_end,
    require_question,
)
from tests.unit.domain_samples import NOW, a_decision, a_gate


@pytest.mark.parametrize(
    ("choice", "state"),
    [
        (Choice.APPROVE, GateState.SATISFIED),
        (Choice.DENY, GateState.REJECTED),
        (Choice.CHANGES, GateState.RETURNED),
    ],
)
def test_one_voice_decides_a_gate_with_a_quorum_of_one(choice: Choice, state: GateState) -> None:
    decision = a_decision("ana", choice, note="because")
    decided = decide_gate(a_gate(), decision, shown="seen")
    assert (decided.state, decided.decided_at, decided.deciding) == (state, NOW, decision)


def approved_by(gate: Gate, *names: str) -> Gate:
    for name in names:
        gate = decide_gate(gate, a_decision(name), shown="seen")
    return gate


def test_approvals_count_to_the_quorum() -> None:
    first = approved_by(a_gate(quorum=2), "ana")
    assert (first.state, first.approvals, first.deciding) == (GateState.OPEN, 1, None)
    assert approved_by(first, "abel").state is GateState.SATISFIED


@pytest.mark.parametrize("choice", [Choice.DENY, Choice.CHANGES])
def test_one_objection_outweighs_approvals_short_of_the_quorum(choice: Choice) -> None:
    gate = approved_by(a_gate(quorum=3), "ana", "abel")
    decided = decide_gate(gate, a_decision("root", choice), shown="seen")
    assert decided.state is not GateState.OPEN
    assert decided.deciding == a_decision("root", choice)


def test_nobody_speaks_twice_on_any_surface() -> None:
    gate = approved_by(a_gate(quorum=2), "ana")
    again = replace(a_decision("ana"), actor=person("ana", "console"))
    with pytest.raises(IllegalTransitionError, match="You have already approved G-41"):
        decide_gate(gate, again, shown="seen")


def test_only_what_was_shown_is_decided() -> None:
    with pytest.raises(IllegalTransitionError, match="changed since you looked"):
        decide_gate(a_gate(), a_decision("ana"), shown="something older")


def test_the_deadline_is_the_end_even_before_the_sweep() -> None:
    gate = a_gate()
    just_in_time = a_decision("ana", at=gate.expires_at - timedelta(microseconds=1))
    assert decide_gate(gate, just_in_time, shown="seen").state is GateState.SATISFIED
    with pytest.raises(IllegalTransitionError, match="G-41 has expired"):
        decide_gate(gate, a_decision("ana", at=gate.expires_at), shown="seen")


@pytest.mark.parametrize("state", sorted(set(GateState) - {GateState.OPEN}))
def test_a_closed_gate_stays_as_it_is(state: GateState) -> None:
    with pytest.raises(IllegalTransitionError, match="G-41 is already decided"):
        decide_gate(a_gate(state=state), a_decision("ana"), shown="seen")


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice.APPROVE, "approved by @ana in web"),
        (Choice.DENY, "denied by @ana in web"),
        (Choice.CHANGES, "sent back for changes by @ana in web"),
    ],
)
def test_who_came_second_is_told_who_won(choice: Choice, words: str) -> None:
    decided = decide_gate(a_gate(), a_decision("ana", choice), shown="seen")
    assert describe_end(decided) == f"{words}, {NOW:%Y-%m-%d %H:%M} UTC"
    with pytest.raises(IllegalTransitionError, match=words):
        decide_gate(decided, a_decision("abel"), shown="seen")


@pytest.mark.parametrize("state", [GateState.EXPIRED, GateState.VOID])
def test_an_approval_short_of_the_quorum_did_not_close_the_gate(state: GateState) -> None:
    closed = replace(approved_by(a_gate(quorum=2), "ana"), state=state)
    assert closed.deciding is None
    assert describe_end(closed) == state.value


def test_a_gate_that_policy_satisfied_has_no_deciding_person() -> None:
    assert describe_end(a_gate(state=GateState.SATISFIED)) == "satisfied"


QUESTION = a_gate(
    kind=GateKind.QUESTION,
    form=Form(prompt="Which?", fields=(FormField(name="one", label="One"),)),
    four_eyes=False,
)


def test_a_question_is_answered_once_and_in_time() -> None:
    said = a_decision("omar", Choice.ANSWER)
    answered = answer_gate(QUESTION, said, answers={"one": "x"}, sealed={"one": 3})
    assert (answered.state, answered.deciding) == (GateState.SATISFIED, said)
    assert (answered.answers, answered.sealed, answered.remind_at) == (
        {"one": "x"},
        {"one": 3},
        None,
    )
    with pytest.raises(IllegalTransitionError, match="answered by @omar in web"):
        answer_gate(answered, said, answers={}, sealed={})
    late = replace(said, at=QUESTION.expires_at)
    with pytest.raises(IllegalTransitionError, match="has expired"):
        answer_gate(QUESTION, late, answers={}, sealed={})


def test_questions_are_not_approved_nor_approvals_answered() -> None:
    with pytest.raises(IllegalTransitionError, match="asks a question"):
        decide_gate(QUESTION, a_decision("ana"), shown="seen")
    with pytest.raises(IllegalTransitionError, match="is no question"):
        decide_gate(a_gate(), a_decision("ana", Choice.ANSWER), shown="seen")
    with pytest.raises(IllegalTransitionError, match="is no question"):
        require_question(a_gate(), NOW)
    assert require_question(QUESTION, NOW) is QUESTION.form
