"""`/run changes <run|gate> <reason…>`: send a plan back; the run goes on."""

from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request
from bot.dispatch.deciding import DECISION_PARAMS, decide_gates
from bot.domain.gate import Choice
from bot.domain.selection import Selection
from bot.grammar.params import Kind, Param
from bot.messages.reply import Reply


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What to send back, and why."""

    reason: str
    runs: Selection = field(default_factory=Selection)
    shown: str = ""
    confirmed: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """Send the plan back with a reason."""
    return decide_gates(
        request,
        given.runs,
        choice=Choice.CHANGES,
        note=given.reason,
        shown=given.shown,
        confirmed=bool(given.confirmed),
    )


COMMAND = Command(
    verb="changes",
    summary="Ask for changes; the reason goes back to the program and the run goes on.",
    arguments=Arguments,
    handle=handle,
    params=(
        *DECISION_PARAMS,
        Param(name="reason", kind=Kind.TEXT, required=True),
    ),
    examples=("/run changes R-81 keep the old signature",),
)
