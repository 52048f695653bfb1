"""`/run reply <run> <text…>`: words for the program; in a run's thread just the words."""

from dataclasses import dataclass

from bot.dispatch.command import Command, Request, Secrecy
from bot.domain.selection import Ref
from bot.grammar.params import Kind, Param
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.steering import steer


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Whose program, and the words."""

    text: str
    run: Ref | None = None
    urgent: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """Hand the words to the program of the run."""
    run = request.select_one(given.run, "reply")
    steered, order = steer(
        request.tx,
        request.rules,
        run.id,
        actor=request.actor,
        text=given.text,
        urgent=bool(given.urgent),
    )
    return Reply(message=say("steered", run=steered), runs=(run.key,), orders=(order.id,))


COMMAND = Command(
    verb="reply",
    summary="Send words to the program of a live run.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="run", kind=Kind.RUN),
        Param(name="text", kind=Kind.TEXT, required=True, help="what the program is told"),
        Param(name="urgent", kind=Kind.CHOICE, choices=("urgent",), hidden=True),
    ),
    secrecy=Secrecy.POSSIBLE,
    examples=("/run reply R-81 use the new discount table",),
)
