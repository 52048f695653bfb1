"""Reminding: those who may decide an open gate are told twice, the second time with others."""

from bot.domain.actor import CLOCK
from bot.domain.deadlines import decide_reminder
from bot.domain.events import EventType
from bot.domain.gate import Gate
from bot.domain.policy import decide_gate_permission
from bot.ports.store import Tx
from bot.services.case import load_case
from bot.services.rules import Rules


def remind(tx: Tx, rules: Rules, gate: Gate) -> None:
    """Give the reminder that is due, to those who have not spoken yet."""
    case = load_case(tx, gate.run_id)
    policy = rules.policy
    reminded = decide_reminder(gate, tx.now())
    ruling = decide_gate_permission(policy, "", run=case.run, gate=gate)
    spoken = {decision.actor.name for decision in gate.decisions}
    who = [name for name in ruling.who if name not in spoken]
    if reminded.reminded > 1:
        seeing = policy.within(case.run.project)
        who += seeing.who(policy.terms(case.run.blueprint).escalate)
    tx.gates.save(reminded)
    case.note(
        EventType.GATE_REMINDED,
        CLOCK,
        gate=gate.id,
        kind=gate.kind.value,
        prompt=gate.prompt,
        expires_at=gate.expires_at.isoformat(),
        number=reminded.reminded,
        who=list(dict.fromkeys(who)),
    )
    case.save()
