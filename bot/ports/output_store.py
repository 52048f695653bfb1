"""What a transaction keeps of what jobs leave: their output and their files."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.artifact import StoredArtifact
from bot.domain.selection import Filter


@dataclass(frozen=True, kw_only=True)
class LogChunk:
    """A stretch of a job's output, at most 64 KiB of text, `seq` counting from 1 in its job."""

    job_id: int
    seq: int
    at: datetime
    stream: str
    """out, err, or runner for the runner's own words."""
    text: str


class Logs(Protocol):
    """Output of jobs."""

    def append(self, job_id: int, *, stream: str, text: str, at: datetime) -> None:
        """Store a chunk, split where it is over 64 KiB."""

    def last(self, job_id: int, *, limit: int, before: int | None = None) -> tuple[LogChunk, ...]:
        """The last chunks in order of their seq; `before` is the first seq already seen."""

    def since(self, job_id: int, *, after: int, limit: int) -> tuple[LogChunk, ...]:
        """The chunks past a seq, in order."""

    def holding(
        self, job_id: int, words: Sequence[str], *, before: int | None, limit: int
    ) -> tuple[tuple[LogChunk, ...], int | None]:
        """Of the last `limit` chunks before a seq those that may hold all words, in order.

        Letter case does not count. The second value is where to look further back; None where
        nothing is left. A chunk that is found is still to be compared line by line.
        """

    def remove_before(self, at: datetime, *, limit: int) -> int:
        """Remove chunks of ended jobs that were said before a time; how many, up to `limit`."""


class Artifacts(Protocol):
    """The rows of artifacts; their bytes are kept by the artifact folder."""

    def add(self, *, run_id: int, job_id: int, name: str, size: int, sha256: str) -> StoredArtifact:
        """Store a row; the same name and content again returns the row there is."""

    def of_run(self, run_id: int) -> tuple[StoredArtifact, ...]:
        """All artifacts of a run, oldest first."""

    def find(
        self, filter_: Filter, *, run_id: int | None, limit: int, before: int | None = None
    ) -> tuple[StoredArtifact, ...]:
        """Artifacts of the runs that match, newest first; the filter's words are not looked at.

        `before` is the last id of the page before.
        """

    def of_content(self, sha256: str) -> tuple[StoredArtifact, ...]:
        """The rows that refer to a content, newest first."""

    def known(self, sha256s: Collection[str]) -> frozenset[str]:
        """Those of some contents that a row refers to, of an artifact or an export."""

    def remove_before(self, at: datetime, *, limit: int) -> int:
        """Remove rows of ended runs stored before a time; how many, up to `limit`."""
