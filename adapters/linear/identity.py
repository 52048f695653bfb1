"""Who we are to Linear: asked once, then known."""

import asyncio
import logging
from datetime import datetime

from adapters.linear.auth import AppCredentials
from adapters.linear.client import LinearClient
from adapters.linear.values import Viewer
from bot.domain.errors import UnavailableError, UserError

_LOG = logging.getLogger(__name__)


class OurIdentity:
    """The account behind our token, and its organization."""

    def __init__(self, client: LinearClient, credentials: AppCredentials | None = None) -> None:
        """Nothing is asked yet; `credentials` know who we were when we were installed."""
        self._client = client
        self._credentials = credentials
        self._viewer: Viewer | None = None
        self._lock = asyncio.Lock()

    async def viewer(self) -> Viewer:
        """Who we are. Raises UnavailableError while Linear has never said so yet."""
        async with self._lock:
            if self._viewer is None:
                try:
                    self._viewer = await self._client.viewer()
                except UnavailableError:
                    remembered = await self._remembered()
                    if remembered is None:
                        raise
                    return remembered
            return self._viewer

    async def learn(self) -> None:
        """Ask at the start already, so that the first webhook need not wait for it."""
        try:
            us = await self.viewer()
        except (UnavailableError, UserError) as error:
            _LOG.warning("Linear does not say yet who we are: %s", error)
        else:
            _LOG.info("Linear knows us as %s in the organization %s", us.name, us.organization)

    async def _remembered(self) -> Viewer | None:
        """Who we were when we were installed; Linear is asked again the next time."""
        kept = await self._credentials.kept() if self._credentials else None
        return kept.installed.viewer if kept and kept.installed else None

    async def end(self, at: datetime) -> None:
        """We were taken out of the organization then."""
        self.forget()
        if self._credentials is not None:
            await self._credentials.uninstall(at)

    def forget(self) -> None:
        """Ask again: what we may see has changed."""
        self._viewer = None
