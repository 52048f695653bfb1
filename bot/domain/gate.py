"""Gate: an approval or question that holds a run, and how people decide it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum, unique

from bot.domain.actor import Actor
from bot.domain.blueprint import OnExpiry
from bot.domain.errors import IllegalTransitionError
from bot.domain.form import Answer, Form
from bot.domain.plan import Plan


@unique
class GateKind(StrEnum):
    """What a gate asks for."""

    APPROVAL = "approval"
    QUESTION = "question"


@unique
class GateState(StrEnum):
    """Where a gate stands; everything but open is final."""

    OPEN = "open"
    SATISFIED = "satisfied"
    RETURNED = "returned"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOID = "void"


@unique
class Choice(StrEnum):
    """What a person may say to an approval, or to a question."""

    APPROVE = "approve"
    DENY = "deny"
    CHANGES = "changes"
    ANSWER = "answer"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What one actor said; unique per gate and actor."""

    actor: Actor
    choice: Choice
    at: datetime
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A gate as stored, with the terms that policy set when it was opened."""

    id: int
    run_id: int
    job_id: int
    attempt: int
    checkpoint: str
    prompt: str
    fingerprint: str
    opened_at: datetime
    expires_at: datetime
    kind: GateKind = GateKind.APPROVAL
    cause: str = ""
    """Why it waits when it would not have: an `always` gate, or files outside the scope."""
    report: tuple[int, ...] = ()
    """(fence, seq) of the report that asked for it, so that a repeat finds it again."""
    plan: Plan | None = None
    outside: tuple[str, ...] = ()
    """The files that left the approved scope."""
    quorum: int = 1
    four_eyes: bool = True
    on_expiry: OnExpiry = OnExpiry.TIME_OUT
    state: GateState = GateState.OPEN
    decisions: tuple[Decision, ...] = ()
    decided_at: datetime | None = None
    form: Form | None = None
    """What a question asks."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """What was answered, as everybody may see it: secrets hidden."""
    sealed: Mapping[str, int] = field(default_factory=dict)
    """Field name → number of the sealed value, for the secrets among the answers."""
    remind_at: datetime | None = None
    """When those who may decide are next reminded; None for no more."""
    reminded: int = 0
    """Reminders given so far."""

    @property
    def key(self) -> str:
        """How people name it: G-41."""
        return f"G-{self.id}"

    @property
    def approvals(self) -> int:
        """How many people have approved so far."""
        return sum(decision.choice is Choice.APPROVE for decision in self.decisions)

    @property
    def deciding(self) -> Decision | None:
        """The decision that closed it; None where it expired or was voided."""
        return self.decisions[-1] if self.state in _DECIDED and self.decisions else None


_WANTED = {
    GateKind.QUESTION: "asks a question: answer it, or stop the run.",
    GateKind.APPROVAL: "is no question: approve it, deny it or ask for changes.",
}
_DECIDED = frozenset({GateState.SATISFIED, GateState.RETURNED, GateState.REJECTED})
_CLOSING = {Choice.DENY: GateState.REJECTED, Choice.CHANGES: GateState.RETURNED}
_SAID = {
    Choice.APPROVE: "approved",
    Choice.DENY: "denied",
    Choice.CHANGES: "sent back for changes",
    Choice.ANSWER: "answered",
}


def decide_gate(gate: Gate, decision: Decision, *, shown: str) -> Gate:
    """The gate after a decision by somebody whom policy allows.

    `shown` is the fingerprint that the person saw. The first deny rejects, the first
    ask-for-changes returns, approvals count to the quorum.
    Raises IllegalTransitionError where the gate is closed, has changed since it was shown,
    or this actor has already spoken.
    """
    _require_open(gate, decision.at)
    if gate.kind is GateKind.QUESTION or decision.choice is Choice.ANSWER:
        raise IllegalTransitionError(f"{gate.key} {_WANTED[gate.kind]}")
    if shown != gate.fingerprint:
        raise IllegalTransitionError(
            f"{gate.key} has changed since you looked; look at its newest card and decide again."
        )
    if any(earlier.actor.name == decision.actor.name for earlier in gate.decisions):
        raise IllegalTransitionError(f"You have already approved {gate.key}.")
    decided = replace(gate, decisions=(*gate.decisions, decision))
    if decision.choice is Choice.APPROVE and decided.approvals < gate.quorum:
        return decided
    state = _CLOSING.get(decision.choice, GateState.SATISFIED)
    return replace(decided, state=state, decided_at=decision.at)


def require_question(gate: Gate, now: datetime) -> Form:
    """The form of a question that can be answered now.

    Raises IllegalTransitionError where it is closed, or no question.
    """
    _require_open(gate, now)
    if gate.form is None:
        raise IllegalTransitionError(f"{gate.key} {_WANTED[gate.kind]}")
    return gate.form


def answer_gate(
    gate: Gate, decision: Decision, *, answers: Mapping[str, Answer], sealed: Mapping[str, int]
) -> Gate:
    """The question after its first valid answer by somebody whom policy allows.

    `answers` are as everybody may see them. Raises IllegalTransitionError as above.
    """
    require_question(gate, decision.at)
    return replace(
        gate,
        decisions=(*gate.decisions, decision),
        answers=answers,
        sealed=sealed,
        state=GateState.SATISFIED,
        decided_at=decision.at,
        remind_at=None,
    )


def _require_open(gate: Gate, now: datetime) -> None:
    if gate.state is not GateState.OPEN:
        raise IllegalTransitionError(f"{gate.key} is already decided: {describe_end(gate)}.")
    if now >= gate.expires_at:
        raise IllegalTransitionError(f"{gate.key} has expired; nothing was decided.")


def describe_end(gate: Gate) -> str:
    """Who closed it, where and when, for the person who came second."""
    last = gate.deciding
    if last is None:
        return gate.state.value
    at = f"{last.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{_SAID[last.choice]} by @{last.actor.name} in {last.actor.surface}, {at}"
