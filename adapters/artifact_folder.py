"""Artifacts in a folder: `ab/abcd…`, each written beside its place, proven, then renamed."""

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bot.domain.errors import UserError
from bot.ports.artifact_files import ARTIFACT_LIMIT

_SHA256 = re.compile(r"[0-9a-f]{64}")


class ArtifactFolder:
    """The artifacts of one data folder, in files that only the bot's own user may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        """Where a content is, or would be. Raises UserError when that is no SHA-256."""
        if not _SHA256.fullmatch(sha256):
            raise UserError("An artifact is named by its SHA-256: 64 hexadecimal digits.")
        return self._folder / sha256[:2] / sha256

    async def put(self, sha256: str, chunks: AsyncIterator[bytes], *, size: int) -> None:
        """Keep `size` bytes, durable on return.

        Content that is there already is read and proven all the same: only who has the bytes
        may make them an artifact. Raises UserError when they are too many, not `size`, or
        have another hash; then nothing is kept.
        """
        target = self.path(sha256)
        if size > ARTIFACT_LIMIT:
            raise UserError(f"An artifact has at most {ARTIFACT_LIMIT:,} bytes; this has {size:,}.")
        with _part_beside(target) as part:
            if await _receive(part, chunks, size=size) != sha256:
                raise UserError("These bytes do not have that SHA-256; send the file again.")
            await asyncio.to_thread(_settle, part, target)


@contextmanager
def _part_beside(target: Path) -> Iterator[IO[bytes]]:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as part:
        try:
            yield part
        finally:
            Path(part.name).unlink(missing_ok=True)


async def _receive(part: IO[bytes], chunks: AsyncIterator[bytes], *, size: int) -> str:
    seen = hashlib.sha256()
    received = 0
    async for chunk in chunks:
        received += len(chunk)
        if received > size:
            break
        await asyncio.to_thread(_take, part, seen, chunk)
    if received != size:
        raise UserError(f"{size:,} bytes were announced, others came; send the file again.")
    return seen.hexdigest()


def _take(part: IO[bytes], seen: "hashlib._Hash", chunk: bytes) -> None:
    part.write(chunk)
    seen.update(chunk)


def _settle(part: IO[bytes], target: Path) -> None:
    part.flush()
    os.fsync(part.fileno())
    Path(part.name).replace(target)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
