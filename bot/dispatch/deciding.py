"""Deciding gates from words or a button: what approve, deny and changes have in common."""

from bot.dispatch.command import Request
from bot.dispatch.many import CONFIRMED, confirm_many
from bot.domain.errors import UserError
from bot.domain.gate import Choice
from bot.domain.run import Run
from bot.domain.selection import Selection
from bot.grammar.params import Kind, Param
from bot.messages.render import say
from bot.messages.reply import Outcome, Reply
from bot.services.gating import decide_on_gate, shown_fingerprint
from bot.services.selecting import select_gates

DECISION_PARAMS = (
    Param(name="runs", kind=Kind.RUNS),
    Param(name="shown", kind=Kind.OPTION, hidden=True),
    CONFIRMED,
)
"""What a decision is about; the free text that goes with it follows."""

_VERBS = {Choice.APPROVE: "approve", Choice.DENY: "deny", Choice.CHANGES: "changes"}
_SAID = {Choice.APPROVE: "approved", Choice.DENY: "denied", Choice.CHANGES: "changes_asked"}


def decide_gates(  # noqa: PLR0913  # a decision in full
    request: Request,
    selection: Selection,
    *,
    choice: Choice,
    note: str,
    shown: str,
    confirmed: bool,
) -> Reply:
    """Take a person's decision on the gates they mean; more than one is confirmed first."""
    tx, verb = request.tx, _VERBS[choice]
    gates = select_gates(tx, request.owned(selection), verb=verb, conversation=request.conversation)
    runs = {gate.id: tx.runs.load(gate.run_id) for gate in gates}
    if len(gates) > 1 and not confirmed:
        text = {"note" if choice is Choice.APPROVE else "reason": note} if note else {}
        return confirm_many(verb, tuple(runs.values()), **text)
    done: list[Run] = []
    refused: list[tuple[str, str]] = []
    for gate in gates:
        seen = shown or shown_fingerprint(tx, runs[gate.id], gate)
        try:
            with tx.savepoint():
                done.append(
                    decide_on_gate(
                        tx,
                        request.rules,
                        gate,
                        actor=request.actor,
                        choice=choice,
                        note=note,
                        shown=seen,
                    )
                )
        except UserError as error:
            if len(gates) == 1:
                raise
            refused.append((gate.key, error.text))
    return Reply(
        message=say(_SAID[choice], runs=done, refused=refused),
        outcome=Outcome.DONE if done else Outcome.REFUSED,
        runs=tuple(run.key for run in done),
    )
