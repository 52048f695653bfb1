"""Tokens of our OAuth app: asked of Linear, and kept sealed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

import httpx

from adapters.linear.limits import TIMEOUT
from adapters.linear.values import Viewer
from bot.domain.codec import canonical_json, decode
from bot.domain.errors import UnavailableError, UserError
from bot.ports.clock import Clock
from bot.ports.vault import Vault

SCOPES = ("read", "write", "app:assignable", "app:mentionable")


class NoTokenError(UnavailableError):
    """Linear does not let us in, and will not before somebody changes something."""


@dataclass(frozen=True, kw_only=True)
class App:
    """Our OAuth app with Linear."""

    client_id: str
    client_secret: str = field(repr=False)
    token_url: str
    """…/oauth/token"""
    authorize_url: str
    """…/oauth/authorize, where an admin lets it in."""


@dataclass(frozen=True, kw_only=True)
class Installed:
    """That an organization let the app in by a browser."""

    viewer: Viewer
    """Who the app is there."""
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What Linear gave."""

    access: str = field(repr=False)
    expires_at: datetime
    refresh: str = field(default="", repr=False)
    """Empty with the grant of client credentials, which needs none. It counts once."""
    scopes: tuple[str, ...] = ()
    installed: Installed | None = None
    """None where they are had by client credentials."""


class TokenShelf(Protocol):
    """Where sealed tokens are kept over a restart."""

    async def load(self) -> str | None:
        """What was kept last."""

    async def keep(self, sealed: str) -> None:
        """Keep this from now on."""

    async def drop(self, sealed: str) -> None:
        """Keep nothing any more, if this is what is kept."""


class SealedShelf:
    """Tokens on a shelf, sealed by the vault."""

    def __init__(self, shelf: TokenShelf, vault: Vault) -> None:
        """`vault` is the only one that reads what stands on `shelf`."""
        self._shelf = shelf
        self._vault = vault

    async def load(self) -> Tokens | None:
        """The tokens that are kept. Raises UserError where they were sealed by a lost key."""
        sealed = await self._shelf.load()
        return None if sealed is None else self._open(sealed)

    async def keep(self, tokens: Tokens) -> None:
        """Keep these from now on."""
        await self._shelf.keep(self._vault.seal(canonical_json(tokens)))

    async def drop_installed(self, *, until: datetime) -> bool:
        """Forget an installation of until then; whether there was one."""
        sealed = await self._shelf.load()
        installed = None if sealed is None else self._open(sealed).installed
        if sealed is None or installed is None or installed.at > until:
            return False
        await self._shelf.drop(sealed)
        return True

    def _open(self, sealed: str) -> Tokens:
        return decode(Tokens, json.loads(self._vault.open(sealed)))


class TokenDesk:
    """Asks Linear for tokens."""

    def __init__(self, app: App, http: httpx.AsyncClient, clock: Clock) -> None:
        """`app` is whose tokens they are."""
        self.app = app
        self._http = http
        self._clock = clock

    async def grant(self, **grant: str) -> Tokens:
        """Tokens for a grant. Raises UserError where it is refused, UnavailableError."""
        asked = {
            **grant,
            "client_id": self.app.client_id,
            "client_secret": self.app.client_secret,
        }
        answer = await self._post(self.app.token_url, asked)
        if answer.status_code != httpx.codes.OK:
            raise UserError(
                f"Linear refuses a token ({answer.status_code}{_why(answer)}): check the client id "
                "and secret, and whether the app is still installed."
            )
        return self._read(answer, grant)

    async def revoke(self, tokens: Tokens) -> None:
        """Give tokens back. Raises UnavailableError."""
        bearer = {"Authorization": f"Bearer {tokens.access}"}
        address = self.app.token_url.removesuffix("/token") + "/revoke"
        await self._post(address, {"token": tokens.access}, headers=bearer)

    async def _post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        try:
            answer = await self._http.post(url, data=form, headers=headers, timeout=TIMEOUT)
        except httpx.HTTPError as error:
            raise UnavailableError(f"Linear gives no token: {type(error).__name__}.") from error
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise UnavailableError(f"Linear gives no token: HTTP {answer.status_code}.")
        return answer

    def _read(self, answer: httpx.Response, grant: Mapping[str, str]) -> Tokens:
        try:
            fields = answer.json()
            return Tokens(
                access=str(fields["access_token"]),
                refresh=str(fields.get("refresh_token") or grant.get("refresh_token", "")),
                expires_at=self._clock.now()
                + timedelta(seconds=float(fields.get("expires_in") or 0)),
                scopes=tuple(str(fields.get("scope") or "").replace(",", " ").split()),
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UnavailableError("Linear gives no token: its answer has none.") from error


def installation_address(app: App, *, redirect_uri: str, state: str) -> str:
    """Where an admin of a workspace installs the app; `state` comes back with the code."""
    asked = {
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": ",".join(SCOPES),
        "state": state,
        "actor": "app",
        "prompt": "consent",
    }
    return f"{app.authorize_url}?{urlencode(asked)}"


def _why(answer: httpx.Response) -> str:
    """The short code of an OAuth refusal; never more of the body."""
    try:
        said = answer.json().get("error", "")
    except (ValueError, AttributeError):
        return ""
    return f" {said}" if isinstance(said, str) and said.replace("_", "").isalpha() else ""
