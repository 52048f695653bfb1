"""What is told beside commits: one row a run and commit."""

from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from bot.domain.commit_check import CommitCheck
from bot.ports.store import Topic
from storage.columns import without
from storage.kept_tables import commit_checks
from storage.scope import Scope

_CREATE = insert(commit_checks)
_CHANGE = update(commit_checks).where(commit_checks.c.id == bindparam("of"))
_FIND = select(commit_checks).where(commit_checks.c.id == bindparam("of"))
_DUE = (
    select(commit_checks)
    .where(commit_checks.c.due_at <= bindparam("now"))
    .order_by(commit_checks.c.due_at, commit_checks.c.id)
    .limit(bindparam("most"))
)
_BESIDE = update(commit_checks).where(
    commit_checks.c.run_id == bindparam("run"), commit_checks.c.commit == bindparam("pushed")
)


class SqlCommitChecks:
    """The CommitChecks port."""

    def __init__(self, scope: Scope) -> None:
        """Checks within one transaction."""
        self._scope = scope

    def follow(self, check: CommitCheck) -> None:
        """Store a new one; one that is there is due, and of this attempt."""
        which = {"run": check.run_id, "pushed": check.commit}
        again = _BESIDE.values(attempt=check.attempt, due_at=check.due_at)
        if not self._scope.run(again, which).rowcount:
            self._scope.insert(_CREATE, without(vars(check), "id"))
        self._scope.woken.add(Topic.COMMIT_CHECKS)

    def find(self, check_id: int) -> CommitCheck | None:
        """The one with this id."""
        found = self._scope.rows(_FIND, {"of": check_id})
        return CommitCheck(**found[0]) if found else None

    def save(self, check: CommitCheck) -> None:
        """Store a changed one. Raises NotFoundError."""
        self._scope.change(_CHANGE, {**without(vars(check), "id"), "of": check.id}, noun="check")
        self._scope.woken.add(Topic.COMMIT_CHECKS)

    def due(self, now: datetime, *, limit: int) -> tuple[CommitCheck, ...]:
        """Those that may have something to tell by now, the longest due first."""
        found = self._scope.rows(_DUE, {"now": now, "most": limit})
        return tuple(CommitCheck(**fields) for fields in found)

    def look(self, run_id: int, commit: str) -> None:
        """Let what stands beside a commit be compared with its run now."""
        which = {"run": run_id, "pushed": commit}
        if self._scope.run(_BESIDE.values(due_at=self._scope.now), which).rowcount:
            self._scope.woken.add(Topic.COMMIT_CHECKS)
