"""Counts of runs by status: small deltas that no two writers share, folded by a sweep."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import delete, func, insert, select

from bot.domain.run import Run
from bot.domain.vocabulary import Disposition, Profile, Status
from storage.scope import Scope
from storage.search import visible
from storage.tables import stats_deltas

_ADD = insert(stats_deltas)
_KEY = (stats_deltas.c.profile, stats_deltas.c.status)
_SUMS = select(*_KEY, func.sum(stats_deltas.c.delta).label("total")).group_by(*_KEY)
_ALL = (stats_deltas.c.profile, stats_deltas.c.project, stats_deltas.c.status)
_TAKE = delete(stats_deltas).returning(*_ALL, stats_deltas.c.delta)

Counts = Mapping[tuple[Profile, Status], int]
_Deltas = Mapping[tuple[Profile, str, Status], int]


def move(scope: Scope, run: Run, *, was: Run | None = None) -> None:
    """A run was created, or is no longer what it `was`; deleted ones are not counted."""
    left, reached = _counted(was) if was else None, _counted(run)
    if left != reached:
        _add(scope, {key: by for key, by in ((left, -1), (reached, 1)) if key})


def _counted(run: Run) -> tuple[Profile, str, Status] | None:
    deleted = run.disposition is Disposition.DELETED
    return None if deleted else (run.profile, run.project, run.status)


def count(scope: Scope) -> Counts:
    """How many runs that are seen stand in each status, zeros left out."""
    sums = scope.rows(_SUMS.where(*visible(stats_deltas.c.project, scope.sight)))
    return {(row["profile"], row["status"]): int(row["total"]) for row in sums if row["total"]}


def fold(scope: Scope) -> None:
    """Make one row of all deltas of a status; what is added meanwhile stays untouched."""
    totals: Counter[tuple[Profile, str, Status]] = Counter()
    for row in scope.rows(_TAKE):
        totals[row["profile"], row["project"], row["status"]] += row["delta"]
    _add(scope, totals)


def _add(scope: Scope, deltas: _Deltas) -> None:
    rows = [
        {"profile": profile, "project": project, "status": status, "delta": delta}
        for (profile, project, status), delta in deltas.items()
        if delta
    ]
    if rows:
        scope.run(_ADD, rows)
