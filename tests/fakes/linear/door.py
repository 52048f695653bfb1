"""A client of ours at the door of the stand-in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from adapters.linear.auth import AppCredentials, Credentials, FixedToken
from adapters.linear.budget import Budget
from adapters.linear.client import LinearClient
from adapters.linear.tokens import SCOPES, App, SealedShelf, TokenDesk
from adapters.linear.transport import Transport, authorize_address, token_address
from adapters.vault import FernetVault
from tests.fakes.clock import FakeClock
from tests.fakes.linear.server import FakeLinear, fake_linear
from tests.fakes.linear.tokens import REDIRECT

VAULT_KEY = "bGluZWFyLWRvb3ItdGVzdC1rZXktMzItYnl0ZXMtb2s="


class MemoryShelf:
    """A TokenShelf that a test can look into."""

    def __init__(self) -> None:
        self.sealed: list[str] = []

    async def load(self) -> str | None:
        return self.sealed[-1] if self.sealed else None

    async def keep(self, sealed: str) -> None:
        self.sealed.append(sealed)

    async def drop(self, sealed: str) -> None:
        if await self.load() == sealed:
            self.sealed.clear()


@dataclass
class Door:
    """The stand-in with what a test needs to talk to it."""

    linear: FakeLinear
    http: httpx.AsyncClient
    clock: FakeClock
    shelf: MemoryShelf

    def desk(self) -> TokenDesk:
        """Where the OAuth app gets its tokens."""
        app = App(
            client_id=self.linear.tokens.client,
            client_secret=self.linear.tokens.client_secret,
            token_url=token_address(self.linear.url),
            authorize_url=authorize_address(self.linear.url),
        )
        return TokenDesk(app, self.http, self.clock)

    def app_credentials(self) -> AppCredentials:
        """Credentials of the OAuth app, as after a start; what they keep is on the shelf."""
        shelf = SealedShelf(self.shelf, FernetVault(VAULT_KEY))
        return AppCredentials(self.desk(), shelf, self.clock)

    async def installed(self) -> AppCredentials:
        """Credentials of the app, installed by its admin."""
        asked = {"client_id": self.linear.tokens.client, "redirect_uri": REDIRECT}
        more = {"response_type": "code", "actor": "app", "scope": ",".join(SCOPES)}
        _, address = self.linear.tokens.authorize({**asked, **more})
        tokens = await self.desk().grant(
            grant_type="authorization_code",
            code=address.partition("code=")[2],
            redirect_uri=REDIRECT,
        )
        credentials = self.app_credentials()
        viewer = await self.client(FixedToken(tokens.access)).viewer()
        await credentials.install(tokens, viewer)
        return credentials

    def transport(self, credentials: Credentials | None = None) -> Transport:
        """A transport, by default with the API key."""
        return Transport(
            self.http,
            credentials or FixedToken(self.linear.tokens.api_key),
            url=self.linear.url,
            budget=Budget(self.clock),
        )

    def client(self, credentials: Credentials | None = None) -> LinearClient:
        """A client over such a transport."""
        return LinearClient(self.transport(credentials))


@asynccontextmanager
async def open_door(clock: FakeClock | None = None) -> AsyncIterator[Door]:
    """A stand-in and a client while the block runs."""
    held = clock or FakeClock()
    async with fake_linear(held) as linear, httpx.AsyncClient(trust_env=False) as http:
        yield Door(linear=linear, http=http, clock=held, shelf=MemoryShelf())
