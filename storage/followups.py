"""What chats still have to show of requests."""

from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, update

from bot.domain.followup import Followup
from storage.chat_tables import UNSETTLED, followups
from storage.columns import without
from storage.scope import Scope
from storage.upsert import Upsert

_KEEP = Upsert(followups, ["key"], returning=followups.c.id)
_BY_KEY = select(followups).where(followups.c.key == bindparam("asked"))
_LOAD = select(followups).where(UNSETTLED, followups.c.id == bindparam("of"))
_PENDING = (
    select(followups)
    .where(
        UNSETTLED,
        followups.c.surface == bindparam("on"),
        followups.c.id > bindparam("past"),
    )
    .order_by(followups.c.id)
    .limit(bindparam("most"))
)
_SHOW = update(followups).where(followups.c.id == bindparam("of"))


class SqlFollowups:
    """The Followups port."""

    def __init__(self, scope: Scope) -> None:
        """Followups within one transaction."""
        self._scope = scope

    def keep(self, followup: Followup) -> Followup:
        """Store a new one and return it with its id; one that is there stays and returns."""
        row = {**without(vars(followup), "id"), "settled": False}
        new_id = self._scope.upsert(_KEEP, row).scalar()
        if new_id is not None:
            return replace(followup, id=new_id)
        return _followup(self._scope.rows(_BY_KEY, {"asked": followup.key})[0])

    def find(self, key: str) -> Followup | None:
        """What is or was shown of the request of this key."""
        found = self._scope.rows(_BY_KEY, {"asked": key})
        return _followup(found[0]) if found else None

    def load(self, followup_id: int) -> Followup | None:
        """One that is not settled."""
        found = self._scope.rows(_LOAD, {"of": followup_id})
        return _followup(found[0]) if found else None

    def pending(self, surface: str, *, after: int, limit: int) -> tuple[Followup, ...]:
        """Those past an id that are not settled, the oldest first."""
        asked = {"on": surface, "past": after, "most": limit}
        return tuple(_followup(fields) for fields in self._scope.rows(_PENDING, asked))

    def show(self, followup_id: int, shown: str) -> None:
        """Store what is shown now."""
        self._scope.run(_SHOW, {"of": followup_id, "shown": shown})

    def settle(self, followup_id: int) -> None:
        """There is nothing more to show; its secret is erased."""
        self._scope.run(_SHOW, {"of": followup_id, "settled": True, "sealed": ""})


def _followup(fields: dict[str, Any]) -> Followup:
    return Followup(**without(fields, "settled"))
