"""Questions: a program asks people by a form; the first valid answer counts."""

from dataclasses import dataclass, replace

from bot.domain.actor import CLOCK, Actor
from bot.domain.deadlines import first_reminder
from bot.domain.errors import RefusedError
from bot.domain.events import EventType
from bot.domain.form import Answer, Form, read_answers
from bot.domain.gate import (
    Choice,
    Decision,
    Gate,
    GateKind,
    GateState,
    answer_gate,
    require_question,
)
from bot.domain.job import Job
from bot.domain.order import OrderKind
from bot.domain.policy import decide_gate_permission
from bot.domain.run import Run
from bot.domain.transition import Resume, Wait
from bot.ports.store import Tx
from bot.services.case import Case, load_case
from bot.services.claiming import decision_data
from bot.services.rules import Rules, refusal
from bot.services.sealing import GivenAnswers


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a program asks, and the report that does."""

    name: str
    form: Form
    actor: Actor
    report: tuple[int, int]
    """(fence, seq)"""


def open_question(case: Case, job: Job, asked: Question) -> Gate:
    """Open the gate of a question; it waits for a person in every mode."""
    form, now = asked.form, case.tx.now()
    expires_at = now + form.deadline
    gate = case.tx.gates.create(
        Gate(
            id=0,
            run_id=case.run.id,
            job_id=job.id,
            attempt=case.run.attempt,
            checkpoint=asked.name,
            prompt=form.prompt,
            kind=GateKind.QUESTION,
            form=form,
            report=asked.report,
            fingerprint=form.fingerprint,
            four_eyes=False,
            on_expiry=form.on_expiry,
            opened_at=now,
            expires_at=expires_at,
            remind_at=first_reminder(now, expires_at),
        )
    )
    case.note(
        EventType.GATE_OPENED,
        asked.actor,
        gate=gate.id,
        kind=gate.kind.value,
        checkpoint=gate.checkpoint,
        fingerprint=gate.fingerprint,
    )
    case.decide(job, Wait(gate=gate.id, checkpoint=gate.checkpoint))
    return gate


def answer_question(tx: Tx, rules: Rules, gate: Gate, *, actor: Actor, given: GivenAnswers) -> Run:
    """Take one person's answers, whose secrets were sealed before.

    Raises RefusedError naming who may, IllegalTransitionError saying who was first, or
    WrongAnswersError naming the wrong fields.
    """
    case = load_case(tx, gate.run_id)
    form = require_question(gate, tx.now())
    ruling = decide_gate_permission(rules.policy, actor.handle or "", run=case.run, gate=gate)
    if not ruling.allowed:
        raise RefusedError(refusal(actor, "answer", ruling))
    answers = read_answers(form, given.values)
    kept = {name: number for name, number in given.sealed.items() if name in answers}
    decision = Decision(actor=actor, choice=Choice.ANSWER, at=tx.now())
    answered = answer_gate(gate, decision, answers=form.shown(answers), sealed=kept)
    tx.sealed.erase_all(gate.id, but=tuple(kept.values()))
    return _go_on(case, answered, actor)


def answer_by_default(tx: Tx, gate: Gate) -> None:
    """The deadline of a question has passed, and its form says to go on with the defaults."""
    case = load_case(tx, gate.run_id)
    answers: dict[str, Answer] = gate.form.defaults() if gate.form else {}
    tx.sealed.erase_all(gate.id)
    answered = replace(
        gate, answers=answers, state=GateState.SATISFIED, decided_at=tx.now(), remind_at=None
    )
    _go_on(case, answered, CLOCK)


def _go_on(case: Case, answered: Gate, actor: Actor) -> Run:
    case.close_gate(answered, actor)
    job = case.jobs[answered.job_id]
    case.tx.orders.give(job.id, OrderKind.DECISION, decision_data(answered))
    case.decide(job, Resume(actor=actor, gate=answered.id, rank=case.tx.jobs.front_rank()))
    return case.save()
