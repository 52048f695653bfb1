"""Artifacts in a folder: `ab/abcd…`, each written beside its place, proven, then renamed."""

import asyncio
import hashlib
import os
import re
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from bot.domain.errors import UserError
from bot.ports.artifact_files import ARTIFACT_LIMIT, IsKnown

_SHA256 = re.compile(r"[0-9a-f]{64}")
_TOGETHER = 200
"""Files that are asked for and removed at once."""
_MINE = re.compile(r"[0-9a-f]{64}|tmp\w+\.part")


class ArtifactFolder:
    """The artifacts of one data folder, in files that only the bot's own user may read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Between looking at a file's age and removing it, nobody may write it anew.
        self._changing = threading.Lock()

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
            await asyncio.to_thread(self._settle, part, target)

    async def collect(self, is_known: IsKnown, *, before: datetime) -> int:
        """Remove what nobody knows and was written before a time; says how many files.

        A crash at any moment leaves files that the next call removes.
        """
        removed = 0
        for folder in await asyncio.to_thread(self._folders):
            old = await asyncio.to_thread(_older, folder, before)
            for start in range(0, len(old), _TOGETHER):
                batch = old[start : start + _TOGETHER]
                known = set(await is_known([path.name for path in batch]))
                unknown = [path for path in batch if path.name not in known]
                removed += await asyncio.to_thread(self._remove, unknown, before)
        return removed

    def _folders(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("[0-9a-f][0-9a-f]") if path.is_dir())

    def _remove(self, paths: Sequence[Path], before: datetime) -> int:
        with self._changing:
            gone = [path for path in paths if _is_older(path, before)]
            for path in gone:
                path.unlink()
        return len(gone)

    def _settle(self, part: IO[bytes], target: Path) -> None:
        part.flush()
        os.fsync(part.fileno())
        with self._changing:
            Path(part.name).replace(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


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


def _older(folder: Path, before: datetime) -> list[Path]:
    """The contents and unfinished files of a folder that were written before a time."""
    mine = (path for path in folder.iterdir() if _MINE.fullmatch(path.name))
    return sorted(path for path in mine if _is_older(path, before))


def _is_older(path: Path, before: datetime) -> bool:
    try:
        return path.lstat().st_mtime < before.timestamp()
    except FileNotFoundError:
        return False
