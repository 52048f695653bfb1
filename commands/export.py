"""`/run export <run|filter> [json|csv]`: runs as a file that can be fetched."""

from dataclasses import dataclass, field

from bot.dispatch.command import Command, Request
from bot.domain.selection import Selection
from bot.grammar.params import Kind, Param
from bot.messages.render import say
from bot.messages.reply import Reply
from bot.services.exporting import MOST, export_runs


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Which runs, and in which form."""

    runs: Selection = field(default_factory=Selection)
    format: str = "json"


def handle(request: Request, given: Arguments) -> Reply:
    """Make the file of the runs that this person may see."""
    runs = request.select(given.runs, "export", most=MOST[given.format])
    for run in runs:
        request.rules.permit(request.actor, "export", run=run)
    file = export_runs(request.tx, runs, form=given.format)
    return Reply(message=say("exported", file=file.kept, count=len(runs)), files=(file,))


COMMAND = Command(
    verb="export",
    summary="Export runs: JSON with everything of each, or CSV with a line of each.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="runs", kind=Kind.RUNS),
        Param(
            name="format",
            kind=Kind.CHOICE,
            choices=tuple(MOST),
            help="json (the default) holds the whole tree, csv one row for each run",
        ),
    ),
    examples=("/run export R-81", "/run export failed last 7d csv"),
    reads=True,
)
