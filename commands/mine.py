"""`/run mine`: the runs I own, the latest first."""

from dataclasses import dataclass

from bot.dispatch.command import Command, Request
from bot.domain.selection import Filter
from bot.grammar.params import Kind, Param
from bot.messages.reply import Reply
from bot.services.listing import list_page

_LATEST = 50
"""As many as the reference shows of one person's runs."""


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Where the page begins."""

    before: int | None = None


def handle(request: Request, given: Arguments) -> Reply:
    """The latest runs owned by who asks."""
    request.rules.permit(request.actor, "mine")
    own = Filter(owner=request.actor.name)
    return list_page(request.tx, own, before=given.before, rows=_LATEST)


COMMAND = Command(
    verb="mine",
    summary="List the latest runs you own.",
    arguments=Arguments,
    handle=handle,
    params=(Param(name="before", kind=Kind.NUMBER, hidden=True),),
    examples=("/run mine",),
)
