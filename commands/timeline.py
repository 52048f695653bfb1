"""`/run timeline <run>`: where a run's time went."""

from dataclasses import dataclass

from bot.dispatch.command import Command, Request
from bot.domain.selection import Ref
from bot.domain.timeline import draw_timeline
from bot.grammar.params import Kind, Param
from bot.messages.reply import Reply
from bot.messages.timeline import timeline_message


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Which run."""

    run: Ref | None = None


def handle(request: Request, given: Arguments) -> Reply:
    """The parts of its time, and a row for each phase, step and gate."""
    run = request.select_one(given.run, "timeline")
    request.rules.permit(request.actor, "timeline", run=run)
    drawn = draw_timeline(request.tx.runs.events(run.id), request.tx.now())
    return Reply(message=timeline_message(run, drawn), runs=(run.key,))


COMMAND = Command(
    verb="timeline",
    synonyms=("steps",),
    summary="Show when each step, phase and gate of a run began and ended.",
    arguments=Arguments,
    handle=handle,
    params=(Param(name="run", kind=Kind.RUN),),
    examples=("/run timeline R-81", "/run steps last"),
)
