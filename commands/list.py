"""`/run list [filters and words]`: the runs table, newest first."""

from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request
from bot.domain.selection import Filter
from bot.grammar.params import Kind, Param
from bot.messages.reply import Reply
from bot.services.listing import list_page


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What to leave in, and where the page begins."""

    filter: Filter = field(default_factory=Filter)
    before: int | None = None


def handle(request: Request, given: Arguments) -> Reply:
    """One page of runs."""
    request.rules.permit(request.actor, "list")
    return list_page(request.tx, request.mine(given.filter), before=given.before)


COMMAND = Command(
    verb="list",
    synonyms=("ls", "runs"),
    summary="List runs, newest first.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="filter", kind=Kind.FILTER, help="mine, a status, a profile, words of a title"),
        Param(name="before", kind=Kind.NUMBER, hidden=True),
    ),
    examples=("/run list", "/run list mine active", "/run list failed pods last 7d"),
)
