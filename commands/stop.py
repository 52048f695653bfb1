"""`/run stop <run>… [reason…]`: end live runs; a typed stop stops at once."""

from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request
from bot.dispatch.many import CONFIRMED, act_on_each, confirm_many
from bot.domain.selection import Selection
from bot.grammar.params import Kind, Param
from bot.messages.reply import Reply
from bot.services.lifecycle import stop


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Which runs, and why."""

    runs: Selection = field(default_factory=Selection)
    reason: str = ""
    confirmed: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """Do it at once to one run, after a confirmation to several."""
    runs = request.select(given.runs, "stop")
    if len(runs) > 1 and not given.confirmed:
        return confirm_many("stop", runs, reason=given.reason)
    return act_on_each(
        request,
        runs,
        lambda run: stop(
            request.tx, request.rules, run.id, actor=request.actor, reason=given.reason
        ),
        said="stopped",
    )


COMMAND = Command(
    verb="stop",
    synonyms=("cancel",),
    summary="Stop live runs.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="runs", kind=Kind.RUNS),
        Param(name="reason", kind=Kind.TEXT),
        CONFIRMED,
    ),
    examples=(
        "/run stop R-81 wrong branch",
        "/run stop mine except R-81",
    ),
)
