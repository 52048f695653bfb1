"""Orders to the runners of jobs, kept until they were taken."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from bot.domain.codec import JSON, encode
from bot.domain.order import Order, OrderKind
from bot.ports.store import Topic
from storage.scope import Scope
from storage.tables import UNCONSUMED, jobs, orders

_LOCK = select(jobs.c.id).where(jobs.c.id == bindparam("job")).with_for_update(key_share=True)
_GIVE = insert(orders)
_LOAD = select(orders).where(orders.c.id == bindparam("id"))
_AFTER = (
    select(orders)
    .where(UNCONSUMED, orders.c.job_id == bindparam("job"), orders.c.id > bindparam("past"))
    .order_by(orders.c.id)
)
_CONSUME = update(orders).where(
    UNCONSUMED,
    orders.c.job_id == bindparam("job"),
    orders.c.id.in_(bindparam("taken", expanding=True)),
)


class SqlOrders:
    """The Orders port."""

    def __init__(self, scope: Scope) -> None:
        """Orders within one transaction."""
        self._scope = scope

    def give(self, job_id: int, kind: OrderKind, data: Mapping[str, JSON]) -> Order:
        """Store an order and wake its runner."""
        order = {
            "job_id": job_id,
            "kind": kind,
            "created_at": self._scope.now,
            "data": encode(data),
        }
        # Who asks for what came after an id must never miss a lower one that is committed later.
        self._scope.run(_LOCK, {"job": job_id})
        order_id = self._scope.insert(_GIVE, order)
        self._scope.woken.add(Topic.ORDERS)
        return Order(id=order_id, **order)

    def load(self, order_id: int) -> Order:
        """Raises NotFoundError."""
        return Order(**self._scope.load(_LOAD, order_id, noun="order"))

    def after(self, job_id: int, order_id: int) -> tuple[Order, ...]:
        """Orders with a higher id that have not been consumed, in order."""
        asked = {"job": job_id, "past": order_id}
        return tuple(Order(**fields) for fields in self._scope.rows(_AFTER, asked))

    def consume(self, job_id: int, order_ids: Sequence[int], at: datetime) -> None:
        """The runner took these; those of other jobs are left alone."""
        taken = {"job": job_id, "taken": list(order_ids), "consumed_at": at}
        self._scope.run(_CONSUME, taken)
