"""Events of trackers, and their tokens."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from bot.ports.tracker_store import TrackerEvent
from storage.scope import Scope
from storage.tracker_tables import NOT_DONE, tracker_events, tracker_tokens
from storage.upsert import Upsert

_COLUMNS = tuple(tracker_events.c[name] for name in ("id", "key", "body", "received_at", "done_at"))
_OF = tracker_events.c.surface == bindparam("of")
_TAKEN = select(tracker_events.c.id).where(
    _OF,
    (tracker_events.c.delivery == bindparam("delivered"))
    | (tracker_events.c.key == bindparam("told")),
)
_TAKE = Upsert(tracker_events, ("surface", "key"), returning=tracker_events.c.id)
_PENDING = (
    select(*_COLUMNS)
    .where(_OF, NOT_DONE, tracker_events.c.received_at < bindparam("before"))
    .order_by(tracker_events.c.received_at, tracker_events.c.id)
    .limit(bindparam("most"))
)
_KNOWN = select(tracker_events.c.key).where(
    _OF, tracker_events.c.key.in_(bindparam("asked", expanding=True))
)
_FINISH = update(tracker_events).where(NOT_DONE, tracker_events.c.id == bindparam("event"))
_FORGET = delete(tracker_events).where(tracker_events.c.done_at < bindparam("before"))

_KEEP = Upsert(
    tracker_tokens,
    ("name",),
    change=lambda new: {"sealed": new.sealed, "kept_at": new.kept_at},
)
_REMOVE = delete(tracker_tokens).where(tracker_tokens.c.name == bindparam("called"))
_FIND = select(tracker_tokens.c.sealed).where(tracker_tokens.c.name == bindparam("called"))


class SqlTrackerEvents:
    """The TrackerEvents port."""

    def __init__(self, scope: Scope) -> None:
        """Events within one transaction."""
        self._scope = scope

    def take(self, surface: str, *, delivery: str, key: str, body: str) -> TrackerEvent | None:
        """Store one; None where the delivery, or another of this key, was taken before."""
        asked = {"of": surface, "delivered": delivery, "told": key}
        if self._scope.run(_TAKEN, asked).first() is not None:
            return None
        fields = {"key": key, "body": body, "received_at": self._scope.now, "done_at": None}
        new = {"surface": surface, "delivery": delivery, **fields}
        made = self._scope.upsert(_TAKE, new).scalar()
        return None if made is None else _event({"id": made, **fields})

    def pending(self, surface: str, *, before: datetime, limit: int) -> tuple[TrackerEvent, ...]:
        """Those taken before a time and not done, oldest first."""
        asked = {"of": surface, "before": before, "most": limit}
        return tuple(_event(fields) for fields in self._scope.rows(_PENDING, asked))

    def known(self, surface: str, keys: Collection[str]) -> frozenset[str]:
        """Those of some keys that were taken."""
        found = self._scope.run(_KNOWN, {"of": surface, "asked": list(keys)})
        return frozenset(found.scalars())

    def finish(self, event_id: int) -> None:
        """It is done; its body is erased."""
        done = _FINISH.values(done_at=self._scope.now, body="")
        self._scope.run(done, {"event": event_id})

    def forget_before(self, at: datetime) -> None:
        """Forget those done before a time."""
        self._scope.run(_FORGET, {"before": at})


class SqlTrackerTokens:
    """The TrackerTokens port."""

    def __init__(self, scope: Scope) -> None:
        """Tokens within one transaction."""
        self._scope = scope

    def find(self, name: str) -> str | None:
        """What was kept last."""
        sealed: str | None = self._scope.run(_FIND, {"called": name}).scalar()
        return sealed

    def keep(self, name: str, sealed: str) -> None:
        """Store a token in place of the one before."""
        self._scope.upsert(_KEEP, {"name": name, "sealed": sealed, "kept_at": self._scope.now})

    def remove(self, name: str) -> None:
        """Forget it; none there is no error."""
        self._scope.run(_REMOVE, {"called": name})


def _event(fields: dict[str, Any]) -> TrackerEvent:
    return TrackerEvent(**fields)
