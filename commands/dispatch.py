"""`/run dispatch <blueprint|ISSUE> [with <blueprint>] [autopilot|supervised] [key=value …]`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request
from bot.domain.errors import UsageError
from bot.domain.issue import Issue
from bot.domain.vocabulary import Mode
from bot.grammar.params import Kind, Param
from bot.messages.cards import status_words
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.dispatching import DispatchRequest, dispatch
from bot.services.issue_dispatching import dispatch_on_issue


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What is to be run, and how."""

    blueprint: str = ""
    """A blueprint, or an issue's key."""
    issue: str = ""
    """An issue's key or id, where a button or a tracker says it."""
    chosen: str = ""
    """The blueprint for the issue."""
    mode: str = ""
    branch: str = ""
    owner: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


def handle(request: Request, given: Arguments) -> Reply:
    """Queue a run; its card follows in the channel. On an issue at most one works at a time."""
    named = request.issue(given.blueprint)
    issue = named or request.issue(given.issue)
    wanted = DispatchRequest(
        blueprint=given.chosen if named else given.chosen or given.blueprint,
        branch=given.branch,
        mode=Mode(given.mode) if given.mode else None,
        owner=given.owner.lstrip("@"),
        inputs=given.inputs,
    )
    if issue is not None:
        return _on_issue(request, wanted, issue)
    _require_plain(given)
    run = dispatch(
        request.tx,
        request.rules,
        wanted,
        actor=request.actor,
        conversation=request.conversation,
    )
    return Reply(message=say("dispatched", run=run), runs=(run.key,))


def _on_issue(request: Request, wanted: DispatchRequest, issue: Issue) -> Reply:
    work = dispatch_on_issue(
        request.tx,
        request.rules,
        wanted,
        issue=issue,
        actor=request.actor,
        conversation=request.conversation,
    )
    run = work.run
    if work.fresh:
        return Reply(message=say("dispatched", run=run), runs=(run.key,))
    message = say("already_at_work", run=run, status=status_words(run))
    return Reply(message=message, runs=(run.key,))


def _require_plain(given: Arguments) -> None:
    """Raises UsageError for what only goes with an issue."""
    if given.issue or given.chosen:
        raise UsageError(
            f"“{(given.issue or given.blueprint)[:40]}” is no issue that can be read here; "
            "only an issue is dispatched with a blueprint.",
            suggestions=("/run help dispatch",),
        )


COMMAND = Command(
    verb="dispatch",
    synonyms=("start",),
    summary="Start a run of a blueprint.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(
            name="blueprint",
            kind=Kind.WORK,
            required=True,
            or_else="issue",
            help="what to run, or the key of the issue to work on",
        ),
        Param(name="issue", kind=Kind.ISSUE, hidden=True),
        Param(
            name="chosen",
            kind=Kind.WITH,
            shown_as="blueprint",
            help="the blueprint for an issue, where it is not to be the one that fits best",
        ),
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
        "/run dispatch ENG-142",
        "/run dispatch ENG-142 with fix-rounding autopilot",
    ),
)
