"""The fake Slack, met by the real client: the Web API, its errors and its limits."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, SectionBlock
from slack_sdk.web.async_client import AsyncWebClient

from tests.fakes.clock import FakeClock
from tests.fakes.slack.fake import FakeSlack, fake_slack


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def slack(clock: FakeClock) -> AsyncIterator[FakeSlack]:
    async with fake_slack(clock) as slack:
        slack.add_user("U0ANA", name="ana", email="ana@example.com")
        slack.add_user("U0BEN", name="ben")
        slack.add_channel("C0OPS", members=["U0ANA", "U0BEN"])
        yield slack


def client(slack: FakeSlack, token: str | None = None) -> AsyncWebClient:
    """The real client; it must not try again by itself."""
    return AsyncWebClient(
        token=token or slack.bot_token, base_url=slack.api_url, retry_handlers=[], timeout=5
    )


async def test_it_says_who_the_bot_is(slack: FakeSlack) -> None:
    answer = await client(slack).auth_test()
    assert (answer["user_id"], answer["team_id"]) == (slack.bot_user_id, slack.team_id)
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(("token", "error"), [("xoxb-wrong", "invalid_auth"), ("", "not_authed")])
async def test_it_knows_its_tokens(slack: FakeSlack, token: str, error: str) -> None:
    with pytest.raises(SlackApiError, match=error):
        await AsyncWebClient(token=token, base_url=slack.api_url).auth_test()


async def test_a_lacking_scope_is_named(slack: FakeSlack) -> None:
    slack.bot_scopes.remove("reactions:write")
    with pytest.raises(SlackApiError) as refused:
        await client(slack).reactions_add(channel="C0OPS", timestamp="1.2", name="eyes")
    assert refused.value.response["needed"] == "reactions:write"
    assert "chat:write" in refused.value.response["provided"]


async def test_what_is_posted_is_there_with_blocks_and_metadata(slack: FakeSlack) -> None:
    metadata = {"event_type": "card", "event_payload": {"run": "R-1"}}
    blocks = [SectionBlock(text="*Hello*"), ActionsBlock(elements=[ButtonElement(text="Go")])]
    posted = await client(slack).chat_postMessage(
        channel="C0OPS", text="hello", blocks=blocks, metadata=metadata
    )
    [message] = slack.messages("C0OPS")
    assert (message.ts, message.text, message.metadata) == (posted["ts"], "hello", metadata)
    assert [block["type"] for block in message.blocks] == ["section", "actions"]
    assert posted["message"]["bot_id"]


async def test_a_429_tells_when_to_come_back(slack: FakeSlack, clock: FakeClock) -> None:
    slack.limits.on = True
    for _ in range(4):
        await client(slack).chat_postMessage(channel="C0OPS", text="hello")
    with pytest.raises(SlackApiError) as refused:
        await client(slack).chat_postMessage(channel="C0OPS", text="hello")
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"
    clock.advance(timedelta(seconds=1))
    await client(slack).chat_postMessage(channel="C0OPS", text="hello")
    assert len(slack.messages("C0OPS")) == 5
