"""`/run logs <run> [job] [words…]`: the output of a run's job, or the lines that hold words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.dispatch.command import Command, Request
from bot.domain.codec import JSON
from bot.domain.invocation import Press
from bot.domain.job import job_key
from bot.domain.run import Run
from bot.domain.selection import Ref
from bot.grammar.params import Kind, Param
from bot.grammar.words import Words
from bot.messages.markup import code
from bot.messages.message import Button, Message, Row
from bot.messages.render import moment_link, say, word
from bot.messages.reply import Reply
from bot.services.log_reading import Hit, Place, find_job, read_after, read_before, search

_LONGEST_HIT = 300
"""Characters of a line in the list of those that were found."""


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Whose output, what to search in it, and what was seen of it already."""

    run: Ref | None = None
    job: int | None = None
    words: str = ""
    before: int | None = None
    after: int | None = None
    offset: int = 0


def handle(request: Request, given: Arguments) -> Reply:
    """The last stretch of output, with buttons for what is before and after it."""
    run = request.select_one(given.run, "logs")
    request.rules.permit(request.actor, "logs", run=run)
    number = given.job or (given.run.job if given.run and given.run.job else None)
    shown = _search if given.words else _show
    return Reply(message=shown(request, run, replace(given, job=number)), runs=(run.key,))


def _show(request: Request, run: Run, given: Arguments) -> Message:
    job = find_job(request.tx, run, given.job)
    if given.after is not None:
        stretch = read_after(request.tx, job, Place(seq=given.after, offset=given.offset))
    else:
        stretch = read_before(request.tx, job, _place(given))
    message = say(
        "logs",
        key=job_key(run.id, job.number),
        stretch=stretch,
        ended=not job.status.live,
    )
    turns = (
        ("older", "before", stretch.start, stretch.older),
        ("newer", "after", stretch.end, stretch.newer),
    )
    buttons = tuple(
        _turn(name, run, job.number, **{way: place.seq}, offset=place.offset)
        for name, way, place, there in turns
        if there
    )
    return replace(message, buttons=buttons)


def _search(request: Request, run: Run, given: Arguments) -> Message:
    job = find_job(request.tx, run, given.job)
    words = _words(request, given.words)
    found = search(request.tx, job, words, before=_place(given))
    message = say(
        "logs_found",
        key=job_key(run.id, job.number),
        words=given.words,
        number=len(found.hits),
        more=found.older is not None,
        earlier=given.before is not None,
    )
    rows = tuple(_row(run, job.number, hit) for hit in found.hits)
    if found.older is None:
        return replace(message, rows=rows)
    place = found.older
    further = _turn(
        "search_older", run, job.number, words=given.words, before=place.seq, offset=place.offset
    )
    return replace(message, rows=rows, buttons=(further,))


def _words(request: Request, text: str) -> Sequence[str]:
    """Single words, or several in quotes that stand together."""
    words = Words(text, now=request.tx.now())
    found: list[str] = []
    while taken := words.next():
        found.append(taken.text)
    return found


def _place(given: Arguments) -> Place | None:
    return None if given.before is None else Place(seq=given.before, offset=given.offset)


def _row(run: Run, job: int, hit: Hit) -> Row:
    """The line, and where it stands: when it was said, its part of the output and its line."""
    text = re.sub(r"\s+", " ", hit.text).strip()
    cut = text[:_LONGEST_HIT] + ("…" if len(text) > _LONGEST_HIT else "")
    place = f"{moment_link(hit.at)} · {hit.place.seq}:{hit.line} · {hit.stream}"
    around = _turn("show_there", run, job, after=hit.place.seq, offset=hit.place.offset)
    return Row(text=f"{place} · {code(cut)}", button=around)


def _turn(name: str, run: Run, job: int, **arguments: JSON) -> Button:
    press = Press(verb="logs", arguments={"run": run.key, "job": job, **arguments})
    return Button(label=word("buttons", name), press=press)


COMMAND = Command(
    verb="logs",
    synonyms=("log",),
    summary="Show the output of a run, or the lines in it that hold some words.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="run", kind=Kind.RUN),
        Param(name="job", kind=Kind.NUMBER, help="the number of one of its jobs"),
        Param(name="words", kind=Kind.TEXT, help="what to search; letter case does not count"),
        Param(name="before", kind=Kind.NUMBER, hidden=True),
        Param(name="after", kind=Kind.NUMBER, hidden=True),
        Param(name="offset", kind=Kind.NUMBER, hidden=True),
    ),
    examples=("/run logs R-81", "/run logs last", '/run logs R-81 npm "error 403"'),
)
