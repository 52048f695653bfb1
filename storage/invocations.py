"""Accepted requests: each delivery key once."""

from typing import Any

from sqlalchemy import bindparam, select, update

from bot.domain.actor import Actor
from bot.domain.codec import JSON
from bot.domain.conversation import Conversation
from bot.domain.invocation import Invocation, Press
from storage.columns import actor_columns, place, take_actor, take_conversation
from storage.scope import Scope
from storage.tables import UNFINISHED, invocations
from storage.upsert import Upsert

_ACCEPT = Upsert(invocations, ("key",), returning=invocations.c.id)
_BY_KEY = select(invocations).where(invocations.c.key == bindparam("accepted"))
_LOAD = select(invocations).where(invocations.c.id == bindparam("id"))
_UNFINISHED = select(invocations).where(UNFINISHED).order_by(invocations.c.id)
_FINISH = update(invocations).where(UNFINISHED, invocations.c.id == bindparam("of"))


class SqlInvocations:
    """The Invocations port."""

    def __init__(self, scope: Scope) -> None:
        """Invocations within one transaction."""
        self._scope = scope

    def accept(
        self,
        *,
        key: str,
        actor: Actor,
        conversation: Conversation,
        text: str = "",
        press: Press | None = None,
    ) -> Invocation:
        """Store a request; where this key was accepted before, the stored one returns."""
        own = {"key": key, "text": text, "press": press, "received_at": self._scope.now}
        columns = {**own, **actor_columns(actor), **place(conversation)}
        new_id = self._scope.upsert(_ACCEPT, columns).scalar()
        if new_id is None:
            return _invocation(self._scope.rows(_BY_KEY, {"accepted": key})[0])
        return Invocation(
            id=new_id,
            key=key,
            actor=actor,
            conversation=conversation,
            received_at=self._scope.now,
            text=text,
            press=press,
        )

    def load(self, invocation_id: int) -> Invocation:
        """Raises NotFoundError."""
        return _invocation(self._scope.load(_LOAD, invocation_id, noun="request"))

    def find(self, key: str) -> Invocation | None:
        """The request that was accepted with this delivery key."""
        found = self._scope.rows(_BY_KEY, {"accepted": key})
        return _invocation(found[0]) if found else None

    def unfinished(self) -> tuple[Invocation, ...]:
        """Accepted and not done, oldest first."""
        return tuple(_invocation(fields) for fields in self._scope.rows(_UNFINISHED))

    def finish(self, invocation_id: int, reply: JSON) -> None:
        """Done, with the encoded Reply; what was done before keeps its first reply."""
        done = {"done_at": self._scope.now, "reply": reply, "of": invocation_id}
        self._scope.run(_FINISH, done)


def _invocation(fields: dict[str, Any]) -> Invocation:
    actor, conversation = take_actor(fields), take_conversation(fields)
    return Invocation(actor=actor, conversation=conversation, **fields)
