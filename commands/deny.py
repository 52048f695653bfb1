"""`/run deny <run|gate> <reason…>`: end a waiting run; its program is told the reason."""

from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request
from bot.dispatch.deciding import DECISION_PARAMS, decide_gates
from bot.domain.gate import Choice
from bot.domain.selection import Selection
from bot.grammar.params import Kind, Param
from bot.messages.reply import Reply


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What to deny, and why."""

    reason: str
    runs: Selection = field(default_factory=Selection)
    shown: str = ""
    confirmed: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """Deny the plan; the run ends."""
    return decide_gates(
        request,
        given.runs,
        choice=Choice.DENY,
        note=given.reason,
        shown=given.shown,
        confirmed=bool(given.confirmed),
    )


COMMAND = Command(
    verb="deny",
    summary="Deny what a run waits for; the run ends and its program is told why.",
    arguments=Arguments,
    handle=handle,
    params=(
        *DECISION_PARAMS,
        Param(name="reason", kind=Kind.TEXT, required=True),
    ),
    examples=("/run deny R-81 the discount rule is wrong",),
)
