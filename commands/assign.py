"""`/run assign <run> @person`: give a run another owner."""

from dataclasses import dataclass

from bot.dispatch.command import Command, Request
from bot.domain.selection import Ref
from bot.grammar.params import Kind, Param
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.lifecycle import assign


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Which run, and whose it is to be."""

    owner: str
    run: Ref | None = None


def handle(request: Request, given: Arguments) -> Reply:
    """Change the owner."""
    run = request.select_one(given.run, "assign")
    owned = assign(
        request.tx, request.rules, run.id, actor=request.actor, owner=given.owner.lstrip("@")
    )
    return Reply(message=say("assigned", run=owned), runs=(run.key,))


COMMAND = Command(
    verb="assign",
    summary="Give a run another owner.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="run", kind=Kind.RUN),
        Param(name="owner", kind=Kind.PERSON, required=True, help="the new owner"),
    ),
    examples=("/run assign R-81 @reviewer",),
)
