"""Permitting: what policy says of a person, a verb and what it is done to, before anybody tries."""

from bot.domain.gate import Gate, GateKind, GateState
from bot.domain.policy import Ruling, decide_approval, decide_gate_permission, decide_permission
from bot.domain.run import Run
from bot.ports.store import Tx
from bot.services.case import load_case
from bot.services.rules import Rules

_DECIDING = frozenset({"approve", "deny", "changes"})


def _is_approval(gate: Gate) -> bool:
    return gate.state is GateState.OPEN and gate.kind is GateKind.APPROVAL


def rule_on(  # noqa: PLR0913  # a run or a blueprint
    tx: Tx, rules: Rules, person: str, verb: str, *, blueprint: str = "", run: Run | None = None
) -> Ruling:
    """Whether a person may use a verb on a run or on any run of a blueprint.

    Decisions on a run are ruled by the gate that holds it, else by what its next one would get.
    """
    if run is None or verb not in _DECIDING:
        return decide_permission(rules.policy, person, verb, blueprint=blueprint, run=run)
    gates = load_case(tx, run.id).gates
    held = next((gate for gate in gates if _is_approval(gate)), None)
    if held is not None:
        return decide_gate_permission(rules.policy, person, run=run, gate=held)
    four_eyes = rules.policy.terms(run.blueprint).four_eyes
    return decide_approval(rules.policy, person, run=run, four_eyes=four_eyes)
