"""Webhook deliveries that were taken."""

from datetime import datetime

from sqlalchemy import bindparam, delete

from storage.kept_tables import deliveries
from storage.scope import Scope
from storage.upsert import Upsert

_TAKE = Upsert(deliveries, ("key",), returning=deliveries.c.key)
_FORGET = delete(deliveries).where(deliveries.c.at < bindparam("before"))


class SqlDeliveries:
    """The Deliveries port."""

    def __init__(self, scope: Scope) -> None:
        """Deliveries within one transaction."""
        self._scope = scope

    def take(self, key: str) -> bool:
        """Remember a delivery; False where it was taken before."""
        taken = self._scope.upsert(_TAKE, {"key": key, "at": self._scope.now}).scalar()
        return taken is not None

    def forget_before(self, at: datetime) -> None:
        """Forget those that can no longer be repeated."""
        self._scope.run(_FORGET, {"before": at})
