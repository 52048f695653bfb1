"""Who we are to Linear: asked once, then known."""

import asyncio

from adapters.linear.client import LinearClient
from adapters.linear.values import Viewer


class OurIdentity:
    """The account behind our token, and its organization."""

    def __init__(self, client: LinearClient) -> None:
        """Nothing is asked yet."""
        self._client = client
        self._viewer: Viewer | None = None
        self._lock = asyncio.Lock()

    async def viewer(self) -> Viewer:
        """Who we are. Raises UnavailableError while Linear has not said so yet."""
        async with self._lock:
            if self._viewer is None:
                self._viewer = await self._client.viewer()
            return self._viewer

    def forget(self) -> None:
        """Ask again: what we may see has changed."""
        self._viewer = None
