"""Counts of runs by status: small deltas that no two writers share, folded by a sweep."""

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import delete, func, insert, select

from bot.domain.vocabulary import Profile, Status
from storage.scope import Scope
from storage.tables import stats_deltas

_ADD = insert(stats_deltas)
_KEY = (stats_deltas.c.profile, stats_deltas.c.status)
_SUMS = select(*_KEY, func.sum(stats_deltas.c.delta).label("total")).group_by(*_KEY)
_TAKE = delete(stats_deltas).returning(*_KEY, stats_deltas.c.delta)

Counts = Mapping[tuple[Profile, Status], int]


def move(scope: Scope, profile: Profile, *, was: Status | None = None, to: Status | None) -> None:
    """A run went from one status to another; None stands for not being counted."""
    if was is not to:
        _add(scope, {(profile, status): by for status, by in ((was, -1), (to, 1)) if status})


def count(scope: Scope) -> Counts:
    """How many runs stand in each status, zeros left out."""
    sums = scope.rows(_SUMS)
    return {(row["profile"], row["status"]): int(row["total"]) for row in sums if row["total"]}


def fold(scope: Scope) -> None:
    """Make one row of all deltas of a status; what is added meanwhile stays untouched."""
    totals: Counter[tuple[Profile, Status]] = Counter()
    for row in scope.rows(_TAKE):
        totals[row["profile"], row["status"]] += row["delta"]
    _add(scope, totals)


def _add(scope: Scope, deltas: Counts) -> None:
    rows = [
        {"profile": profile, "status": status, "delta": delta}
        for (profile, status), delta in deltas.items()
        if delta
    ]
    if rows:
        scope.run(_ADD, rows)
