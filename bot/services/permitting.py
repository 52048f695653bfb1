"""Permitting: what policy says of a person, a verb and what it is done to, before anybody tries."""

from bot.domain.blueprint import Blueprint
from bot.domain.gate import Gate, GateKind, GateState
from bot.domain.policy import (
    Ruling,
    decide_approval,
    decide_gate_permission,
    decide_permission,
    decide_undo,
)
from bot.domain.run import Run
from bot.ports.store import Tx
from bot.services.case import load_case
from bot.services.rules import Rules

_DECIDING = frozenset({"approve", "deny", "changes"})


def _is_approval(gate: Gate) -> bool:
    return gate.state is GateState.OPEN and gate.kind is GateKind.APPROVAL


def rule_on(  # noqa: PLR0913  # a run or a blueprint
    tx: Tx,
    rules: Rules,
    person: str,
    verb: str,
    *,
    blueprint: Blueprint | None = None,
    run: Run | None = None,
) -> Ruling:
    """Whether a person may use a verb on a run or on any run of a blueprint.

    Decisions on a run are ruled by the gate that holds it, else by what its next one would get.
    """
    if run is not None and verb == "undo":
        return _rule_on_undo(tx, rules, person, run)
    if run is None or verb not in _DECIDING:
        name, project = (blueprint.name, blueprint.project) if blueprint else ("", "")
        return decide_permission(
            rules.policy, person, verb, project=project, blueprint=name, run=run
        )
    gates = load_case(tx, run.id).gates
    held = next((gate for gate in gates if _is_approval(gate)), None)
    if held is not None:
        return decide_gate_permission(rules.policy, person, run=run, gate=held)
    four_eyes = rules.policy.terms(run.blueprint).four_eyes
    return decide_approval(rules.policy, person, run=run, four_eyes=four_eyes)


def _rule_on_undo(tx: Tx, rules: Rules, person: str, run: Run) -> Ruling:
    pending = tx.effects.pending_of(run.id)
    asked_by = pending.actor.name if pending else ""
    return decide_undo(rules.policy, person, asked_by=asked_by, run=run)
