"""What opens Linear: the settings, and the API made of them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from adapters.linear.auth import AppCredentials, Credentials, FixedToken
from adapters.linear.budget import Budget
from adapters.linear.client import LinearClient
from adapters.linear.dialect import Dialect
from adapters.linear.shelf import StoreShelf
from adapters.linear.tokens import App, SealedShelf, TokenDesk
from adapters.linear.transport import Transport, authorize_address, is_linears, token_address
from bot.ports.clock import Clock
from bot.ports.store import Store
from bot.ports.vault import Vault

_CONNECTIONS = 50


@dataclass(frozen=True, kw_only=True)
class LinearAccess:
    """What the settings give."""

    api_url: str
    token: str = field(default="", repr=False)
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    webhook_secret: str = field(default="", repr=False)

    @property
    def is_set_up(self) -> bool:
        """Whether anything opens Linear."""
        return bool(self.token or self.client_secret)

    @property
    def app(self) -> App:
        """Our OAuth app."""
        return App(
            client_id=self.client_id,
            client_secret=self.client_secret,
            token_url=token_address(self.api_url),
            authorize_url=authorize_address(self.api_url),
        )


@dataclass(frozen=True, kw_only=True)
class LinearApi:
    """Linear's API, opened."""

    transport: Transport
    """Speaks as whoever we are."""
    app: tuple[TokenDesk, AppCredentials] | None
    """What an installation changes; None where the token is a fixed one."""
    client_of: Callable[[Credentials], LinearClient]
    """A client that speaks by other credentials, for once."""


@asynccontextmanager
async def open_api(
    access: LinearAccess, store: Store, *, vault: Vault, clock: Clock
) -> AsyncIterator[LinearApi]:
    """The API while the block runs: with the token, or as the OAuth app."""
    limits = httpx.Limits(max_connections=_CONNECTIONS)
    async with httpx.AsyncClient(limits=limits) as http:

        def transport_of(credentials: Credentials) -> Transport:
            return Transport(
                http,
                credentials,
                url=access.api_url,
                budget=Budget(clock),
                dialect=Dialect(whole=is_linears(access.api_url)),
            )

        desk = TokenDesk(access.app, http, clock)
        credentials = AppCredentials(desk, SealedShelf(StoreShelf(store), vault), clock)
        fixed = FixedToken(access.token) if access.token else None
        yield LinearApi(
            transport=transport_of(fixed or credentials),
            app=None if fixed else (desk, credentials),
            client_of=lambda other: LinearClient(transport_of(other)),
        )
