"""What opens Linear: the settings, and a transport made of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from adapters.linear.auth import App, AppCredentials, Credentials, FixedToken
from adapters.linear.budget import Budget
from adapters.linear.dialect import Dialect
from adapters.linear.shelf import StoreShelf
from adapters.linear.transport import Transport, is_linears, token_address
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


@asynccontextmanager
async def open_transport(
    access: LinearAccess, store: Store, *, vault: Vault, clock: Clock
) -> AsyncIterator[Transport]:
    """A transport while the block runs: with the token, or as the OAuth app."""
    limits = httpx.Limits(max_connections=_CONNECTIONS)
    async with httpx.AsyncClient(limits=limits) as http:
        credentials: Credentials = FixedToken(access.token)
        if not access.token:
            app = App(
                client_id=access.client_id,
                client_secret=access.client_secret,
                token_url=token_address(access.api_url),
            )
            credentials = AppCredentials(
                app, http, shelf=StoreShelf(store), vault=vault, clock=clock
            )
        yield Transport(
            http,
            credentials,
            url=access.api_url,
            budget=Budget(clock),
            dialect=Dialect(whole=is_linears(access.api_url)),
        )
