"""The inbox: what waits for one person, by the policy of this moment."""

from datetime import timedelta

from bot.domain.policy import decide_gate_permission, decide_permission
from bot.domain.selection import Filter
from bot.domain.vocabulary import Disposition, Reason, Status
from bot.messages.views import Inbox, InboxGate
from bot.ports.store import Tx
from bot.services.people import waiting_links
from bot.services.rules import Rules

_MOST_GATES = 500
_MOST_FAILED = 10
_RECENT = timedelta(days=7)
"""Failed runs that are older wait for nobody any more."""


def look_into_inbox(tx: Tx, rules: Rules, *, person: str) -> Inbox:
    """Gates this person may decide, the nearest deadline first, failed runs they own, and links."""
    gates: list[InboxGate] = []
    for gate in tx.gates.open(limit=_MOST_GATES):
        run = tx.runs.load(gate.run_id)
        spoken = any(decision.actor.name == person for decision in gate.decisions)
        if spoken or not decide_gate_permission(rules.policy, person, run=run, gate=gate).allowed:
            continue
        gates.append(InboxGate(gate=gate, run=run))
    failed = Filter(
        owner=person,
        statuses=frozenset({Status.FAILED, Status.TIMED_OUT}),
        dispositions=frozenset({Disposition.NONE}),
        since=tx.now() - _RECENT,
    )
    runs = tuple(
        run
        for run in tx.runs.find(failed, limit=_MOST_FAILED)
        if run.reason_code is not Reason.STOPPED
        and decide_permission(rules.policy, person, "retry", run=run).allowed
    )
    links = waiting_links(tx, rules.policy) if _confirms(rules, person) else ()
    return Inbox(gates=tuple(gates), failed=runs, now=tx.now(), links=links)


def _confirms(rules: Rules, person: str) -> bool:
    return decide_permission(rules.policy, person, "confirm").allowed
