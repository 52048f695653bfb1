"""`/run logs <run> [job]`: the output of a run's job, the newest stretch first."""

from dataclasses import dataclass, replace

from bot.dispatch.command import Command, Request
from bot.domain.invocation import Press
from bot.domain.job import job_key
from bot.domain.selection import Ref
from bot.grammar.params import Kind, Param
from bot.messages.message import Button
from bot.messages.render import say, word
from bot.messages.reply import Reply
from bot.ports.store import LogChunk
from bot.services.viewing import read_logs

_SHOWN = 12_000
"""Characters of output in one answer."""


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Whose output, and what was seen of it already."""

    run: Ref | None = None
    job: int | None = None
    before: int | None = None


def handle(request: Request, given: Arguments) -> Reply:
    """The last stretch of output, with a button for what came before."""
    run = request.select_one(given.run, "logs")
    request.rules.permit(request.actor, "logs", run=run)
    number = given.job or (given.run.job if given.run and given.run.job else None)
    job, chunks = read_logs(request.tx, run, number=number, before=given.before)
    taken: list[LogChunk] = []
    size = 0
    for chunk in reversed(chunks):
        if taken and size + len(chunk.text) > _SHOWN:
            break
        taken.insert(0, chunk)
        size += len(chunk.text)
    text = "".join(chunk.text for chunk in taken)
    key = job_key(run.id, job.number)
    message = say("logs", key=key, run=run, text=text[-_SHOWN:], cut=max(0, len(text) - _SHOWN))
    older = taken[0].seq if taken and taken[0].seq > 1 else None
    if older:
        arguments = {"run": run.key, "job": job.number, "before": older}
        press = Press(verb="logs", arguments=arguments)
        message = replace(message, buttons=(Button(label=word("buttons", "older"), press=press),))
    return Reply(message=message, runs=(run.key,))


COMMAND = Command(
    verb="logs",
    synonyms=("log",),
    summary="Show the output of a run.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="run", kind=Kind.RUN),
        Param(name="job", kind=Kind.NUMBER, help="the number of one of its jobs"),
        Param(name="before", kind=Kind.NUMBER, hidden=True),
    ),
    examples=("/run logs R-81", "/run logs last"),
)
