"""The rows of artifacts."""

from sqlalchemy import bindparam, select

from bot.domain.artifact import StoredArtifact
from storage.scope import Scope
from storage.tables import artifacts
from storage.upsert import Upsert

_KEY = ("run_id", "job_id", "name", "sha256")

_ADD = Upsert(artifacts, _KEY)
_FIND = select(artifacts).where(*(artifacts.c[name] == bindparam(name) for name in _KEY))
_OF_RUN = select(artifacts).where(artifacts.c.run_id == bindparam("run")).order_by(artifacts.c.id)


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
