"""`/run show <run>`: everything about one run."""

from dataclasses import dataclass

from bot.dispatch.command import Command, Request
from bot.domain.posting import CARD
from bot.domain.selection import Ref
from bot.domain.vocabulary import Disposition
from bot.grammar.params import Kind, Param
from bot.messages.cards import run_detail, tombstone
from bot.messages.reply import Reply
from bot.services.selecting import deletion_of
from bot.services.viewing import view_detail


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Which run."""

    run: Ref | None = None


def handle(request: Request, given: Arguments) -> Reply:
    """The run's card as it stands now, with its times and the gate that holds it."""
    run = request.select_one(given.run, "show")
    request.rules.permit(request.actor, "show", run=run)
    if run.disposition is Disposition.DELETED:
        left = tombstone(run, deletion_of(request.tx, run), subject=CARD)
        return Reply(message=left, runs=(run.key,))
    view = view_detail(request.tx, request.rules, run.id)
    return Reply(message=run_detail(view), runs=(run.key,))


COMMAND = Command(
    verb="show",
    synonyms=("open",),
    summary="Show one run in full.",
    arguments=Arguments,
    handle=handle,
    params=(Param(name="run", kind=Kind.RUN),),
    examples=("/run show R-81", "/run show last"),
)
