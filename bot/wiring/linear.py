"""Linear: opened where its settings are given."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from adapters.linear.assembly import Core, put_together
from adapters.linear.auth import App, AppCredentials, Credentials, FixedToken
from adapters.linear.budget import Budget
from adapters.linear.shelf import StoreShelf
from adapters.linear.transport import Transport, token_address
from adapters.system import SystemClock
from bot.wiring.parts import Parts, Surface


@asynccontextmanager
async def open_linear(parts: Parts) -> AsyncIterator[Surface]:
    """What Linear brings along; nothing without its settings."""
    settings = parts.settings
    if not (settings.linear_token or settings.linear_client_secret):
        yield Surface()
        return
    core = Core(
        store=parts.store,
        requests=parts.dispatcher,
        rules=parts.rulebook.current,
        clock=SystemClock(),
        run_page=parts.run_url,
    )
    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=50)) as http:
        transport = Transport(
            http,
            _credentials(parts, http),
            url=settings.linear_api_url,
            budget=Budget(core.clock),
        )
        linear = put_together(core, transport, webhook_secret=settings.linear_webhook_secret)
        yield Surface(
            routers=(linear.router,),
            messengers={"linear": linear.messenger},
            tasks=(linear.inbox.run,),
            sweeps={
                "linear inbox": (5, linear.inbox.sweep),
                "linear sessions": (60, linear.keep_alive.sweep),
            },
            tracker=linear.tracker,
        )


def _credentials(parts: Parts, http: httpx.AsyncClient) -> Credentials:
    """A token where one is given, the OAuth app's own otherwise."""
    settings = parts.settings
    if settings.linear_token:
        return FixedToken(settings.linear_token)
    app = App(
        client_id=settings.linear_client_id,
        client_secret=settings.linear_client_secret,
        token_url=token_address(settings.linear_api_url),
    )
    return AppCredentials(
        app, http, shelf=StoreShelf(parts.store), vault=parts.vault, clock=SystemClock()
    )
