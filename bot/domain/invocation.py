"""Invocation: one request of one person, stored with its delivery key before anything is done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.actor import Actor
from bot.domain.codec import JSON
from bot.domain.conversation import Conversation


@dataclass(frozen=True, kw_only=True)
class Press:
    """What a button carries: a verb and its typed arguments, plus the words of its form."""

    verb: str
    arguments: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """A request as accepted: words, or a press. The same `key` is accepted once."""

    id: int
    key: str
    actor: Actor
    conversation: Conversation
    received_at: datetime
    text: str = ""
    press: Press | None = None
    done_at: datetime | None = None
    reply: JSON = None
    """The encoded Reply, once done."""
