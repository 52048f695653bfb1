"""What an embedded chat shows. Change numbers come from one counter, held until the commit."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, func, select, update

from bot.domain.codec import JSON
from bot.domain.conversation import Conversation
from bot.ports.chat_store import Said
from bot.ports.store import Topic
from storage.columns import PLACE, place, take_conversation
from storage.scope import Scope
from storage.tables import counters, messages
from storage.upsert import Upsert

_CHANNEL = tuple(messages.c[name] == bindparam(name) for name in PLACE[:3])

_NEXT = Upsert(
    counters,
    ("name",),
    change=lambda _: {"value": counters.c.value + 1},
    returning=counters.c.value,
)
_POST = Upsert(messages, ("key",), returning=messages.c.id)
_BY_KEY = select(messages).where(messages.c.key == bindparam("said"))
_EDIT = update(messages).where(messages.c.id == bindparam("of"))
_SINCE = (
    select(messages)
    .where(*_CHANNEL, messages.c.change > bindparam("seen"))
    .order_by(messages.c.change)
    .limit(bindparam("most"))
)
_CHANNELS = (
    select(messages.c.channel)
    .where(messages.c.surface == bindparam("surface"), messages.c.tenant == bindparam("tenant"))
    .distinct()
    .order_by(messages.c.channel)
)
_RECENT = (
    select(messages)
    .where(*_CHANNEL, messages.c.thread == bindparam("thread"), messages.c.id < bindparam("before"))
    .order_by(messages.c.id.desc())
    .limit(bindparam("most"))
)
_THREADS = (
    select(messages)
    .where(*_CHANNEL, messages.c.thread.in_(bindparam("roots", expanding=True)))
    .order_by(messages.c.id)
)
_NEWEST = select(func.max(messages.c.change)).where(*_CHANNEL)
_PAST_ALL = (1 << 63) - 1


class SqlTranscript:
    """The Transcript port."""

    def __init__(self, scope: Scope) -> None:
        """The transcript within one transaction."""
        self._scope = scope

    def post(
        self, conversation: Conversation, *, key: str, thread: str | None, message: JSON
    ) -> Said:
        """Say a message; the same key again returns what was said."""
        columns = {
            **place(conversation),
            "thread": thread or conversation.thread or "",
            "key": key,
            "change": self._next_change(),
            "at": self._scope.now,
            "message": message,
        }
        if self._scope.upsert(_POST, columns).scalar() is not None:
            self._scope.woken.add(Topic.TRANSCRIPT)
        return _said(self._scope.rows(_BY_KEY, {"said": key})[0])

    def edit(self, message_id: int, message: JSON) -> None:
        """Change what a message says. Raises NotFoundError."""
        change = {"message": message, "change": self._next_change(), "of": message_id}
        self._scope.change(_EDIT, change, noun="message")
        self._scope.woken.add(Topic.TRANSCRIPT)

    def since(self, conversation: Conversation, *, change: int, limit: int) -> tuple[Said, ...]:
        """The messages of a channel and its threads changed after `change`, in that order."""
        asked = {**place(conversation), "seen": change, "most": limit}
        return tuple(_said(fields) for fields in self._scope.rows(_SINCE, asked))

    def newest(self, conversation: Conversation) -> int:
        """The newest change number; 0 when nothing was said."""
        return self._scope.run(_NEWEST, place(conversation)).scalar() or 0

    def channels(self, surface: str, tenant: str) -> tuple[str, ...]:
        """The channels in which anything was said, by name."""
        asked = {"surface": surface, "tenant": tenant}
        return tuple(self._scope.run(_CHANNELS, asked).scalars())

    def recent(
        self, conversation: Conversation, *, limit: int, before: int | None = None
    ) -> tuple[Said, ...]:
        """The last messages of a thread, or of a channel without its threads, in order."""
        asked = {**place(conversation), "before": before or _PAST_ALL, "most": limit}
        return tuple(_said(fields) for fields in reversed(self._scope.rows(_RECENT, asked)))

    def threads(self, conversation: Conversation, roots: Collection[str]) -> tuple[Said, ...]:
        """All messages in the threads of these roots of a channel, in order."""
        asked = {**place(conversation), "roots": list(roots)}
        return tuple(_said(fields) for fields in self._scope.rows(_THREADS, asked))

    def _next_change(self) -> int:
        first = {"name": "transcript", "value": 1}
        number: int = self._scope.upsert(_NEXT, first).scalar_one()
        return number


def _said(fields: dict[str, Any]) -> Said:
    del fields["key"]
    conversation = take_conversation(fields)
    return Said(conversation=conversation.root, thread=conversation.thread, **fields)
