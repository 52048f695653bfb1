"""Deciding gates from words or a button: what approve, deny and changes have in common."""

from dataclasses import dataclass, field
from typing import Any

from bot.dispatch.command import Command, Request
from bot.dispatch.many import CONFIRMED, act_on_each, confirm_many
from bot.domain.gate import Choice, Gate
from bot.domain.run import Run
from bot.domain.selection import Selection
from bot.grammar.params import Kind, Param
from bot.messages.reply import Reply
from bot.services.gating import decide_on_gate, shown_fingerprint
from bot.services.selecting import select_gates


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What is decided, and the words that go with it."""

    runs: Selection = field(default_factory=Selection)
    text: str = ""
    shown: str = ""
    """The fingerprint that the pressed button showed; empty for words."""
    confirmed: str = ""


def decision_command(
    choice: Choice, text: Param, *, summary: str, examples: tuple[str, ...]
) -> Command:
    """The command of one choice; `text` is the parameter of the words that go with it."""

    def handle(request: Request, given: Any) -> Reply:
        return decide_gates(request, given, choice=choice)

    return Command(
        verb=_VERBS[choice],
        summary=summary,
        arguments=Arguments,
        handle=handle,
        params=(
            Param(name="runs", kind=Kind.RUNS),
            Param(name="shown", kind=Kind.OPTION, hidden=True),
            CONFIRMED,
            text,
        ),
        examples=examples,
    )


_VERBS = {Choice.APPROVE: "approve", Choice.DENY: "deny", Choice.CHANGES: "changes"}
_SAID = {Choice.APPROVE: "approved", Choice.DENY: "denied", Choice.CHANGES: "changes_asked"}


def decide_gates(request: Request, given: Arguments, *, choice: Choice) -> Reply:
    """Take a person's decision on the gates they mean; more than one is confirmed first."""
    gates = select_gates(
        request.tx,
        request.owned(given.runs),
        verb=_VERBS[choice],
        conversation=request.conversation,
    )
    if len(gates) > 1 and not given.confirmed:
        runs = [request.tx.runs.load(gate.run_id) for gate in gates]
        text = {"text": given.text} if given.text else {}
        return confirm_many(_VERBS[choice], runs, **text)
    return act_on_each(
        request,
        gates,
        lambda gate: _decide(request, gate, given, choice),
        said=_SAID[choice],
    )


def _decide(request: Request, gate: Gate, given: Arguments, choice: Choice) -> Run:
    run = request.tx.runs.load(gate.run_id)
    return decide_on_gate(
        request.tx,
        request.rules,
        gate,
        actor=request.actor,
        choice=choice,
        note=given.text,
        shown=given.shown
        or shown_fingerprint(request.tx, run, gate, conversation=request.conversation),
    )
