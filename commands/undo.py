"""`/run undo [<run>…]`: take back what was asked for less than ten seconds ago."""

from dataclasses import dataclass

from bot.dispatch.command import Command, Request
from bot.domain.selection import Selection
from bot.grammar.params import Kind, Param
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.undoing import undo


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Which runs; without any, what was asked for last."""

    runs: Selection | None = None


def handle(request: Request, given: Arguments) -> Reply:
    """Keep what was about to be deleted."""
    runs = request.select(given.runs, "undo") if given.runs else ()
    kept = undo(request.tx, request.rules, runs, actor=request.actor)
    return Reply(message=say("undone", runs=kept), runs=tuple(run.key for run in kept))


COMMAND = Command(
    verb="undo",
    summary="Take back a deletion, within ten seconds.",
    arguments=Arguments,
    handle=handle,
    params=(Param(name="runs", kind=Kind.RUNS),),
    examples=("/run undo", "/run undo R-81"),
)
