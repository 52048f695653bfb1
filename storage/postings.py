"""Postings: what is to be told in which conversation, and the receipts of what was."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, select, update

from bot.domain.conversation import Conversation
from bot.domain.posting import CARD, Posting
from bot.ports.store import Topic
from storage.columns import PLACE, place, take_conversation
from storage.scope import Scope
from storage.tables import CARD_IN_THREAD, CARD_TOLD, PENDING, postings
from storage.upsert import Upsert

_OTHER = postings.alias()
_HERE = tuple(postings.c[name] == bindparam(name) for name in PLACE)

_WANT = Upsert(
    postings,
    ("run_id", *PLACE, "subject"),
    change=lambda new: {
        "wanted": postings.c.wanted + 1,
        # A subject that is still being tried keeps its back-off.
        "due_at": case((postings.c.wanted <= postings.c.told, new.due_at), else_=postings.c.due_at),
        "urgency": case((new.urgency > postings.c.urgency, new.urgency), else_=postings.c.urgency),
    },
)
_CHANGE = (
    update(postings)
    .where(postings.c.id == bindparam("of"))
    .values(
        urgency=case((postings.c.wanted <= bindparam("so_far"), 0), else_=postings.c.urgency),
    )
)
_LATER = 1 << 40
"""Added to the number of what can wait for the others of its run."""
_PLACE_IN_RUN = case(
    (
        and_(_OTHER.c.subject == CARD, _OTHER.c.message_id != "", _OTHER.c.urgency == 0),
        _OTHER.c.id + _LATER,
    ),
    else_=_OTHER.c.id,
)
_FIRST = (
    select(func.min(_PLACE_IN_RUN).label("place"), func.max(_OTHER.c.urgency).label("urgency"))
    .where(PENDING)
    .group_by(_OTHER.c.run_id, *(_OTHER.c[name] for name in PLACE[:3]))
    .subquery()
)
_DUE = (
    select(postings)
    .join(_FIRST, postings.c.id == _FIRST.c.place % _LATER)
    .where(postings.c.due_at <= bindparam("now"))
    .order_by(_FIRST.c.urgency.desc(), _FIRST.c.place >= _LATER, postings.c.due_at, postings.c.id)
    .limit(bindparam("most"))
)
_FIND = select(postings).where(
    postings.c.run_id == bindparam("run"), *_HERE, postings.c.subject == bindparam("about")
)
_FIND_RUN = select(postings.c.run_id).where(
    CARD_TOLD, postings.c.message_id == bindparam("thread"), *_HERE[:3]
)
_FIND_TOLD_IN = (
    select(postings.c.run_id)
    .where(CARD_IN_THREAD, *_HERE)
    .order_by(postings.c.run_id.desc())
    .limit(1)
)
_WANT_AGAIN = update(postings).where(
    postings.c.run_id == bindparam("run"), postings.c.message_id != ""
)


class SqlPostings:
    """The Postings port."""

    def __init__(self, scope: Scope) -> None:
        """Postings within one transaction."""
        self._scope = scope

    def want(
        self, run_id: int, conversation: Conversation, subject: str, *, urgency: int = 0
    ) -> None:
        """Let a subject be told, or told anew: creates the posting or raises `wanted`."""
        new = {
            "run_id": run_id,
            **place(conversation),
            "subject": subject,
            "wanted": 1,
            "told": 0,
            "attempts": 0,
            "due_at": self._scope.now,
            "message_id": "",
            "fingerprint": "",
            "given_up": "",
            "urgency": urgency,
            "started_at": None,
        }
        self._scope.upsert(_WANT, new)
        self._scope.woken.add(Topic.POSTINGS)

    def due(self, now: datetime, *, limit: int) -> tuple[Posting, ...]:
        """Of every run in every channel the first posting to tell, if its time has come."""
        found = self._scope.rows(_DUE, {"now": now, "most": limit})
        return tuple(_posting(fields) for fields in found)

    def save(self, posting: Posting) -> None:
        """Store what telling it came to; never `wanted`. Raises NotFoundError."""
        told = {
            "told": posting.told,
            "attempts": posting.attempts,
            "due_at": posting.due_at,
            "message_id": posting.message_id,
            "fingerprint": posting.fingerprint,
            "given_up": posting.given_up,
            "started_at": posting.started_at,
        }
        self._scope.change(
            _CHANGE, {**told, "of": posting.id, "so_far": posting.told}, noun="posting"
        )

    def find(self, run_id: int, conversation: Conversation, subject: str) -> Posting | None:
        """The posting of a subject."""
        asked = {"run": run_id, **place(conversation), "about": subject}
        found = self._scope.rows(_FIND, asked)
        return _posting(found[0]) if found else None

    def find_run(self, conversation: Conversation) -> int | None:
        """The run whose card is the root of this thread, or the newest that is told in it."""
        if conversation.thread is None:
            return None
        here = place(conversation)
        root: int | None = self._scope.run(_FIND_RUN, here).scalar()
        if root is not None:
            return root
        told_in: int | None = self._scope.run(_FIND_TOLD_IN, here).scalar()
        return told_in

    def want_again(self, run_id: int) -> None:
        """Let all that was told of a run be told anew."""
        anew = _WANT_AGAIN.values(wanted=postings.c.wanted + 1, due_at=self._scope.now)
        self._scope.run(anew, {"run": run_id})
        self._scope.woken.add(Topic.POSTINGS)


def _posting(fields: dict[str, Any]) -> Posting:
    return Posting(conversation=take_conversation(fields), **fields)
