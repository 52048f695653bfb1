"""A small fake workspace, the real client and a real Bolt app, for tests of the fake itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack.fake import FakeSlack, fake_slack
from tests.fakes.slack.world import Clock

ANA, BEN, OPS = "U0ANA", "U0BEN", "C0OPS"
Data = dict[str, Any]


@asynccontextmanager
async def workspace(clock: Clock | None = None) -> AsyncIterator[FakeSlack]:
    """Ana, Ben, and a channel that both and the bot are in."""
    async with fake_slack(clock) as slack:
        slack.add_user(ANA, name="ana", email="ana@example.com")
        slack.add_user(BEN, name="ben", email="ben@example.com")
        slack.add_channel(OPS, name="ops", members=[ANA, BEN])
        yield slack


def client(slack: FakeSlack, token: str | None = None) -> AsyncWebClient:
    """The real client; it does not try again by itself."""
    return AsyncWebClient(
        token=token or slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=5
    )


async def refusal(call: Awaitable[object]) -> str:
    """The error that a call is answered with."""
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


def bolt(slack: FakeSlack) -> AsyncApp:
    """A real app without listeners, which sees what it has said itself."""
    return AsyncApp(
        client=client(slack),
        signing_secret=slack.signing_secret,
        ignoring_self_events_enabled=False,
    )


@asynccontextmanager
async def connected(slack: FakeSlack, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    """The app with one connection in Socket Mode."""
    handler = AsyncSocketModeHandler(app, slack.app_token, web_client=client(slack))
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt types it not
    try:
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt types it not


@asynccontextmanager
async def listening(slack: FakeSlack, app: AsyncApp) -> AsyncIterator[None]:
    """The app behind an address that signed requests go to."""
    runner = web.AppRunner(app.web_app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    slack.deliver_over_http(f"http://{host}:{port}/slack/events")
    try:
        yield
    finally:
        await runner.cleanup()


def section(text: str, **more: Any) -> Data:
    """A section with marked-up text."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}, **more}


def button(text: str, **more: Any) -> Data:
    """A button."""
    return {"type": "button", "text": {"type": "plain_text", "text": text}, **more}


def actions(*elements: Data) -> Data:
    """A row of elements."""
    return {"type": "actions", "elements": list(elements)}


def question(label: str, element: Data, **more: Any) -> Data:
    """An input."""
    return {
        "type": "input",
        "label": {"type": "plain_text", "text": label},
        "element": element,
        **more,
    }


def modal(*blocks: Data, **more: Any) -> Data:
    """A modal that can be sent off."""
    return {
        "type": "modal",
        "callback_id": "form",
        "title": {"type": "plain_text", "text": "Start a run"},
        "submit": {"type": "plain_text", "text": "Start"},
        "blocks": list(blocks),
        **more,
    }


async def until(happened: Callable[[], bool]) -> None:
    """Return when it has happened."""
    async with asyncio.timeout(20):
        while not happened():  # noqa: ASYNC110  # the real client tells nobody
            await asyncio.sleep(0.01)
