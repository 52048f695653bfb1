"""`/run inbox`: everything that waits for me."""

from dataclasses import dataclass

from bot.dispatch.command import Command, Request
from bot.messages.inbox import inbox_message
from bot.messages.reply import Reply
from bot.services.inbox import look_into_inbox


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Nothing more."""


def handle(request: Request, given: Arguments) -> Reply:
    """Approvals and questions by their deadlines, then failed runs, newest first."""
    del given
    request.rules.permit(request.actor, "inbox")
    inbox = look_into_inbox(request.tx, request.rules, person=request.actor.name)
    return Reply(message=inbox_message(inbox), runs=inbox.runs)


COMMAND = Command(
    verb="inbox",
    summary="Show what waits for you: approvals, questions, your failed runs.",
    arguments=Arguments,
    handle=handle,
    examples=("/run inbox",),
)
