"""Listing: a page of runs as a message."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.domain.codec import encode
from bot.domain.deadlines import say_duration
from bot.domain.invocation import Press
from bot.domain.issue import Issue
from bot.domain.selection import Filter
from bot.messages.cards import run_row
from bot.messages.message import Button
from bot.messages.render import say, word
from bot.messages.reply import Reply
from bot.ports.store import Tx
from bot.services.selecting import is_seen

PAGE = 10
"""Rows of a list."""


def list_page(tx: Tx, filter_: Filter, *, before: int | None, rows: int = PAGE) -> Reply:
    """The runs that match, newest first, with a button for the older ones."""
    found = tx.runs.find(filter_, limit=rows + 1, before=before)
    page, more = found[:rows], len(found) > rows
    now = tx.now()
    message = replace(
        say("listed", count=len(page), more=more),
        rows=tuple(run_row(run, f"{say_duration(now - run.created_at)} ago") for run in page),
        buttons=(_older(filter_, page[-1].id),) if more else (),
    )
    return Reply(message=message, runs=tuple(run.key for run in page))


def _older(filter_: Filter, last: int) -> Button:
    arguments = {"filter": encode(filter_), "before": last}
    return Button(label=word("buttons", "older"), press=Press(verb="list", arguments=arguments))


def live_keys(tx: Tx, issues: Iterable[Issue]) -> Mapping[str, str]:
    """The keys of the live runs on issues, by the issue's id, as far as they are seen."""
    live = {issue.id: tx.runs.find_live(issue.dedupe_key) for issue in issues}
    return {issue: f"R-{run}" for issue, run in live.items() if run and is_seen(tx, run)}
