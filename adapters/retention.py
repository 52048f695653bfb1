"""Retention: old output and files of what has ended go, a small batch at a time.

Rows go first, in one commit per batch; then the files that no row refers to. A crash in between
leaves files that the next sweep finds.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.ports.artifact_files import ArtifactFiles
from bot.ports.store import Store, Tx

_BATCH = 200
"""Rows of one commit."""
_BATCHES = 50
"""Commits of one sweep; the next one goes on."""
_PAUSE = 0.02
"""Seconds between two commits, for everybody else."""
_UNCLAIMED = timedelta(days=2)
"""How long a file may be there before the report that it belongs to is taken."""


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long things are kept; no time at all means for ever."""

    store: Store
    artifacts: ArtifactFiles
    log_time: timedelta
    artifact_time: timedelta

    async def sweep(self) -> None:
        """Remove what is older than that."""
        if self.log_time:
            await self._in_batches(
                lambda tx: tx.logs.remove_before(tx.now() - self.log_time, limit=_BATCH)
            )
        if self.artifact_time:
            await self._in_batches(
                lambda tx: tx.artifacts.remove_before(tx.now() - self.artifact_time, limit=_BATCH)
            )
            await self._in_batches(
                lambda tx: tx.exports.remove_before(tx.now() - self.artifact_time, limit=_BATCH)
            )
        now = await self.store.read(lambda tx: tx.now())
        await self.artifacts.collect(self._known, before=now - _UNCLAIMED)

    async def _in_batches(self, remove: Callable[[Tx], int]) -> None:
        for _ in range(_BATCHES):
            if await self.store.write(remove) < _BATCH:
                return
            await asyncio.sleep(_PAUSE)

    async def _known(self, sha256s: Collection[str]) -> Collection[str]:
        return await self.store.read(lambda tx: tx.artifacts.known(sha256s))
