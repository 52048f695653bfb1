"""`/save R-1 report.txt [path]`: a file that a run left, kept on this machine."""

import asyncio
import hashlib
import os
import re
import shlex
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from adapters.console.buttons import Ask
from adapters.console.client import ConsoleClient
from adapters.console.screen import Screen
from bot.domain.artifact import StoredArtifact
from bot.domain.errors import NotFoundError, RefusedError, UnavailableError, UsageError

SAVE = "/save"
_USAGE = 'Type for example: /save R-1 report.txt, or /save R-1 "a file.txt" folder/name.txt'
_RUN = re.compile(r"(?:[Rr]-)?(\d{1,15})")
_FEWEST, _MOST = 2, 3


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be saved, and where; an empty path means here, under its own name."""

    key: str
    name: str
    path: str

    @property
    def target(self) -> Path:
        """The file to write. Raises UsageError for a name that should not become one."""
        path = Path(self.path).expanduser()
        if self.path and not path.is_dir():
            return path
        if not self.name.isprintable() or self.name.startswith("~"):
            raise UsageError(f"“{self.name}” makes no good file name here; add another. {_USAGE}")
        return path / self.name


def read_wanted(argument: str) -> Wanted:
    """What the words after `/save` mean. Raises UsageError."""
    try:
        words = shlex.split(argument)
    except ValueError:
        raise UsageError(f"A quote is never closed. {_USAGE}") from None
    run = _RUN.fullmatch(words[0]) if words else None
    if run is None or not _FEWEST <= len(words) <= _MOST:
        raise UsageError(f"Which file of which run? {_USAGE}")
    return Wanted(key=f"R-{run[1]}", name=words[1], path=words[2] if words[2:] else "")


async def save(
    client: ConsoleClient, screen: Screen, argument: str, *, who: str, ask: Ask | None
) -> None:
    """Fetch a file, prove it, and put it in its place; a file that is there is asked about first.

    Without anybody to ask it stays. Raises UsageError, RefusedError, NotFoundError and
    UnavailableError; then nothing has changed.
    """
    wanted = read_wanted(argument)
    artifact = _newest(await client.artifacts(wanted.key, who=who), wanted)
    target = wanted.target
    there = await asyncio.to_thread(target.exists)
    replacing = there and await _may_replace(target, ask)
    try:
        await _fetch(client.download(artifact, who=who), artifact, target, replacing=replacing)
    except FileExistsError:
        raise _is_there(target) from None
    except OSError as error:
        raise UnavailableError(f"{target} cannot be written: {error.strerror}.") from error
    screen.note(f"Saved {target} ({artifact.size:,} bytes, SHA-256 {artifact.sha256})")


def _newest(artifacts: tuple[StoredArtifact, ...], wanted: Wanted) -> StoredArtifact:
    named = [artifact for artifact in artifacts if artifact.name == wanted.name]
    if named:
        return named[-1]
    there = ", ".join(dict.fromkeys(artifact.name for artifact in artifacts)) or "none"
    raise NotFoundError(f"{wanted.key} left no file “{wanted.name}”; its files: {there}.")


async def _may_replace(target: Path, ask: Ask | None) -> bool:
    """Raises RefusedError where the file that is there is to stay."""
    if ask is not None and not await asyncio.to_thread(target.is_dir):
        answer = await ask(f"{target} is there already. Replace it? [y/n] ")
        if (answer or "").strip().lower() in {"y", "yes"}:
            return True
    raise _is_there(target)


def _is_there(target: Path) -> RefusedError:
    return RefusedError(f"{target} is there already and stays as it is; name another path.")


async def _fetch(
    chunks: AsyncIterator[bytes], artifact: StoredArtifact, target: Path, *, replacing: bool
) -> None:
    """Written beside its place and proven; only then it gets its name."""
    handle, name = await asyncio.to_thread(
        tempfile.mkstemp, dir=target.parent, prefix=".saving-", suffix=".part"
    )
    part = Path(name)
    seen = hashlib.sha256()
    try:
        with os.fdopen(handle, "wb") as file:
            async for chunk in chunks:
                seen.update(chunk)
                await asyncio.to_thread(file.write, chunk)
        if seen.hexdigest() != artifact.sha256:
            raise UnavailableError("The file did not arrive as it was kept; try again.")
        await asyncio.to_thread(_settle, part, target, replacing=replacing)
    finally:
        await asyncio.to_thread(part.unlink, missing_ok=True)


def _settle(part: Path, target: Path, *, replacing: bool) -> None:
    """Raises FileExistsError where a file has come there meanwhile."""
    mask = os.umask(0o077)
    os.umask(mask)
    part.chmod(0o666 & ~mask)
    if replacing:
        part.replace(target)
    else:
        target.hardlink_to(part)
