"""Gating: gates open, are decided by whom policy allows, are asked about, and expire."""

from dataclasses import dataclass, replace

from bot.domain.actor import CLOCK, POLICY, Actor
from bot.domain.blueprint import GateSpec, OnExpiry
from bot.domain.codec import digest
from bot.domain.conversation import Conversation
from bot.domain.deadlines import first_reminder
from bot.domain.errors import IllegalTransitionError, NotFoundError, RefusedError
from bot.domain.events import EventType
from bot.domain.gate import Choice, Decision, Gate, GateState, decide_gate, describe_end
from bot.domain.job import Job
from bot.domain.order import OrderKind
from bot.domain.plan import Plan
from bot.domain.policy import decide_gate_permission
from bot.domain.run import Run
from bot.domain.transition import End, Resume, Wait
from bot.domain.vocabulary import Mode, Reason, Status
from bot.ports.store import Tx
from bot.services.case import Case, load_case
from bot.services.claiming import decision_data
from bot.services.rules import Rules, refusal


@dataclass(frozen=True, kw_only=True)
class GateRequest:
    """What a program asks people for."""

    spec: GateSpec
    plan: Plan | None
    report: tuple[int, int]
    """(fence, seq) of the report that asks."""
    outside: tuple[str, ...] = ()
    """The files that leave the approved scope."""


def open_gate(case: Case, rules: Rules, job: Job, asked: GateRequest) -> Gate:
    """Open a gate of a job, on the terms that policy sets now.

    In autopilot a plain checkpoint is satisfied at once by policy, so that its scope still
    binds; an `always` gate, and one opened because the scope was left, waits for a person.
    """
    passes = case.run.mode is Mode.AUTOPILOT and not asked.spec.always and not asked.outside
    wanted = _new_gate(case, rules, job, asked)
    if passes:
        wanted = replace(wanted, state=GateState.SATISFIED, decided_at=wanted.opened_at)
    gate = case.tx.gates.create(wanted)
    if passes:
        case.note(
            EventType.GATE_SATISFIED_BY_POLICY, POLICY, gate=gate.id, checkpoint=gate.checkpoint
        )
        return gate
    case.note(
        EventType.GATE_OPENED,
        Actor(kind=POLICY.kind, name="program", surface="agent"),
        gate=gate.id,
        checkpoint=gate.checkpoint,
        fingerprint=gate.fingerprint,
    )
    case.decide(job, Wait(gate=gate.id, checkpoint=gate.checkpoint))
    return gate


def _new_gate(case: Case, rules: Rules, job: Job, asked: GateRequest) -> Gate:
    spec, plan = asked.spec, asked.plan
    terms = rules.policy.terms(case.run.blueprint)
    now = case.tx.now()
    expires_at = now + spec.deadline
    return Gate(
        id=0,
        run_id=case.run.id,
        job_id=job.id,
        attempt=case.run.attempt,
        checkpoint=spec.checkpoint,
        prompt=spec.prompt,
        cause=_cause(case.run, asked),
        plan=plan,
        report=asked.report,
        outside=asked.outside,
        fingerprint=plan.fingerprint if plan else digest([spec.checkpoint, spec.prompt]),
        quorum=terms.quorum,
        four_eyes=terms.four_eyes,
        on_expiry=spec.on_expiry,
        opened_at=now,
        expires_at=expires_at,
        remind_at=first_reminder(now, expires_at),
    )


def _cause(run: Run, asked: GateRequest) -> str:
    if asked.outside:
        return "the changes leave the approved scope"
    if asked.spec.always and run.mode is Mode.AUTOPILOT:
        return "this checkpoint always waits for a person"
    return ""


def find_open_gate(case: Case) -> Gate:
    """The gate that holds a run. Raises IllegalTransitionError saying how the last one ended."""
    gates = case.gates
    for gate in gates:
        if gate.state is GateState.OPEN:
            return gate
    if gates and gates[-1].deciding:
        last = gates[-1]
        raise IllegalTransitionError(f"{last.key} is already decided: {describe_end(last)}.")
    raise IllegalTransitionError(f"{case.run.key} does not wait for a decision or an answer.")


def shown_fingerprint(tx: Tx, run: Run, gate: Gate, *, conversation: Conversation) -> str:
    """What the last card of this gate showed, in this conversation where it is told there.

    Elsewhere it is what was shown first; empty before the card was told.
    """
    here = (told for told in run.conversations if told.root == conversation.root)
    for place in (*here, *run.conversations):
        posting = tx.postings.find(run.id, place, f"gate:{gate.id}")
        if posting and posting.fingerprint:
            return posting.fingerprint
    return ""


def decide_on_gate(  # noqa: PLR0913  # the whole of a decision
    tx: Tx, rules: Rules, gate: Gate, *, actor: Actor, choice: Choice, note: str, shown: str
) -> Run:
    """Take one person's decision on a gate; `shown` is the fingerprint that they saw.

    Raises RefusedError naming who may, or IllegalTransitionError saying who was first.
    """
    case = load_case(tx, gate.run_id)
    if gate.state is not GateState.OPEN:
        raise IllegalTransitionError(f"{gate.key} is already decided: {describe_end(gate)}.")
    ruling = decide_gate_permission(rules.policy, actor.handle or "", run=case.run, gate=gate)
    if not ruling.allowed:
        raise RefusedError(refusal(actor, _VERB[choice], ruling))
    if not shown:
        raise IllegalTransitionError(
            f"The card of {gate.key} has not been shown here yet; look at it and decide then."
        )
    decision = Decision(actor=actor, choice=choice, note=note, at=tx.now())
    decided = decide_gate(gate, decision, shown=shown)
    if decided.state is GateState.OPEN:
        tx.gates.save(decided)
        case.note(EventType.GATE_APPROVED, actor, gate=gate.id, approvals=decided.approvals)
        return case.save()
    case.close_gate(decided, actor)
    _follow(case, rules, decided, actor)
    return case.save()


_VERB = {
    Choice.APPROVE: "approve",
    Choice.DENY: "deny",
    Choice.CHANGES: "ask for changes to",
    Choice.ANSWER: "answer",
}


def _follow(case: Case, rules: Rules, gate: Gate, actor: Actor) -> None:
    """What a closed gate does to its job."""
    job = case.jobs[gate.job_id]
    case.tx.orders.give(job.id, OrderKind.DECISION, decision_data(gate))
    if gate.state in {GateState.SATISFIED, GateState.RETURNED}:
        case.decide(job, Resume(actor=actor, gate=gate.id, rank=case.tx.jobs.front_rank()))
        return
    note = gate.deciding.note if gate.deciding else ""
    intent = End(
        actor=actor,
        status=Status.CANCELLED,
        reason_code=Reason.GATE_REJECTED,
        reason=f"Denied by @{actor.name}: {note}",
    )
    case.end(job, intent, grace=rules.periods.grace)


def ask_about_gate(tx: Tx, rules: Rules, gate: Gate, *, actor: Actor, question: str) -> Run:
    """Put a question about an open gate to its program and its people; the gate stays open."""
    case = load_case(tx, gate.run_id)
    rules.permit(actor, "ask", run=case.run)
    if gate.state is not GateState.OPEN:
        raise IllegalTransitionError(f"{gate.key} is already decided: {describe_end(gate)}.")
    job = case.jobs[gate.job_id]
    order = {"by": actor.name, "kind": "ask", "text": question, "gate": gate.key}
    case.tx.orders.give(job.id, OrderKind.REPLY, order)
    case.note(EventType.GATE_ASKED, actor, gate=gate.id, text=question)
    return case.save()


def expire_gate(tx: Tx, rules: Rules, gate: Gate) -> None:
    """The deadline of an open gate has passed: nobody decided."""
    case = load_case(tx, gate.run_id)
    expired = replace(gate, state=GateState.EXPIRED, decided_at=tx.now())
    case.close_gate(expired, CLOCK)
    job = case.jobs[gate.job_id]
    case.tx.orders.give(job.id, OrderKind.DECISION, decision_data(expired))
    cancels = gate.on_expiry is OnExpiry.CANCEL
    intent = End(
        actor=CLOCK,
        status=Status.CANCELLED if cancels else Status.TIMED_OUT,
        reason_code=Reason.GATE_CANCELLED if cancels else Reason.GATE_EXPIRED,
        reason=f"Nobody decided {gate.key} in time",
    )
    case.end(job, intent, grace=rules.periods.grace)
    case.save()


def require_gate(tx: Tx, gate_id: int) -> Gate:
    """The gate of a number. Raises NotFoundError."""
    try:
        return tx.gates.load(gate_id)
    except NotFoundError:
        raise NotFoundError(f"There is no gate G-{gate_id}.") from None
