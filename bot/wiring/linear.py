"""Linear: opened where its settings are given."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.linear.access import LinearAccess, LinearApi, open_api
from adapters.linear.assembly import Core, Linear, put_together
from adapters.linear.installing import LinearInstalling
from adapters.system import SystemClock
from adapters.web.app import Router
from adapters.web.outbound import page
from bot.config import Settings
from bot.wiring.parts import Parts, Surface


def linear_access(settings: Settings) -> LinearAccess:
    """What the settings give for Linear."""
    return LinearAccess(
        api_url=settings.linear_api_url,
        token=settings.linear_token,
        client_id=settings.linear_client_id,
        client_secret=settings.linear_client_secret,
        webhook_secret=settings.linear_webhook_secret,
    )


@asynccontextmanager
async def open_linear(parts: Parts) -> AsyncIterator[Surface]:
    """What Linear brings along; nothing without its settings."""
    access = linear_access(parts.settings)
    if not access.is_set_up:
        yield Surface()
        return
    core = Core(
        store=parts.store,
        requests=parts.dispatcher,
        rules=parts.rulebook.current,
        clock=SystemClock(),
        run_page=parts.run_url,
    )
    async with open_api(access, parts.store, vault=parts.vault, clock=core.clock) as api:
        yield _surface(parts, core, api, access.webhook_secret)


def _surface(parts: Parts, core: Core, api: LinearApi, webhook_secret: str) -> Surface:
    credentials = api.app[1] if api.app else None
    linear = put_together(
        core, api.transport, webhook_secret=webhook_secret, credentials=credentials
    )
    return Surface(
        routers=(linear.router, *_installing(parts, api, linear)),
        messengers={"linear": linear.messenger},
        tasks=(linear.identity.learn, linear.inbox.run),
        sweeps={
            "linear inbox": (5, linear.inbox.sweep),
            "linear sessions": (60, linear.keep_alive.sweep),
        },
        tracker=linear.tracker,
    )


def _installing(parts: Parts, api: LinearApi, linear: Linear) -> tuple[Router, ...]:
    """The pages of installing, where no fixed token is what counts."""
    if api.app is None:
        return ()
    desk, credentials = api.app
    installing = LinearInstalling(
        store=parts.store,
        ids=parts.ids,
        desk=desk,
        credentials=credentials,
        identity=linear.identity,
        client=linear.client,
        client_of=api.client_of,
        public_url=parts.settings.public_url,
        page=page,
    )
    return (installing.router(),)
