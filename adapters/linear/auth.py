"""Who we are to Linear: an API key or token, or an OAuth app with tokens that are renewed."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

import httpx

from adapters.linear.limits import TIMEOUT
from bot.domain.codec import JSON
from bot.domain.errors import UnavailableError, UserError
from bot.ports.clock import Clock
from bot.ports.vault import Vault

SCOPES = ("read", "write", "app:assignable", "app:mentionable")
_EARLY = timedelta(minutes=5)
"""So long before its end a token is renewed."""
_AUTHORIZE = "https://linear.app/oauth/authorize"


class Credentials(Protocol):
    """What stands in the Authorization header."""

    async def header(self) -> str:
        """The header's value. Raises UnavailableError where none can be had now."""

    async def renew(self, refused: str) -> bool:
        """Linear refused this value: whether it is worth trying with another one."""


class TokenShelf(Protocol):
    """Where sealed tokens are kept over a restart."""

    async def load(self) -> str | None:
        """What was kept last."""

    async def keep(self, sealed: str) -> None:
        """Keep this from now on."""


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


@dataclass(frozen=True, kw_only=True)
class App:
    """Our OAuth app with Linear."""

    client_id: str
    client_secret: str
    token_url: str
    """…/oauth/token"""


@dataclass(frozen=True, kw_only=True)
class _Tokens:
    access: str
    expires_at: datetime
    refresh: str = ""
    """Empty with the grant of client credentials, which needs none."""


class AppCredentials:
    """Tokens of an OAuth app, kept sealed; one renewal at a time."""

    def __init__(
        self, app: App, http: httpx.AsyncClient, *, shelf: TokenShelf, vault: Vault, clock: Clock
    ) -> None:
        """Reads the shelf at first use."""
        self._app = app
        self._http = http
        self._shelf = shelf
        self._vault = vault
        self._clock = clock
        self._lock = asyncio.Lock()
        self._tokens: _Tokens | None = None

    async def header(self) -> str:
        """The header's value, of a token that lasts for some minutes yet."""
        async with self._lock:
            tokens = self._tokens or await self._kept()
            if tokens is None or tokens.expires_at - _EARLY <= self._clock.now():
                tokens = await self._renewed(tokens)
            self._tokens = tokens
            return f"Bearer {tokens.access}"

    async def renew(self, refused: str) -> bool:
        """Get another token, unless somebody did so meanwhile."""
        async with self._lock:
            if self._tokens is None or f"Bearer {self._tokens.access}" == refused:
                self._tokens = await self._renewed(self._tokens)
            return True

    async def install(self, code: str, redirect_uri: str) -> None:
        """Trade the code of an installation for tokens. Raises UserError where it is refused."""
        async with self._lock:
            self._tokens = await self._grant(
                {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
            )

    async def _kept(self) -> _Tokens | None:
        sealed = await self._shelf.load()
        if sealed is None:
            return None
        kept = json.loads(self._vault.open(sealed))
        return _Tokens(
            access=kept["access"],
            refresh=kept["refresh"],
            expires_at=datetime.fromisoformat(kept["expires_at"]),
        )

    async def _renewed(self, old: _Tokens | None) -> _Tokens:
        if old is not None and old.refresh:
            grant = {"grant_type": "refresh_token", "refresh_token": old.refresh}
        else:
            grant = {"grant_type": "client_credentials", "scope": ",".join(SCOPES)}
        try:
            return await self._grant(grant)
        except UserError as error:
            raise UnavailableError(error.text, retry_after=60) from error

    async def _grant(self, grant: Mapping[str, str]) -> _Tokens:
        form = {
            **grant,
            "client_id": self._app.client_id,
            "client_secret": self._app.client_secret,
        }
        try:
            answer = await self._http.post(self._app.token_url, data=form, timeout=TIMEOUT)
        except httpx.HTTPError as error:
            raise UnavailableError(f"Linear gives no token: {type(error).__name__}.") from error
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise UnavailableError(f"Linear gives no token: HTTP {answer.status_code}.")
        if answer.status_code != httpx.codes.OK:
            raise UserError(
                f"Linear refuses a token ({answer.status_code}{_why(answer)}): check the client id "
                "and secret, and whether the app is still installed."
            )
        tokens = self._read(answer.json(), grant)
        await self._keep(tokens)
        return tokens

    def _read(self, fields: JSON, grant: Mapping[str, str]) -> _Tokens:
        lasts = timedelta(seconds=float(fields.get("expires_in") or 0))
        return _Tokens(
            access=str(fields["access_token"]),
            refresh=str(fields.get("refresh_token") or grant.get("refresh_token", "")),
            expires_at=self._clock.now() + lasts,
        )

    async def _keep(self, tokens: _Tokens) -> None:
        """Kept before it is used: the old refresh token counts no more."""
        text = json.dumps(
            {
                "access": tokens.access,
                "refresh": tokens.refresh,
                "expires_at": tokens.expires_at.isoformat(),
            }
        )
        await self._shelf.keep(self._vault.seal(text))


def installation_address(client_id: str, *, redirect_uri: str, state: str) -> str:
    """Where an admin of a workspace installs the app; `state` comes back with the code."""
    asked = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": ",".join(SCOPES),
        "state": state,
        "actor": "app",
    }
    return f"{_AUTHORIZE}?{urlencode(asked)}"


def _why(answer: httpx.Response) -> str:
    """The short code of an OAuth refusal; never more of the body."""
    try:
        said = answer.json().get("error", "")
    except (ValueError, AttributeError):
        return ""
    return f" {said}" if isinstance(said, str) and said.replace("_", "").isalpha() else ""
