"""Output of jobs, in chunks."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select

from bot.ports.store import LogChunk
from storage.scope import Scope
from storage.tables import log_chunks

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
_SINCE = (
    select(log_chunks)
    .where(log_chunks.c.job_id == bindparam("job"), log_chunks.c.seq > bindparam("after"))
    .order_by(log_chunks.c.seq)
    .limit(bindparam("most"))
)


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
