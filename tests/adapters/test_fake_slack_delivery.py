"""The fake Slack, met by a real Bolt app: events and interactions by socket and by HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.slack.fake import FakeSlack, fake_slack


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as slack:
        slack.add_user("U0ANA", name="ana", email="ana@example.com")
        slack.add_channel("C0OPS", members=["U0ANA"])
        yield slack


@pytest.fixture
async def app(slack: FakeSlack) -> AsyncIterator[AsyncApp]:
    client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, retry_handlers=[])
    app = AsyncApp(client=client, signing_secret=slack.signing_secret)
    handler = AsyncSocketModeHandler(app, slack.app_token, web_client=client)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    yield app
    await handler.close_async()  # type: ignore[no-untyped-call]


async def test_a_command_is_answered(slack: FakeSlack, app: AsyncApp) -> None:
    @app.command("/run")
    async def run(ack: Any, command: dict[str, Any], respond: Any) -> None:
        await ack(f"You said {command['text']}")
        await respond("later")

    answer = await slack.types_command("U0ANA", "C0OPS", "/run", "list")
    await slack.settles()
    assert answer.acked
    said = {message.text for message in slack.ephemerals("C0OPS", "U0ANA")}
    assert said == {"You said list", "later"}
