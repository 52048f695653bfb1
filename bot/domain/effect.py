"""Effect: something that was asked for and happens a little later, so that it can be taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum, unique

from bot.domain.actor import Actor

UNDO_WINDOW = timedelta(seconds=10)
"""How long a person may take it back."""


@unique
class EffectKind(StrEnum):
    """What can happen with delay."""

    DELETE = "delete"


@unique
class EffectState(StrEnum):
    """Where an effect stands; everything but pending is final."""

    PENDING = "pending"
    DONE = "done"
    UNDONE = "undone"
    VOID = "void"
    """What it was about had changed when its time came."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """An effect as stored; `due_at` is when it happens unless it is taken back."""

    id: int
    kind: EffectKind
    subject: str
    """What people call the thing it happens to: R-81."""
    run_id: int | None
    actor: Actor
    """Who asked for it."""
    asked_at: datetime
    due_at: datetime
    state: EffectState = EffectState.PENDING
    settled_by: str = ""
    settled_at: datetime | None = None
