"""Gate: an approval or question that holds a run, and how people decide it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique

from bot.domain.actor import Actor
from bot.domain.blueprint import OnExpiry
from bot.domain.errors import IllegalTransitionError
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
    """What a person may say to an approval."""

    APPROVE = "approve"
    DENY = "deny"
    CHANGES = "changes"


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


_DECIDED = frozenset({GateState.SATISFIED, GateState.RETURNED, GateState.REJECTED})
_CLOSING = {Choice.DENY: GateState.REJECTED, Choice.CHANGES: GateState.RETURNED}
_SAID = {Choice.APPROVE: "approved", Choice.DENY: "denied", Choice.CHANGES: "sent back for changes"}


def decide_gate(gate: Gate, decision: Decision, *, shown: str) -> Gate:
    """The gate after a decision by somebody whom policy allows.

    `shown` is the fingerprint that the person saw. The first deny rejects, the first
    ask-for-changes returns, approvals count to the quorum.
    Raises IllegalTransitionError where the gate is closed, has changed since it was shown,
    or this actor has already spoken.
    """
    if gate.state is not GateState.OPEN:
        raise IllegalTransitionError(f"{gate.key} is already decided: {describe_end(gate)}.")
    if decision.at >= gate.expires_at:
        raise IllegalTransitionError(f"{gate.key} has expired; nothing was decided.")
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


def describe_end(gate: Gate) -> str:
    """Who closed it and where, for the person who came second."""
    last = gate.deciding
    if last is None:
        return gate.state.value
    return f"{_SAID[last.choice]} by @{last.actor.name} in {last.actor.surface}"
