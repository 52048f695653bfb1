"""`/run artifacts [<run>] [filters and words]`: the files that runs left, newest first."""

from dataclasses import dataclass, replace

from bot.dispatch.command import Command, Request
from bot.domain.codec import encode
from bot.domain.deadlines import say_duration
from bot.domain.invocation import Press
from bot.domain.run import Run
from bot.domain.selection import Filter, Ref
from bot.grammar.filters import read_filter
from bot.grammar.params import Kind, Param
from bot.grammar.words import Words
from bot.messages.markup import code, escape
from bot.messages.message import Button, Row
from bot.messages.render import link, say, word
from bot.messages.reply import Reply
from bot.services.artifacts import Listed, Page, list_artifacts

_PAGE = 10
_UNITS = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB"))


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Whose artifacts, which of them, and where the page begins."""

    run: Ref | None = None
    words: str = ""
    filter: Filter | None = None
    before: int | None = None


def handle(request: Request, given: Arguments) -> Reply:
    """One page; without a run those of all runs, or of the thread's run."""
    run = _run(request, given)
    request.rules.permit(request.actor, "artifacts", run=run)
    filter_ = request.mine(given.filter or _filter(request, given.words))
    page = list_artifacts(
        request.tx,
        request.rules,
        filter_,
        actor=request.actor,
        run_id=run.id if run else None,
        before=given.before,
        rows=_PAGE,
    )
    now = request.tx.now()
    rows = [
        _row(listed, f"{say_duration(now - listed.artifact.created_at)} ago")
        for listed in page.listed
    ]
    message = say("artifacts", run=run, number=len(rows), page=page, first=_first(page))
    buttons = _older(run, filter_, page.before) if page.before is not None else ()
    keys = dict.fromkeys(listed.run.key for listed in page.listed)
    return Reply(message=replace(message, rows=tuple(rows), buttons=buttons), runs=tuple(keys))


def _run(request: Request, given: Arguments) -> Run | None:
    if given.run is not None:
        return request.select_one(given.run, "artifacts")
    run_id = request.tx.postings.find_run(request.conversation)
    return request.tx.runs.load(run_id) if run_id is not None else None


def _filter(request: Request, words: str) -> Filter:
    return read_filter(Words(words, now=request.tx.now()), leftover=True) or Filter()


def _first(page: Page) -> Listed | None:
    return page.listed[0] if page.listed else None


def _row(listed: Listed, age: str) -> Row:
    artifact, run = listed.artifact, listed.run
    text = " · ".join(
        [
            f"**{escape(artifact.name)}**",
            _size(artifact.size),
            link(run.key, f"run:{run.key}"),
            escape(run.project),
            escape(age),
            f"SHA-256 {code(artifact.sha256)}",
        ]
    )
    show = Button(
        label=word("buttons", "show"), press=Press(verb="show", arguments={"run": run.key})
    )
    return Row(text=text, button=show)


def _size(size: int) -> str:
    """12 B, 3.4 KB."""
    return next(
        (f"{size / least:.1f} {unit}" for least, unit in _UNITS if size >= least), f"{size} B"
    )


def _older(run: Run | None, filter_: Filter, before: int) -> tuple[Button, ...]:
    arguments = {"filter": encode(filter_), "before": before}
    if run is not None:
        arguments["run"] = run.key
    press = Press(verb="artifacts", arguments=arguments)
    return (Button(label=word("buttons", "older"), press=press),)


COMMAND = Command(
    verb="artifacts",
    synonyms=("artifact", "files"),
    summary="List the files that runs left, newest first.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="run", kind=Kind.RUN),
        Param(name="words", kind=Kind.TEXT, help="words of their names, and the filters of list"),
        Param(name="filter", kind=Kind.FILTER, hidden=True),
        Param(name="before", kind=Kind.NUMBER, hidden=True),
    ),
    examples=("/run artifacts", "/run artifacts R-81", "/run artifacts report project=shop"),
)
