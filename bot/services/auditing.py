"""Auditing: every run's history is proven, or written out, a page at a time."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

from bot.domain.audit import Break, decide_audit
from bot.domain.export import event_line
from bot.domain.run import Run
from bot.ports.store import Store, Tx

_PAGE = 100
"""Runs that are looked at in one transaction."""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What was proven: the number of runs and events, and the first break of each broken run."""

    runs: int
    events: int
    breaks: tuple[Break, ...]


async def verify(store: Store, *, run_id: int | None = None) -> Audit:
    """Prove the history of every run, or of one. Raises NotFoundError where there is no such."""
    runs = events = 0
    breaks: list[Break] = []
    async for page in _pages(store, run_id):
        proven = await store.read(partial(_prove_page, page))
        runs += len(page)
        events += sum(number for number, _ in proven)
        breaks += [broken for _, broken in proven if broken]
    return Audit(runs=runs, events=events, breaks=tuple(breaks))


async def export_events(store: Store, *, run_id: int | None = None) -> AsyncIterator[str]:
    """Every event as a line of JSON, run by run."""
    async for page in _pages(store, run_id):
        for line in await store.read(partial(_lines, page)):
            yield line


async def _pages(store: Store, run_id: int | None) -> AsyncIterator[tuple[Run, ...]]:
    if run_id is not None:
        yield (await store.read(lambda tx: tx.runs.load(run_id)),)
        return
    after = 0
    while page := await store.read(partial(_page, after)):
        yield page
        after = page[-1].id


def _page(after: int, tx: Tx) -> tuple[Run, ...]:
    return tx.runs.page(after=after, limit=_PAGE)


def _prove_page(page: tuple[Run, ...], tx: Tx) -> list[tuple[int, Break | None]]:
    return [_prove(tx, run) for run in page]


def _prove(tx: Tx, run: Run) -> tuple[int, Break | None]:
    """The run as it is in this transaction: it may have gone on since its page was read."""
    now = tx.runs.load(run.id)
    events = tx.runs.events(run.id)
    return len(events), decide_audit(now, events, tx.jobs.of_run(run.id))


def _lines(page: tuple[Run, ...], tx: Tx) -> list[str]:
    return [
        json.dumps(event_line(event), ensure_ascii=False)
        for run in page
        for event in tx.runs.events(run.id)
    ]
