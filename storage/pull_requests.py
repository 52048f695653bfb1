"""Pull requests: one row a run."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, update

from bot.domain.pull_request import PullRequest
from bot.ports.store import Topic
from storage.columns import without
from storage.kept_tables import pull_requests
from storage.scope import Scope

_CREATE = insert(pull_requests)
_CHANGE = update(pull_requests).where(pull_requests.c.id == bindparam("of"))
_FIND = select(pull_requests).where(pull_requests.c.run_id == bindparam("run"))
_DUE = (
    select(pull_requests)
    .where(pull_requests.c.due_at <= bindparam("now"))
    .order_by(pull_requests.c.due_at, pull_requests.c.id)
    .limit(bindparam("most"))
)
_LOOK = update(pull_requests).where(
    pull_requests.c.surface == bindparam("on"),
    func.lower(pull_requests.c.repository) == bindparam("called"),
    pull_requests.c.number == bindparam("numbered"),
)
_LOOK_AT_ALL = update(pull_requests).where(
    pull_requests.c.due_at.is_not(None), pull_requests.c.number > 0
)


class SqlPullRequests:
    """The PullRequests port."""

    def __init__(self, scope: Scope) -> None:
        """Pull requests within one transaction."""
        self._scope = scope

    def create(self, pull: PullRequest) -> PullRequest:
        """Store a new one and return it with its id."""
        stored = replace(pull, id=self._scope.insert(_CREATE, without(vars(pull), "id")))
        self._scope.woken.add(Topic.PULL_REQUESTS)
        return stored

    def save(self, pull: PullRequest) -> None:
        """Store a changed one. Raises NotFoundError."""
        values = {**without(vars(pull), "id"), "of": pull.id}
        self._scope.change(_CHANGE, values, noun="pull request")
        self._scope.woken.add(Topic.PULL_REQUESTS)

    def find(self, run_id: int) -> PullRequest | None:
        """The one of a run."""
        found = self._scope.rows(_FIND, {"run": run_id})
        return PullRequest(**found[0]) if found else None

    def due(self, now: datetime, *, limit: int) -> tuple[PullRequest, ...]:
        """Those to be worked on or looked at by now, the longest due first."""
        found = self._scope.rows(_DUE, {"now": now, "most": limit})
        return tuple(PullRequest(**fields) for fields in found)

    def look(self, surface: str, repository: str, number: int) -> bool:
        """Let one be looked at now; whether any run has it."""
        which = {"on": surface, "called": repository.lower(), "numbered": number}
        found = self._scope.run(_LOOK.values(due_at=self._scope.now), which).rowcount
        self._scope.woken.add(Topic.PULL_REQUESTS)
        return found > 0

    def look_at_all(self) -> None:
        """Let every one that is looked at from time to time be looked at now."""
        self._scope.run(_LOOK_AT_ALL.values(due_at=self._scope.now))
        self._scope.woken.add(Topic.PULL_REQUESTS)
