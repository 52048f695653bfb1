"""The rows of artifacts."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, delete, select, union

from bot.domain.artifact import StoredArtifact
from bot.domain.selection import Filter
from bot.domain.vocabulary import LIVE
from storage import search
from storage.kept_tables import artifacts
from storage.scope import Scope
from storage.tables import exports, runs
from storage.upsert import Upsert

_KEY = ("run_id", "job_id", "name", "sha256")

_ADD = Upsert(artifacts, _KEY)
_FIND = select(artifacts).where(*(artifacts.c[name] == bindparam(name) for name in _KEY))
_OF_RUN = select(artifacts).where(artifacts.c.run_id == bindparam("run")).order_by(artifacts.c.id)
_OF_CONTENT = (
    select(artifacts)
    .where(artifacts.c.sha256 == bindparam("content"))
    .order_by(artifacts.c.id.desc())
)
_KNOWN = union(
    *(
        select(each.c.sha256).where(each.c.sha256.in_(bindparam("contents", expanding=True)))
        for each in (artifacts, exports)
    )
)
"""Exports are kept beside the files that runs left, and must not go with those."""
_OLD = (
    select(artifacts.c.id)
    .join(runs, runs.c.id == artifacts.c.run_id)
    .where(artifacts.c.created_at < bindparam("until"), runs.c.status.not_in(sorted(LIVE)))
    .order_by(artifacts.c.created_at)
    .limit(bindparam("most"))
)
_REMOVE = delete(artifacts).where(artifacts.c.id.in_(_OLD))


class SqlArtifacts:
    """The Artifacts port."""

    def __init__(self, scope: Scope) -> None:
        """Artifacts within one transaction."""
        self._scope = scope

    def add(self, *, run_id: int, job_id: int, name: str, size: int, sha256: str) -> StoredArtifact:
        """Store a row; the same name and content again returns the row there is."""
        key = {"run_id": run_id, "job_id": job_id, "name": name, "sha256": sha256}
        self._scope.upsert(_ADD, {**key, "size": size, "created_at": self._scope.now})
        return StoredArtifact(**self._scope.rows(_FIND, key)[0])

    def of_run(self, run_id: int) -> tuple[StoredArtifact, ...]:
        """All artifacts of a run, oldest first."""
        return tuple(
            StoredArtifact(**fields) for fields in self._scope.rows(_OF_RUN, {"run": run_id})
        )

    def find(
        self, filter_: Filter, *, run_id: int | None, limit: int, before: int | None = None
    ) -> tuple[StoredArtifact, ...]:
        """Artifacts of the runs that match, newest first."""
        statement = (
            select(artifacts)
            .join(runs, runs.c.id == artifacts.c.run_id)
            .where(
                *search.conditions(replace(filter_, words="")),
                *search.visible(runs.c.project, self._scope.sight),
            )
            .order_by(artifacts.c.id.desc())
            .limit(limit)
        )
        if filter_.statuses:
            statement = statement.where(runs.c.status.in_(sorted(filter_.statuses)))
        if run_id is not None:
            statement = statement.where(artifacts.c.run_id == run_id)
        if before is not None:
            statement = statement.where(artifacts.c.id < before)
        return tuple(StoredArtifact(**fields) for fields in self._scope.rows(statement))

    def of_content(self, sha256: str) -> tuple[StoredArtifact, ...]:
        """The rows that refer to a content, newest first."""
        found = self._scope.rows(_OF_CONTENT, {"content": sha256})
        return tuple(StoredArtifact(**fields) for fields in found)

    def known(self, sha256s: Collection[str]) -> frozenset[str]:
        """Those of some contents that a row refers to, of an artifact or an export."""
        return frozenset(self._scope.run(_KNOWN, {"contents": list(sha256s)}).scalars())

    def remove_before(self, at: datetime, *, limit: int) -> int:
        """Remove rows of ended runs stored before a time; how many, up to `limit`."""
        return self._scope.run(_REMOVE, {"until": at, "most": limit}).rowcount
