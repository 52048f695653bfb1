"""`/run ask <gate> <question…>`: ask about what waits; it goes on waiting."""

from dataclasses import dataclass

from bot.dispatch.command import Command, Request
from bot.domain.selection import Ref, Selection
from bot.grammar.params import Kind, Param
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.gating import ask_about_gate
from bot.services.selecting import select_gates


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What it is about, and the question."""

    question: str
    run: Ref | None = None


def handle(request: Request, given: Arguments) -> Reply:
    """Put the question to the program and the people of the run."""
    (gate,) = select_gates(
        request.tx,
        Selection(refs=(given.run,) if given.run else ()),
        verb="ask",
        conversation=request.conversation,
    )
    run = ask_about_gate(
        request.tx, request.rules, gate, actor=request.actor, question=given.question
    )
    return Reply(message=say("asked", run=run, gate=gate), runs=(run.key,))


COMMAND = Command(
    verb="ask",
    summary="Ask about what a run waits for; the approval stays open.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="run", kind=Kind.RUN),
        Param(name="question", kind=Kind.TEXT, required=True, help="what you want to know"),
    ),
    examples=("/run ask G-41 why does it touch the tax rules?",),
)
