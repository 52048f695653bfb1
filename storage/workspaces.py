"""Where jobs work, and when that may go."""

from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from storage.scope import Scope
from storage.tables import workspaces
from storage.upsert import Upsert

_KEEP = Upsert(workspaces, ("job_id",), change=lambda new: {"agent": new.agent, "remove_at": None})
_RELEASE = update(workspaces).where(workspaces.c.job_id == bindparam("job"))
_REMOVABLE = (
    select(workspaces.c.job_id)
    .where(workspaces.c.agent == bindparam("on"), workspaces.c.remove_at <= bindparam("now"))
    .order_by(workspaces.c.remove_at, workspaces.c.job_id)
)
_REMOVED = delete(workspaces).where(workspaces.c.job_id == bindparam("job"))


class SqlWorkspaces:
    """The Workspaces port."""

    def __init__(self, scope: Scope) -> None:
        """Workspaces within one transaction."""
        self._scope = scope

    def keep(self, job_id: int, agent: str) -> None:
        """A job's workspace exists, or is needed again."""
        self._scope.upsert(_KEEP, {"job_id": job_id, "agent": agent, "remove_at": None})

    def remove_at(self, job_id: int, at: datetime) -> None:
        """It is not needed from then on; nothing happens where there is none."""
        self._scope.run(_RELEASE, {"job": job_id, "remove_at": at})

    def removable(self, agent: str, now: datetime) -> tuple[int, ...]:
        """Jobs whose workspaces on this agent may go."""
        return tuple(self._scope.run(_REMOVABLE, {"on": agent, "now": now}).scalars())

    def removed(self, job_id: int) -> None:
        """It is gone."""
        self._scope.run(_REMOVED, {"job": job_id})
