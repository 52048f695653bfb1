"""ArtifactFiles: where the bytes of artifacts are, found by their SHA-256."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import datetime
from pathlib import Path
from typing import Protocol

ARTIFACT_LIMIT = 100 * 1024 * 1024
"""Bytes of one artifact."""

IsKnown = Callable[[Collection[str]], Awaitable[Collection[str]]]
"""Of some contents those that are still referred to."""


class ArtifactFiles(Protocol):
    """Keeps each content once; a name and an owner are rows in the store."""

    async def put(self, sha256: str, chunks: AsyncIterator[bytes], *, size: int) -> None:
        """Keep `size` bytes; they are durable on return. Again is no error.

        Raises UserError when they are too many, not `size`, or have another hash; then
        nothing is kept.
        """

    async def collect(self, is_known: IsKnown, *, before: datetime) -> int:
        """Remove what nobody knows and was written before a time; says how many files.

        That is contents, asked for in small batches, and what was left of interrupted writing.
        """

    def path(self, sha256: str) -> Path:
        """Where a content is, or would be. Raises UserError when that is no SHA-256."""
