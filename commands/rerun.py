"""`/run rerun <run>…`: do the work of ended runs again."""

from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request
from bot.dispatch.many import CONFIRMED, act_on_each, confirm_many
from bot.domain.selection import Selection
from bot.grammar.params import Kind, Param
from bot.messages.reply import Reply
from bot.services.lifecycle import rerun


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Which runs."""

    runs: Selection = field(default_factory=Selection)
    confirmed: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """Do it at once to one run, after a confirmation to several."""
    runs = request.select(given.runs, "rerun")
    if len(runs) > 1 and not given.confirmed:
        return confirm_many("rerun", runs)
    return act_on_each(
        request,
        runs,
        lambda run: rerun(request.tx, request.rules, run.id, actor=request.actor),
        said="rerun",
    )


COMMAND = Command(
    verb="rerun",
    summary="Run ended runs again: a new attempt; of flows and guides a new run.",
    arguments=Arguments,
    handle=handle,
    params=(Param(name="runs", kind=Kind.RUNS), CONFIRMED),
    examples=("/run rerun R-81", "/run rerun failed flows last 24h"),
)
