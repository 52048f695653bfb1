"""`/run help [verb]`: what can be asked."""

from dataclasses import dataclass, replace

from bot.dispatch.command import Command, Request, find_command
from bot.grammar.params import Kind, Param
from bot.messages.markup import code, escape
from bot.messages.message import Row
from bot.messages.render import say
from bot.messages.reply import Reply


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """A verb, or nothing for all."""

    verb: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """All verbs in a line each, or one in full."""
    if given.verb:
        command = find_command(request.registry, given.verb)
        return Reply(message=say("help_verb", command=command))
    rows = tuple(
        Row(text=f"{code(command.usage)} {escape(command.summary)}") for command in request.registry
    )
    return Reply(message=replace(say("help"), rows=rows))


COMMAND = Command(
    verb="help",
    for_strangers=True,
    summary="Show what can be asked, or one verb in full.",
    arguments=Arguments,
    handle=handle,
    params=(Param(name="verb", kind=Kind.VERB, help="one of the verbs"),),
    examples=("/run help", "/run help dispatch"),
)
