"""Output of jobs, in chunks."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, tuple_

from bot.ports.output_store import LogChunk
from bot.ports.store import Topic
from storage.kept_tables import log_chunks
from storage.scope import Scope
from storage.tables import LIVE_ONLY, jobs

_LARGEST = 64 * 1024
"""Bytes of UTF-8 in a chunk."""

_CHARACTER, _WITHIN = 0xC0, 0x80
"""Of a byte of UTF-8, the bits that say whether it continues a character, and that it does."""

_BEYOND = (1 << 31) - 1

_APPEND = insert(log_chunks)
_LAST_SEQ = select(func.max(log_chunks.c.seq)).where(log_chunks.c.job_id == bindparam("job"))
_LAST = (
    select(log_chunks)
    .where(log_chunks.c.job_id == bindparam("job"), log_chunks.c.seq < bindparam("before"))
    .order_by(log_chunks.c.seq.desc())
    .limit(bindparam("most"))
)
_ANY_BEFORE = (
    select(log_chunks.c.seq)
    .where(log_chunks.c.job_id == bindparam("job"), log_chunks.c.seq < bindparam("first"))
    .limit(1)
)
_SINCE = (
    select(log_chunks)
    .where(log_chunks.c.job_id == bindparam("job"), log_chunks.c.seq > bindparam("after"))
    .order_by(log_chunks.c.seq)
    .limit(bindparam("most"))
)
_OLD = (
    select(log_chunks.c.job_id, log_chunks.c.seq)
    .where(
        log_chunks.c.at < bindparam("until"),
        log_chunks.c.job_id.not_in(select(jobs.c.id).where(LIVE_ONLY)),
    )
    .order_by(log_chunks.c.at)
    .limit(bindparam("most"))
)
_REMOVE = delete(log_chunks).where(tuple_(log_chunks.c.job_id, log_chunks.c.seq).in_(_OLD))

_ESCAPE_BEGINS = "\x1b["


class SqlLogs:
    """The Logs port."""

    def __init__(self, scope: Scope) -> None:
        """Logs within one transaction."""
        self._scope = scope

    def append(self, job_id: int, *, stream: str, text: str, at: datetime) -> None:
        """Store a chunk, split where it is over 64 KiB; nothing for no text."""
        known = self._scope.run(_LAST_SEQ, {"job": job_id}).scalar() or 0
        chunks = [
            {"job_id": job_id, "seq": seq, "at": at, "stream": stream, "text": part}
            for seq, part in enumerate(_split(text), start=known + 1)
        ]
        if chunks:
            self._scope.run(_APPEND, chunks)
            self._scope.woken.add(Topic.OUTPUT)

    def last(self, job_id: int, *, limit: int, before: int | None = None) -> tuple[LogChunk, ...]:
        """The last chunks in order of their seq; `before` is the first seq already seen."""
        asked = {
            "job": job_id,
            "before": _BEYOND if before is None else min(before, _BEYOND),
            "most": limit,
        }
        return tuple(LogChunk(**fields) for fields in reversed(self._scope.rows(_LAST, asked)))

    def since(self, job_id: int, *, after: int, limit: int) -> tuple[LogChunk, ...]:
        """The chunks past a seq, in order."""
        asked = {"job": job_id, "after": min(after, _BEYOND), "most": limit}
        return tuple(LogChunk(**fields) for fields in self._scope.rows(_SINCE, asked))

    def holding(
        self, job_id: int, words: Sequence[str], *, before: int | None, limit: int
    ) -> tuple[tuple[LogChunk, ...], int | None]:
        """Of the last `limit` chunks before a seq those that may hold all words, in order.

        Colours may stand within a word, so that chunks with any are always handed out.
        """
        asked = {"job": job_id, "before": _BEYOND if before is None else before, "most": limit}
        window = _LAST.subquery()
        held = or_(
            window.c.text.contains(_ESCAPE_BEGINS, autoescape=True),
            and_(*(window.c.text.ilike(_pattern(word), escape="\\") for word in words)),
        )
        found = self._scope.rows(select(window).where(held).order_by(window.c.seq), asked)
        first = self._scope.run(select(func.min(window.c.seq)), asked).scalar()
        older = self._scope.run(_ANY_BEFORE, {"job": job_id, "first": first or 0}).first()
        return tuple(LogChunk(**fields) for fields in found), first if older else None

    def remove_before(self, at: datetime, *, limit: int) -> int:
        """Remove chunks of ended jobs that were said before a time; how many, up to `limit`."""
        return self._scope.run(_REMOVE, {"until": at, "most": limit}).rowcount


def _pattern(word: str) -> str:
    """What a text must be like to hold a word; only of ASCII letters databases know the case."""
    parts = (re.sub(r"([\\%_])", r"\\\1", part) for part in re.split(r"[^\x00-\x7f]+", word))
    return f"%{'%'.join(parts)}%"


def _split(text: str) -> Iterator[str]:
    """Parts within the bound, cut between characters; what is no character becomes “?”."""
    data = text.encode(errors="replace")
    start = 0
    while start < len(data):
        end = start + _LARGEST
        while end < len(data) and data[end] & _CHARACTER == _WITHIN:
            end -= 1
        yield data[start:end].decode()
        start = end
