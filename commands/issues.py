"""`/run issues [words…]`: the issues of the connected trackers, by title or key."""

from dataclasses import dataclass, replace

from bot.dispatch.command import Command, Request
from bot.grammar.params import Kind, Param
from bot.messages.issues import issue_row
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.listing import live_keys


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """What to search by; without it, what the tracker puts first."""

    words: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """A row for each issue, with a button that starts work on it."""
    request.rules.permit(request.actor, "issues")
    found = [issue for name in request.issues if (issue := request.issue(name))]
    at_work = live_keys(request.tx, found)
    message = replace(
        say("issues", count=len(found), words=given.words),
        rows=tuple(issue_row(issue, at_work.get(issue.id, "")) for issue in found),
    )
    return Reply(message=message)


COMMAND = Command(
    verb="issues",
    summary="Search the issues of the tracker.",
    arguments=Arguments,
    handle=handle,
    params=(Param(name="words", kind=Kind.ISSUES, help="words of a title, or a key"),),
    examples=("/run issues checkout rounding", "/run issues ENG-142"),
    reads=True,
)
