"""Which runs a filter leaves in, as one query that stays fast on long histories."""

from sqlalchemy import ColumnElement, Select, false, select, union_all

from bot.domain.selection import Filter
from bot.domain.sight import Sight
from bot.domain.vocabulary import Disposition
from storage.tables import runs


def visible(project: ColumnElement[str], sight: Sight) -> list[ColumnElement[bool]]:
    """What a row's project must be for a sight to show the row."""
    if sight.nothing:
        return [false()]
    return [project.not_in(sorted(sight.hidden))] if sight.hidden else []


def newest(
    filter_: Filter, *, sight: Sight, limit: int, before: int | None
) -> Select[tuple[object, ...]]:
    """Select the newest `limit` runs that match, below the id `before`; deleted ones never.

    Each status is walked down its own index: a database that is given several at once would
    sort every run that ever had one of them.
    """
    demands = [*conditions(filter_), *visible(runs.c.project, sight)]
    if before is not None:
        demands.append(runs.c.id < before)
    if len(filter_.statuses) > 1:
        heads = (
            select(runs.c.id)
            .where(*demands, runs.c.status == status)
            .order_by(runs.c.id.desc())
            .limit(limit)
            .subquery()
            for status in sorted(filter_.statuses)
        )
        demands = [runs.c.id.in_(union_all(*(select(head.c.id) for head in heads)))]
    elif filter_.statuses:
        demands.append(runs.c.status.in_(filter_.statuses))
    return select(runs).where(*demands).order_by(runs.c.id.desc()).limit(limit)


def conditions(filter_: Filter) -> list[ColumnElement[bool]]:
    """What a filter demands, its statuses aside."""
    demands: list[ColumnElement[bool]] = [runs.c.disposition != Disposition.DELETED]
    for column, words in (
        (runs.c.profile, filter_.profiles),
        (runs.c.disposition, filter_.dispositions),
        (runs.c.reason_code, filter_.reasons),
        (runs.c.phase, filter_.phases),
    ):
        if words:
            demands.append(column.in_(sorted(words)))
    for column, wanted in (
        (runs.c.owner, filter_.owner),
        (runs.c.project, filter_.project),
        (runs.c.blueprint, filter_.blueprint),
    ):
        if wanted:
            demands.append(column == wanted)
    demands.extend(
        runs.c.title_folded.contains(word, autoescape=True)
        for word in filter_.words.casefold().split()
    )
    if filter_.since is not None:
        demands.append(runs.c.created_at >= filter_.since)
    if filter_.until is not None:
        demands.append(runs.c.created_at < filter_.until)
    if filter_.issue:
        demands.append(runs.c.issue_key == filter_.issue.upper())
    return demands
