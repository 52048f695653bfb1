"""`/run nudge <run>`: ask a silent program for a sign of life."""

from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request
from bot.dispatch.many import CONFIRMED, act_on_each, confirm_many
from bot.domain.selection import Selection
from bot.grammar.params import Kind, Param
from bot.messages.reply import Reply
from bot.services.nudging import nudge


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Which runs."""

    runs: Selection = field(default_factory=Selection)
    confirmed: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """Do it at once to one run, after a confirmation to several."""
    runs = request.select(given.runs, "nudge")
    if len(runs) > 1 and not given.confirmed:
        return confirm_many("nudge", runs)
    return act_on_each(
        request,
        runs,
        lambda run: nudge(request.tx, request.rules, run.id, actor=request.actor),
        said="nudged",
    )


COMMAND = Command(
    verb="nudge",
    summary="Ask the program of a running run for a sign of life.",
    arguments=Arguments,
    handle=handle,
    params=(Param(name="runs", kind=Kind.RUNS), CONFIRMED),
    examples=("/run nudge R-81",),
)
