"""Workspaces that let the bot in."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from bot.domain.installation import Installation
from storage.chat_tables import oauth_states, slack_installations
from storage.scope import Scope
from storage.upsert import Upsert


def _all_of_it(given: Any) -> dict[str, Any]:
    return {
        column.name: given[column.name]
        for column in slack_installations.columns
        if not column.primary_key
    }


_FIND = select(slack_installations).where(slack_installations.c.tenant == bindparam("of"))
_ALL = select(slack_installations).order_by(
    slack_installations.c.installed_at, slack_installations.c.tenant
)
_KEEP = Upsert(slack_installations, ["tenant"], change=_all_of_it)
_REMOVE = delete(slack_installations).where(slack_installations.c.tenant == bindparam("of"))
_KEEP_STATE = insert(oauth_states)
_FORGET = delete(oauth_states).where(oauth_states.c.expires_at <= bindparam("now"))
_TAKE = (
    delete(oauth_states)
    .where(
        oauth_states.c.state_hash == bindparam("state"),
        oauth_states.c.expires_at > bindparam("now"),
    )
    .returning(oauth_states.c.state_hash)
)


class SqlInstallations:
    """The Installations port."""

    def __init__(self, scope: Scope) -> None:
        """Installations within one transaction."""
        self._scope = scope

    def find(self, tenant: str) -> Installation | None:
        """What a workspace or an organisation gave."""
        found = self._scope.rows(_FIND, {"of": tenant})
        return Installation(**found[0]) if found else None

    def all(self) -> tuple[Installation, ...]:
        """Every one, the oldest first."""
        return tuple(Installation(**fields) for fields in self._scope.rows(_ALL))

    def keep(self, installation: Installation) -> None:
        """Store what was given, in place of what the same tenant gave before."""
        self._scope.upsert(_KEEP, vars(installation))

    def remove(self, tenant: str) -> None:
        """Forget it, the token too; none there is no error."""
        self._scope.run(_REMOVE, {"of": tenant})

    def keep_state(self, state_hash: str, *, expires_at: datetime) -> None:
        """Store the hash of what must come back; expired ones are forgotten."""
        self._scope.run(_FORGET, {"now": self._scope.now})
        self._scope.run(_KEEP_STATE, {"state_hash": state_hash, "expires_at": expires_at})

    def take_state(self, state_hash: str) -> bool:
        """Whether it was given and has not expired; it is spent by this."""
        taken = {"state": state_hash, "now": self._scope.now}
        return self._scope.run(_TAKE, taken).scalar() is not None
