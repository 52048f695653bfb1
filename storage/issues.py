"""Issues as they were last read."""

from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, or_, select

from bot.domain.issue import Issue
from bot.ports.issue_store import KeptIssue
from storage.kept_tables import issues
from storage.scope import Scope
from storage.upsert import Upsert

_KEPT_FOR = timedelta(days=30)

_KEEP = Upsert(
    issues,
    ("surface", "tenant", "issue_id"),
    change=lambda new: {name: new[name] for name in ("key", "content", "read_at")},
)
_FORGET = delete(issues).where(issues.c.read_at < bindparam("before"))
_LATEST = select(issues).order_by(issues.c.read_at.desc(), issues.c.key)
_FIND = _LATEST.where(
    or_(issues.c.key == bindparam("folded"), issues.c.issue_id == bindparam("name"))
).limit(1)
_RECENT = _LATEST.limit(bindparam("most"))


class SqlIssues:
    """The Issues port."""

    def __init__(self, scope: Scope) -> None:
        """Issues within one transaction."""
        self._scope = scope

    def keep(self, issue: Issue) -> None:
        """Store what was read just now, in place of what was read before."""
        self._scope.run(_FORGET, {"before": self._scope.now - _KEPT_FOR})
        row = {
            "surface": issue.surface,
            "tenant": issue.tenant,
            "issue_id": issue.id,
            "key": issue.key.upper(),
            "content": issue,
            "read_at": self._scope.now,
        }
        self._scope.upsert(_KEEP, row)

    def find(self, name: str) -> KeptIssue | None:
        """The issue of a key or id, of several the one read last."""
        found = self._scope.rows(_FIND, {"folded": name.upper(), "name": name})
        return _kept(found[0]) if found else None

    def recent(self, *, limit: int) -> tuple[Issue, ...]:
        """The issues that were read last, the latest first."""
        return tuple(fields["content"] for fields in self._scope.rows(_RECENT, {"most": limit}))


def _kept(fields: dict[str, Any]) -> KeptIssue:
    return KeptIssue(issue=fields["content"], read_at=fields["read_at"])
