"""Linear: opened where its settings are given."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.linear.access import LinearAccess, open_transport
from adapters.linear.assembly import Core, put_together
from adapters.system import SystemClock
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
    async with open_transport(
        access, parts.store, vault=parts.vault, clock=core.clock
    ) as transport:
        linear = put_together(core, transport, webhook_secret=access.webhook_secret)
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
