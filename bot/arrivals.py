"""Arrivals: what comes in goes first, and work on what came before waits a moment for it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Arrivals:
    """Knows whether something is coming in; of one event loop."""

    def __init__(self) -> None:
        """Nothing comes in."""
        self._coming = 0
        self._calm = asyncio.Event()
        self._calm.set()

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """Something comes in until the block ends."""
        self._coming += 1
        self._calm.clear()
        try:
            yield
        finally:
            self._coming -= 1
            if not self._coming:
                self._calm.set()

    async def calm(self, *, until: float) -> None:
        """Return once nothing comes in, or at this time of the event loop."""
        if self._calm.is_set():
            return
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                await self._calm.wait()
