"""`/run why <run>`: why this blueprint, why you may or may not, why it ended or waits."""

from dataclasses import dataclass

from bot.dispatch.command import Command, Request
from bot.domain.selection import Ref
from bot.grammar.params import Kind, Param
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.viewing import explain


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Which run."""

    run: Ref | None = None


def handle(request: Request, given: Arguments) -> Reply:
    """Three lines."""
    run = request.select_one(given.run, "why")
    request.rules.permit(request.actor, "why", run=run)
    told = explain(request.tx, request.rules, run, person=request.actor.name)
    return Reply(message=say("why", run=run, told=told), runs=(run.key,))


COMMAND = Command(
    verb="why",
    summary="Explain a run: why this blueprint, who may act, why it ended.",
    arguments=Arguments,
    handle=handle,
    params=(Param(name="run", kind=Kind.RUN),),
    examples=("/run why R-81",),
)
