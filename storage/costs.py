"""What was spent: one row each time, summed when somebody asks."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, func, insert, select

from bot.domain.costs import CostBy, CostEntry, CostSum
from bot.domain.run import Cost
from bot.domain.selection import Filter
from bot.domain.sight import Sight
from storage import search
from storage.scope import Scope
from storage.tables import cost_entries, runs

_ADD = insert(cost_entries)
_AMOUNTS = (
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "usd",
    "unpriced_tokens",
    "compute",
    "compute_usd",
)
_KEYS: Mapping[CostBy, Column[Any]] = {
    CostBy.PERSON: runs.c.owner,
    CostBy.PROJECT: runs.c.project,
    CostBy.BLUEPRINT: runs.c.blueprint,
    CostBy.DAY: cost_entries.c.day,
}


class SqlCosts:
    """The Costs port."""

    def __init__(self, scope: Scope) -> None:
        """Costs within one transaction."""
        self._scope = scope

    def add(self, entry: CostEntry) -> None:
        """Store an entry."""
        amounts = {name: getattr(entry.cost, name) for name in _AMOUNTS}
        columns = {
            "run_id": entry.run_id,
            "job_id": entry.job_id,
            "at": entry.at,
            "day": f"{entry.at:%Y-%m-%d}",
            "model": entry.cost.model,
        }
        self._scope.run(_ADD, {**columns, **amounts})

    def sums(self, filter_: Filter, *, by: CostBy | None, limit: int) -> tuple[CostSum, ...]:
        """What the runs that match and are seen have cost, the dearest or the newest day first."""
        found = self._scope.rows(summing(filter_, sight=self._scope.sight, by=by, limit=limit))
        return tuple(_sum(fields) for fields in found if fields["runs"])


def summing(filter_: Filter, *, sight: Sight, by: CostBy | None, limit: int) -> Select[Any]:
    """The query behind `sums`."""
    totals = {name: func.sum(cost_entries.c[name]).label(name) for name in _AMOUNTS}
    counted = func.count(cost_entries.c.run_id.distinct()).label("runs")
    columns: list[ColumnElement[Any]] = [counted, *totals.values()]
    query = select(*columns).where(*_conditions(filter_, sight)).limit(limit)
    query = query.select_from(cost_entries.join(runs, cost_entries.c.run_id == runs.c.id))
    if by is None:
        return query
    key = _KEYS[by]
    tokens = totals["input_tokens"] + totals["output_tokens"]
    dearest = [(totals["usd"] + totals["compute_usd"]).desc(), tokens.desc(), key]
    order = [key.desc()] if by is CostBy.DAY else dearest
    return query.add_columns(key.label("key")).group_by(key).order_by(*order)


def _conditions(filter_: Filter, sight: Sight) -> list[ColumnElement[bool]]:
    demands = search.conditions(replace(filter_, since=None, until=None))
    demands += search.visible(runs.c.project, sight)
    if filter_.statuses:
        demands.append(runs.c.status.in_(sorted(filter_.statuses)))
    if filter_.since is not None:
        demands.append(cost_entries.c.at >= filter_.since)
    if filter_.until is not None:
        demands.append(cost_entries.c.at < filter_.until)
    return demands


def _sum(fields: dict[str, Any]) -> CostSum:
    amounts: dict[str, Any] = {
        name: int(value) if name.endswith("tokens") else value
        for name, value in fields.items()
        if name in _AMOUNTS
    }
    return CostSum(key=fields.get("key", ""), runs=fields["runs"], cost=Cost(**amounts))
