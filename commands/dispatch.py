"""`/run dispatch <blueprint> [autopilot|supervised] [branch=…] [owner=@x] [key=value …]`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request
from bot.domain.vocabulary import Mode
from bot.grammar.params import Kind, Param
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.dispatching import DispatchRequest, dispatch


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What is to be run, and how."""

    blueprint: str
    mode: str = ""
    branch: str = ""
    owner: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


def handle(request: Request, given: Arguments) -> Reply:
    """Queue a run; its card follows in the channel."""
    wanted = DispatchRequest(
        blueprint=given.blueprint,
        branch=given.branch,
        mode=Mode(given.mode) if given.mode else None,
        owner=given.owner.lstrip("@"),
        inputs=given.inputs,
    )
    run = dispatch(
        request.tx,
        request.rules,
        wanted,
        actor=request.actor,
        conversation=request.conversation,
    )
    return Reply(message=say("dispatched", run=run), runs=(run.key,))


COMMAND = Command(
    verb="dispatch",
    synonyms=("start",),
    summary="Start a run of a blueprint.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="blueprint", kind=Kind.BLUEPRINT, required=True, help="what to run"),
        Param(
            name="mode",
            kind=Kind.CHOICE,
            choices=tuple(mode.value for mode in Mode),
            help="supervised waits for a person at each checkpoint (the default)",
        ),
        Param(name="branch", kind=Kind.OPTION, help="the branch to push to"),
        Param(name="owner", kind=Kind.OPTION, help="who owns the run, instead of you"),
        Param(name="inputs", kind=Kind.INPUTS, help="the blueprint's inputs"),
    ),
    examples=(
        "/run dispatch fix-rounding supervised",
        "/run dispatch hello autopilot name=Ana",
    ),
)
