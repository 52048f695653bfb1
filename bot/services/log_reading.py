"""Reading output: stretches that follow each other without a gap, and lines that hold words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import NotFoundError
from bot.domain.job import Job
from bot.domain.log_text import lines_holding
from bot.domain.run import Run
from bot.ports.output_store import LogChunk
from bot.ports.store import Tx

SHOWN = 12_000
"""Characters of output in one answer."""
_WHOLE = 2_000
"""Characters of a line that are rather left for the next page than cut."""
_BATCH = 50
"""Chunks that are read at once."""
_MOST = 1_000
"""Chunks that one answer looks at."""
_SEARCHED = 400
"""Chunks that one search goes back: at most 25 MiB."""
_HITS = 10
"""Lines that one search shows."""
_TAIL = 5
"""Chunks that a tail begins with."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Between two characters of a job's output: before `offset` in the chunk `seq`."""

    seq: int
    offset: int = 0


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A part of a job's output, with the places where it begins and ends."""

    text: str
    start: Place
    end: Place
    older: bool
    newer: bool
    gone: bool
    """Whether what was said before the first chunk that is left has been removed."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A line that holds what was searched."""

    at: datetime
    stream: str
    place: Place
    """Where it begins."""
    line: int
    """Its number within its chunk."""
    text: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search came to: newest lines last; `older` is where to search further back."""

    hits: tuple[Hit, ...]
    older: Place | None


@dataclass(frozen=True, kw_only=True)
class Output:
    """What a follower has not seen yet."""

    job: Job
    chunks: tuple[LogChunk, ...]
    ended: bool
    """Whether nothing more can come after these."""

    def __len__(self) -> int:
        """Something to tell counts, also the end."""
        return len(self.chunks) + self.ended


def find_job(tx: Tx, run: Run, number: int | None) -> Job:
    """The job of a number, by default the newest. Raises NotFoundError naming those there are."""
    jobs = {job.number: job for job in tx.jobs.of_run(run.id)}
    wanted = number if number is not None else max(jobs)
    if wanted not in jobs:
        raise NotFoundError(
            f"{run.key} has no job {wanted}; its jobs: {', '.join(map(str, jobs))}."
        )
    return jobs[wanted]


def read_before(tx: Tx, job: Job, end: Place | None) -> Stretch:
    """The stretch that ends at a place; without one, the newest."""
    chunks: list[LogChunk] = []
    before = None if end is None else end.seq + 1
    while len(chunks) < _MOST and sum(len(chunk.text) for chunk in chunks[:-1]) < SHOWN:
        batch = tx.logs.last(job.id, limit=_BATCH, before=before)
        chunks[:0] = batch
        if len(batch) < _BATCH:
            break
        before = batch[0].seq
    if end is None:
        end = Place(seq=chunks[-1].seq, offset=len(chunks[-1].text)) if chunks else Place(seq=1)
    start, text = end, ""
    for chunk in reversed(chunks):
        stop = end.offset if chunk.seq == end.seq else len(chunk.text)
        begin = _line_start(chunk.text, max(0, stop - SHOWN + len(text)), stop, first=not text)
        start, text = Place(seq=chunk.seq, offset=begin), chunk.text[begin:stop] + text
        if begin or len(text) >= SHOWN:
            break
    return _stretch(tx, job, text, start=start, end=end)


def read_after(tx: Tx, job: Job, start: Place) -> Stretch:
    """The stretch that begins at a place."""
    end, text, after = start, "", start.seq - 1
    while batch := tx.logs.since(job.id, after=after, limit=_BATCH):
        for chunk in batch:
            begin = start.offset if chunk.seq == start.seq else 0
            stop = _line_end(chunk.text, begin, begin + SHOWN - len(text), first=not text)
            end, text = Place(seq=chunk.seq, offset=stop), text + chunk.text[begin:stop]
            if stop < len(chunk.text) or len(text) >= SHOWN:
                return _stretch(tx, job, text, start=start, end=end)
        after = batch[-1].seq
    return _stretch(tx, job, text, start=start, end=end)


def _line_start(text: str, begin: int, stop: int, *, first: bool) -> int:
    """Where the first whole line after a cut begins; the cut itself within a long line.

    `first` text of a page must not become empty.
    """
    newline = text.find("\n", begin, stop) if begin else -1
    empty = first and newline + 1 >= stop
    return newline + 1 if 0 <= newline < begin + _WHOLE and not empty else begin


def _line_end(text: str, begin: int, stop: int, *, first: bool) -> int:
    """Where the last whole line before a cut ends; the cut itself as above."""
    if stop >= len(text):
        return len(text)
    newline = text.rfind("\n", begin, stop)
    end = newline + 1 if newline >= 0 else stop if first else begin
    return end if stop - end < _WHOLE else stop


def _stretch(tx: Tx, job: Job, text: str, *, start: Place, end: Place) -> Stretch:
    newer = tx.logs.since(job.id, after=end.seq - 1, limit=2)
    first = next(iter(tx.logs.since(job.id, after=0, limit=1)), None)
    return Stretch(
        text=text,
        start=start,
        end=end,
        older=first is not None and (first.seq, 0) < (start.seq, start.offset),
        newer=any(chunk.seq > end.seq or len(chunk.text) > end.offset for chunk in newer),
        gone=first is not None and first.seq > 1,
    )


def search(tx: Tx, job: Job, words: Sequence[str], *, before: Place | None) -> Found:
    """The last lines before a place that hold all words, letter case aside.

    One search goes back a bounded stretch; `older` says where the next one goes on.
    """
    limit = None if before is None else before.seq + (before.offset > 0)
    chunks, older = tx.logs.holding(job.id, words, before=limit, limit=_SEARCHED)
    hits = tuple(hit for chunk in chunks for hit in _hits(chunk, words, before))
    if len(hits) > _HITS:
        return Found(hits=hits[-_HITS:], older=hits[-_HITS].place)
    return Found(hits=hits, older=None if older is None else Place(seq=older))


def _hits(chunk: LogChunk, words: Sequence[str], before: Place | None) -> list[Hit]:
    starts, at = [], 0
    for line in chunk.text.split("\n"):
        starts.append(at)
        at += len(line) + 1
    return [
        Hit(
            at=chunk.at,
            stream=chunk.stream,
            place=Place(seq=chunk.seq, offset=starts[number - 1]),
            line=number,
            text=text,
        )
        for number, text in lines_holding(chunk.text, words)
        if before is None or (chunk.seq, starts[number - 1]) < (before.seq, before.offset)
    ]


def follow(tx: Tx, run: Run, *, number: int | None, after: int | None) -> Output:
    """A job's output past a chunk; without one its last stretch."""
    job = find_job(tx, run, number)
    if after is None:
        chunks, more = tx.logs.last(job.id, limit=_TAIL), False
    else:
        chunks = tx.logs.since(job.id, after=after, limit=_BATCH)
        more = len(chunks) == _BATCH
    return Output(job=job, chunks=chunks, ended=not job.status.live and not more)
