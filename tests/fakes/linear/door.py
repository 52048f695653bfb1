"""A client of ours at the door of the stand-in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from adapters.linear.auth import App, AppCredentials, Credentials, FixedToken
from adapters.linear.budget import Budget
from adapters.linear.client import LinearClient
from adapters.linear.transport import Transport, token_address
from adapters.vault import FernetVault
from tests.fakes.clock import FakeClock
from tests.fakes.linear.server import FakeLinear, fake_linear

VAULT_KEY = "bGluZWFyLWRvb3ItdGVzdC1rZXktMzItYnl0ZXMtb2s="


class MemoryShelf:
    """A TokenShelf that a test can look into."""

    def __init__(self) -> None:
        self.sealed: list[str] = []

    async def load(self) -> str | None:
        return self.sealed[-1] if self.sealed else None

    async def keep(self, sealed: str) -> None:
        self.sealed.append(sealed)


@dataclass
class Door:
    """The stand-in with what a test needs to talk to it."""

    linear: FakeLinear
    http: httpx.AsyncClient
    clock: FakeClock
    shelf: MemoryShelf

    def app_credentials(self) -> AppCredentials:
        """Credentials of the installed OAuth app; what they keep is on the shelf."""
        app = App(
            client_id=self.linear.tokens.client,
            client_secret=self.linear.tokens.client_secret,
            token_url=token_address(self.linear.url),
        )
        return AppCredentials(
            app, self.http, shelf=self.shelf, vault=FernetVault(VAULT_KEY), clock=self.clock
        )

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
