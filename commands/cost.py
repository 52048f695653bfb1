"""`/run cost [by …] [filters and words]`: what runs have cost."""

from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request
from bot.domain.costs import CostBy
from bot.domain.selection import Filter
from bot.grammar.params import Kind, Param
from bot.messages.reply import Reply
from bot.services.costing import cost_page


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What to sum by, and which runs to leave in."""

    by: str = ""
    filter: Filter = field(default_factory=Filter)


def handle(request: Request, given: Arguments) -> Reply:
    """The sum over all runs that match, and its parts."""
    request.rules.permit(request.actor, "cost")
    by = CostBy(given.by) if given.by else None
    return Reply(message=cost_page(request.tx, request.mine(given.filter), by=by))


COMMAND = Command(
    verb="cost",
    synonyms=("costs",),
    summary="Sum tokens, dollars and machine time.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="by", kind=Kind.BY, choices=tuple(CostBy)),
        Param(
            name="filter",
            kind=Kind.FILTER,
            choices=("by",),
            help="mine, a status, a project, last 7d",
        ),
    ),
    examples=("/run cost", "/run cost by project last 30d", "/run cost by day mine"),
)
