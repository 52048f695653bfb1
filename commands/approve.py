"""`/run approve <run|gate> [note…]`: let a waiting run go on."""

from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request
from bot.dispatch.deciding import DECISION_PARAMS, decide_gates
from bot.domain.gate import Choice
from bot.domain.selection import Selection
from bot.grammar.params import Kind, Param
from bot.messages.reply import Reply


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What to let pass, and a word with it."""

    runs: Selection = field(default_factory=Selection)
    note: str = ""
    shown: str = ""
    confirmed: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """Approve the plan as it was last shown here, or as the pressed button showed it."""
    return decide_gates(
        request,
        given.runs,
        choice=Choice.APPROVE,
        note=given.note,
        shown=given.shown,
        confirmed=bool(given.confirmed),
    )


COMMAND = Command(
    verb="approve",
    summary="Approve what a run waits for.",
    arguments=Arguments,
    handle=handle,
    params=(
        *DECISION_PARAMS,
        Param(name="note", kind=Kind.TEXT),
    ),
    examples=(
        "/run approve last ship it",
        "/run approve G-41",
    ),
)
