"""Who we are to Linear: an API key or token, or an OAuth app with tokens that are renewed.

An installation that is kept is the one way in. Without one the app's client credentials are.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from adapters.linear.limits import REFUSED_WAIT
from adapters.linear.tokens import SCOPES, Installed, NoTokenError, SealedShelf, TokenDesk, Tokens
from adapters.linear.values import Viewer
from bot.domain.errors import UserError
from bot.ports.clock import Clock

INSTALL_PATH, REDIRECT_PATH = "/linear/install", "/linear/oauth"
_EARLY = timedelta(minutes=5)
"""So long before its end a token is renewed."""
_BLURRED = timedelta(seconds=1)
"""How far the clocks of Linear and ours may differ about what came first."""


class Credentials(Protocol):
    """What stands in the Authorization header."""

    async def header(self) -> str:
        """The header's value. Raises UnavailableError where none can be had now."""

    async def renew(self, refused: str) -> bool:
        """Linear refused this value: whether it is worth trying with another one."""


class FixedToken:
    """An API key, or a token that somebody else renews."""

    def __init__(self, token: str) -> None:
        """API keys (`lin_api_…`) go bare, OAuth tokens as bearers."""
        self._value = token if token.startswith("lin_api_") else f"Bearer {token}"

    async def header(self) -> str:
        """The header's value."""
        return self._value

    async def renew(self, refused: str) -> bool:  # noqa: ARG002  # there is no other one
        """There is no other one."""
        return False


class AppCredentials:
    """Tokens of an OAuth app, kept sealed; one renewal at a time.

    Another bot on the same store may renew them too: what is kept is looked at before.
    """

    def __init__(self, desk: TokenDesk, shelf: SealedShelf, clock: Clock) -> None:
        """Reads the shelf at first use."""
        self._desk = desk
        self._shelf = shelf
        self._clock = clock
        self._lock = asyncio.Lock()
        self._tokens: Tokens | None = None

    async def header(self) -> str:
        """The header's value, of a token that lasts for some minutes yet."""
        async with self._lock:
            tokens = self._tokens or await self._shelf.load()
            if tokens is None or self._ends(tokens):
                tokens = await self._renewed(tokens)
            self._tokens = tokens
            return f"Bearer {tokens.access}"

    async def renew(self, refused: str) -> bool:
        """Get another token, unless somebody did so meanwhile."""
        async with self._lock:
            if self._tokens is None or f"Bearer {self._tokens.access}" == refused:
                self._tokens = await self._renewed(self._tokens)
            return True

    async def kept(self) -> Tokens | None:
        """What we would go on with after a restart."""
        return await self._shelf.load()

    async def install(self, tokens: Tokens, viewer: Viewer) -> None:
        """Go on with the tokens of an installation, in which we are this account."""
        async with self._lock:
            installed = Installed(viewer=viewer, at=self._clock.now())
            self._tokens = replace(tokens, installed=installed)
            await self._shelf.keep(self._tokens)

    async def uninstall(self, at: datetime) -> bool:
        """Forget an installation that was ended then; whether one of before that was there."""
        async with self._lock:
            dropped = await self._shelf.drop_installed(until=at + _BLURRED)
            if dropped:
                self._tokens = None
            return dropped

    def _ends(self, tokens: Tokens) -> bool:
        return tokens.expires_at - _EARLY <= self._clock.now()

    async def _renewed(self, old: Tokens | None) -> Tokens:
        kept = await self._shelf.load()
        if kept and old and kept.access != old.access and not self._ends(kept):
            return kept
        if kept and kept.installed:
            return await self._refreshed(kept, kept.installed)
        try:
            tokens = await self._desk.grant(grant_type="client_credentials", scope=",".join(SCOPES))
        except UserError as error:
            raise _no_token(error) from error
        await self._shelf.keep(tokens)
        return tokens

    async def _refreshed(self, kept: Tokens, installed: Installed) -> Tokens:
        """Kept before it is used: the old refresh token counts no more."""
        try:
            tokens = await self._desk.grant(grant_type="refresh_token", refresh_token=kept.refresh)
        except UserError as error:
            later = await self._shelf.load()
            if later and later.access != kept.access:
                return later
            raise _no_token(error) from error
        tokens = replace(tokens, installed=installed)
        await self._shelf.keep(tokens)
        return tokens


def _no_token(error: UserError) -> NoTokenError:
    text = f"{error.text} An admin of the workspace lets it in at {INSTALL_PATH}."
    return NoTokenError(text, retry_after=REFUSED_WAIT)
