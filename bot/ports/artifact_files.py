"""ArtifactFiles: where the bytes of artifacts are, found by their SHA-256."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

ARTIFACT_LIMIT = 100 * 1024 * 1024
"""Bytes of one artifact."""


class ArtifactFiles(Protocol):
    """Keeps each content once; a name and an owner are rows in the store."""

    async def put(self, sha256: str, chunks: AsyncIterator[bytes], *, size: int) -> None:
        """Keep `size` bytes; they are durable on return. Again is no error.

        Raises UserError when they are too many, not `size`, or have another hash; then
        nothing is kept.
        """

    def path(self, sha256: str) -> Path:
        """Where a content is, or would be. Raises UserError when that is no SHA-256."""
