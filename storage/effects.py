"""Effects that happen later, unless they are taken back."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from bot.domain.actor import Actor
from bot.domain.effect import Effect, EffectKind, EffectState
from bot.domain.errors import ConflictError
from storage.columns import actor_columns, take_actor
from storage.scope import Scope
from storage.tables import PENDING_EFFECT, effects

_ADD = insert(effects)
_PENDING = select(effects).where(PENDING_EFFECT).order_by(effects.c.due_at, effects.c.id)
_OF_RUN = _PENDING.where(effects.c.run_id == bindparam("run"))
_BY = _PENDING.where(effects.c.actor_name == bindparam("asker"))
_DUE = _PENDING.where(effects.c.due_at <= bindparam("now"))
_SETTLE = update(effects).where(PENDING_EFFECT, effects.c.id == bindparam("of"))


class SqlEffects:
    """The Effects port."""

    def __init__(self, scope: Scope) -> None:
        """Effects within one transaction."""
        self._scope = scope

    def add(
        self, kind: EffectKind, *, subject: str, run_id: int | None, actor: Actor, due_at: datetime
    ) -> Effect:
        """Store a pending effect."""
        new: dict[str, Any] = {
            "kind": kind,
            "subject": subject,
            "run_id": run_id,
            "asked_at": self._scope.now,
            "due_at": due_at,
            "state": EffectState.PENDING,
            "settled_by": "",
            "settled_at": None,
        }
        effect_id = self._scope.insert(_ADD, {**new, **actor_columns(actor)})
        return Effect(id=effect_id, actor=actor, **new)

    def pending_of(self, run_id: int) -> Effect | None:
        """The effect that awaits a run."""
        found = self._scope.rows(_OF_RUN, {"run": run_id})
        return _effect(found[0]) if found else None

    def pending_by(self, person: str) -> tuple[Effect, ...]:
        """The pending effects that a person asked for."""
        return tuple(_effect(fields) for fields in self._scope.rows(_BY, {"asker": person}))

    def pending(self, *, limit: int) -> tuple[Effect, ...]:
        """Pending effects, the next one due first."""
        return tuple(_effect(fields) for fields in self._scope.rows(_PENDING.limit(limit)))

    def due(self, now: datetime) -> tuple[Effect, ...]:
        """Pending effects whose time has come, oldest first."""
        return tuple(_effect(fields) for fields in self._scope.rows(_DUE, {"now": now}))

    def settle(self, effect_id: int, state: EffectState, *, by: str) -> None:
        """End a pending effect. Raises ConflictError where it is not pending any more."""
        end = {"of": effect_id, "state": state, "settled_by": by, "settled_at": self._scope.now}
        if self._scope.run(_SETTLE, end).rowcount != 1:
            raise ConflictError(f"effect {effect_id} is settled already")


def _effect(fields: dict[str, Any]) -> Effect:
    return Effect(actor=take_actor(fields), **fields)
