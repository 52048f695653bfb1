"""Queries that run all the time find their rows by an index, and those in order need no sort."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.sql.expression import ClauseElement

from bot.domain.costs import CostBy
from bot.domain.selection import Filter
from bot.domain.sight import EVERYTHING
from bot.domain.vocabulary import LIVE, Status
from storage import costs, gates, invocations, issues, jobs, orders, postings, runs, search
from tests.fakes.clock import NOON


def page(**fields: Any) -> ClauseElement:
    return search.newest(Filter(**fields), sight=EVERYTHING, limit=50, before=9)


def summing(filter_: Filter, *, by: CostBy | None) -> ClauseElement:
    return costs.summing(filter_, sight=EVERYTHING, by=by, limit=9)


def plan(path: Path, query: ClauseElement) -> str:
    """How SQLite would carry out a query, a step a line."""
    options = {"render_postcompile": True}
    sql = str(query.compile(dialect=SQLiteDialect_pysqlite(), compile_kwargs=options))
    with closing(sqlite3.connect(path)) as database:
        steps = database.execute(f"EXPLAIN QUERY PLAN {sql}", ["1"] * sql.count("?"))
        return "\n".join(detail for _, _, _, detail in steps)


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (jobs._QUEUE, "jobs_queue"),
        (jobs._FIRST_RANK, "jobs_queue_rank"),
        (jobs._LAST_RANK, "jobs_queue_rank"),
        (jobs._LIVE_IN_STATUS.params(statuses=["running"]), "jobs_live"),
        (jobs._HELD, "jobs_claims"),
        (postings._DUE, "postings_pending"),
        (postings._FIND_RUN, "postings_cards"),
        (postings._FIND_TOLD_IN, "postings_threads"),
        (runs._LIVE, "runs_dedupe_key"),
        (page(issue="ENG-1"), "runs_issue_key_id"),
        (issues._FIND, "issues_key"),
        (issues._RECENT, "issues_read_at"),
        (gates._EXPIRED, "gates_deadlines"),
        (gates._OPEN, "gates_deadlines"),
        (gates._TO_REMIND, "gates_deadlines"),
        (invocations._UNFINISHED, "invocations_unfinished"),
        (orders._AFTER, "orders_waiting"),
        (summing(Filter(since=NOON), by=CostBy.DAY), "cost_entries_at"),
        (summing(Filter(project="shop"), by=None), "cost_entries_run_id"),
        (page(owner="ana"), "runs_owner_id"),
        (page(blueprint="fix"), "runs_blueprint_id"),
        (page(statuses=frozenset({Status.FAILED})), "runs_status_id"),
        (page(project="shop", statuses=LIVE), "runs_project_status_id"),
    ],
)
def test_rows_are_found_by_an_index(blank: Path, query: ClauseElement, index: str) -> None:
    assert f" INDEX {index}" in plan(blank, query)


@pytest.mark.parametrize(
    "query",
    [
        jobs._QUEUE,
        jobs._FIRST_RANK,
        jobs._LAST_RANK,
        page(),
        page(owner="ana"),
        page(statuses=frozenset({Status.FAILED})),
        page(project="shop", statuses=LIVE),
    ],
)
def test_what_comes_in_order_is_not_sorted(blank: Path, query: ClauseElement) -> None:
    assert "ORDER BY" not in plan(blank, query)
