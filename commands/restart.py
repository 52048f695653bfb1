"""`/run restart <run>…`: let the program begin again in the same workspace."""

from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request
from bot.dispatch.many import CONFIRMED, act_on_each, confirm_many
from bot.domain.selection import Selection
from bot.grammar.params import Kind, Param
from bot.messages.reply import Reply
from bot.services.lifecycle import restart


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Which runs."""

    runs: Selection = field(default_factory=Selection)
    confirmed: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """Do it at once to one run, after a confirmation to several."""
    runs = request.select(given.runs, "restart")
    if len(runs) > 1 and not given.confirmed:
        return confirm_many("restart", runs)
    return act_on_each(
        request,
        runs,
        lambda run: restart(request.tx, request.rules, run.id, actor=request.actor),
        said="restarted",
    )


COMMAND = Command(
    verb="restart",
    synonyms=(),
    summary="Restart the program of a running agent run.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="runs", kind=Kind.RUNS),
        CONFIRMED,
    ),
    examples=("/run restart R-81",),
)
