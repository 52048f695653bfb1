"""The fake Slack, met by the real client: messages, their errors, and limits."""

from collections.abc import Awaitable
from datetime import timedelta

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, SectionBlock
from slack_sdk.web.async_client import AsyncWebClient

from tests.adapters.fake_slack_world import ANA, BEN, OPS, client, refusal, section
from tests.fakes.clock import FakeClock
from tests.fakes.slack.fake import FakeSlack

CARD = {"event_type": "card", "event_payload": {"run": "R-1"}}


async def test_it_says_who_the_bot_is(slack: FakeSlack) -> None:
    answer = await client(slack).auth_test()
    assert (answer["user_id"], answer["team_id"]) == (slack.bot_user_id, slack.team_id)
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(("token", "error"), [("xoxb-wrong", "invalid_auth"), ("", "not_authed")])
async def test_it_knows_its_tokens(slack: FakeSlack, token: str, error: str) -> None:
    assert await refusal(AsyncWebClient(token=token, base_url=slack.api_url).auth_test()) == error


async def test_a_token_can_stand_among_the_arguments(slack: FakeSlack) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(slack.api_url + "auth.test", data={"token": slack.bot_token}) as response,
    ):
        assert (await response.json())["ok"]
    assert slack.calls[-1].arguments == {}


async def test_an_app_token_posts_nothing_and_a_method_must_be_known(slack: FakeSlack) -> None:
    app = client(slack, slack.app_token)
    posting = app.chat_postMessage(channel=OPS, text="hello")
    assert await refusal(posting) == "not_allowed_token_type"
    assert await refusal(client(slack).api_call("chat.shout")) == "unknown_method"


async def test_a_lacking_scope_is_named(slack: FakeSlack) -> None:
    slack.bot_scopes.remove("reactions:write")
    with pytest.raises(SlackApiError) as refused:
        await client(slack).reactions_add(channel=OPS, timestamp="1.2", name="eyes")
    assert refused.value.response["needed"] == "reactions:write"
    assert "chat:write" in refused.value.response["provided"]


async def test_what_is_posted_is_there_with_blocks_and_metadata(slack: FakeSlack) -> None:
    blocks = [SectionBlock(text="*Hello*"), ActionsBlock(elements=[ButtonElement(text="Go")])]
    posted = await client(slack).chat_postMessage(
        channel=OPS, text="hello", blocks=blocks, metadata=CARD
    )
    [message] = slack.messages(OPS)
    assert (message.ts, message.text, message.metadata) == (posted["ts"], "hello", CARD)
    assert [block["type"] for block in message.blocks] == ["section", "actions"]
    assert posted["message"]["bot_id"] == slack.team.bot_id


async def test_every_ts_is_later_than_the_last(slack: FakeSlack) -> None:
    stamps = [
        (await client(slack).chat_postMessage(channel=OPS, text="hello"))["ts"] for _ in range(5)
    ]
    assert stamps == sorted(set(stamps))


async def test_a_message_needs_something_to_say_and_one_way_to_say_it(slack: FakeSlack) -> None:
    def say(**what: str) -> Awaitable[object]:
        return client(slack).api_call("chat.postMessage", json={"channel": OPS, **what})

    assert await refusal(say(text=" ")) == "no_text"
    assert await refusal(say(text="a", markdown_text="b")) == "markdown_text_conflict"
    assert await refusal(say(markdown_text="b" * 12_001)) == "msg_too_long"
    await client(slack).chat_postMessage(channel=OPS, text="long" * 20_000)
    assert len(slack.messages(OPS)[0].text) == 40_000


@pytest.mark.parametrize(
    "metadata", [{"event_type": "card"}, {"event_type": "", "event_payload": {}}, {"a": 1}]
)
async def test_metadata_has_a_form(slack: FakeSlack, metadata: dict[str, object]) -> None:
    call = client(slack).chat_postMessage(channel=OPS, text="a", metadata=metadata)
    assert await refusal(call) == "invalid_metadata_format"


async def test_the_bot_must_be_where_it_posts(slack: FakeSlack) -> None:
    slack.add_channel("C0FAR", bot=False)
    slack.add_channel("C0HIDDEN", bot=False, is_private=True)
    slack.add_channel("C0OLD", archived=True)
    say = client(slack).chat_postMessage
    assert await refusal(say(channel="C0FAR", text="a")) == "not_in_channel"
    assert await refusal(say(channel="C0HIDDEN", text="a")) == "channel_not_found"
    assert await refusal(say(channel="C0NONE", text="a")) == "channel_not_found"
    assert await refusal(say(channel="C0OLD", text="a")) == "is_archived"
    slack.bot_scopes.add("chat:write.public")
    await say(channel="C0FAR", text="a")


async def test_a_post_to_a_person_opens_their_direct_messages(slack: FakeSlack) -> None:
    posted = await client(slack).chat_postMessage(channel=ANA, text="psst")
    opened = await client(slack).conversations_open(users=ANA)
    assert posted["channel"] == opened["channel"]["id"] == slack.dm(ANA)


async def test_an_edit_keeps_what_it_does_not_mention_except_blocks(slack: FakeSlack) -> None:
    web = client(slack)
    ts = (await web.chat_postMessage(channel=OPS, text="a", blocks=[section("a")], metadata=CARD))[
        "ts"
    ]
    await web.chat_update(channel=OPS, ts=ts, text="b", blocks=[section("b")])
    [message] = slack.messages(OPS)
    assert (message.text, message.edited, message.metadata) == ("b", 1, CARD)
    await web.chat_update(channel=OPS, ts=ts, text="c", metadata={})
    assert (message.text, message.blocks, message.metadata) == ("c", [], None)


async def test_only_what_is_ours_can_be_edited(slack: FakeSlack) -> None:
    web = client(slack)
    theirs = await slack.writes(ANA, OPS, "mine")
    private = (await web.chat_postEphemeral(channel=OPS, user=ANA, text="psst"))["message_ts"]
    for ts in (theirs.ts, private):
        editing = web.chat_update(channel=OPS, ts=ts, text="b")
        assert await refusal(editing) == "cant_update_message"
    assert await refusal(web.chat_update(channel=OPS, ts="1.2", text="b")) == "message_not_found"
    assert [said.text for said in slack.ephemerals(OPS, ANA)] == ["psst"]
    assert slack.ephemerals(OPS, BEN) == []


async def test_an_edit_is_shorter_than_a_message_may_be(slack: FakeSlack) -> None:
    web = client(slack)
    ts = (await web.chat_postMessage(channel=OPS, text="x" * 5000))["ts"]
    assert await refusal(web.chat_update(channel=OPS, ts=ts, text="x" * 4001)) == "msg_too_long"


async def test_replies_are_found_by_their_root(slack: FakeSlack) -> None:
    web = client(slack)
    root = (await web.chat_postMessage(channel=OPS, text="root", metadata=CARD))["ts"]
    reply = await web.chat_postMessage(channel=OPS, text="reply", thread_ts=root)
    found = await web.conversations_replies(channel=OPS, ts=root, include_all_metadata=True)
    assert [said["text"] for said in found["messages"]] == ["root", "reply"]
    assert found["messages"][0]["metadata"] == CARD
    assert [said.text for said in slack.thread(OPS, root)] == ["root", "reply"]
    shown = await web.conversations_history(channel=OPS)
    assert [said["text"] for said in shown["messages"]] == ["root"]
    assert shown["messages"][0]["metadata"] == {"event_type": "card"}
    nested = web.chat_postMessage(channel=OPS, text="no", thread_ts=reply["ts"])
    assert await refusal(nested) == "cannot_reply_to_message"


async def test_history_can_be_asked_for_one_message(slack: FakeSlack) -> None:
    web = client(slack)
    for text in ("one", "two", "three"):
        await web.chat_postMessage(channel=OPS, text=text)
    ts = slack.messages(OPS)[1].ts
    found = await web.conversations_history(channel=OPS, oldest=ts, latest=ts, inclusive=True)
    assert [said["text"] for said in found["messages"]] == ["two"]
    page = await web.conversations_history(channel=OPS, limit=2)
    more = await web.conversations_history(
        channel=OPS, limit=2, cursor=page["response_metadata"]["next_cursor"]
    )
    assert [said["text"] for said in more["messages"]] == ["one"]


async def test_a_root_that_was_deleted_leaves_replies_outside(slack: FakeSlack) -> None:
    web = client(slack)
    root = (await web.chat_postMessage(channel=OPS, text="root"))["ts"]
    await slack.deletes(OPS, root)
    reply = await web.chat_postMessage(channel=OPS, text="reply", thread_ts=root)
    assert "thread_ts" not in reply["message"]
    asking = web.conversations_replies(channel=OPS, ts=root)
    assert await refusal(asking) == "thread_not_found"


async def test_a_root_with_replies_leaves_a_stone(slack: FakeSlack) -> None:
    web = client(slack)
    root = (await web.chat_postMessage(channel=OPS, text="root"))["ts"]
    await web.chat_postMessage(channel=OPS, text="reply", thread_ts=root)
    await web.chat_delete(channel=OPS, ts=root)
    assert slack.messages(OPS)[0].subtype == "tombstone"
    editing = web.chat_update(channel=OPS, ts=root, text="b")
    assert await refusal(editing) == "message_not_found"


async def test_reactions_come_and_go(slack: FakeSlack) -> None:
    web = client(slack)
    ts = (await slack.writes(ANA, OPS, "hello")).ts
    await web.reactions_add(channel=OPS, timestamp=ts, name="eyes")
    assert slack.reactions(OPS, ts) == {"eyes": [slack.bot_user_id]}
    again = web.reactions_add(channel=OPS, timestamp=ts, name="eyes")
    assert await refusal(again) == "already_reacted"
    await web.reactions_remove(channel=OPS, timestamp=ts, name="eyes")
    assert slack.reactions(OPS, ts) == {}


async def test_people_and_groups_can_be_looked_up(slack: FakeSlack) -> None:
    web = client(slack)
    slack.add_user("U0OUT", team_id="T0OTHER", email="out@example.com")
    slack.add_usergroup("S0OPS", "operators", [ANA])
    assert (await web.users_lookupByEmail(email="ANA@example.com"))["user"]["id"] == ANA
    assert await refusal(web.users_lookupByEmail(email="out@example.com")) == "users_not_found"
    assert (await web.users_info(user="U0OUT"))["user"]["is_stranger"]
    assert await refusal(web.users_info(user="U0NONE")) == "user_not_found"
    [group] = (await web.usergroups_list(include_users=True))["usergroups"]
    assert (group["handle"], group["users"]) == ("operators", [ANA])
    assert (await web.usergroups_users_list(usergroup="S0OPS"))["users"] == [ANA]
    slack.bot_scopes.remove("users:read.email")
    assert "email" not in (await web.users_info(user=ANA))["user"]["profile"]


async def test_a_channel_takes_a_burst_and_then_one_message_a_second(
    slack: FakeSlack, clock: FakeClock
) -> None:
    slack.limits.on = True
    web = client(slack)
    for _ in range(4):
        await web.chat_postMessage(channel=OPS, text="hello")
    with pytest.raises(SlackApiError) as refused:
        await web.chat_postMessage(channel=OPS, text="hello")
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"
    await web.chat_postMessage(channel=ANA, text="elsewhere")
    clock.advance(timedelta(seconds=1))
    await web.chat_postMessage(channel=OPS, text="hello")
    assert len(slack.messages(OPS)) == 5


async def test_edits_are_of_the_third_tier(slack: FakeSlack, clock: FakeClock) -> None:
    web = client(slack)
    ts = (await web.chat_postMessage(channel=OPS, text="a"))["ts"]
    slack.limits.on = True
    for _ in range(50):
        await web.chat_update(channel=OPS, ts=ts, text="b")
    with pytest.raises(SlackApiError) as refused:
        await web.chat_update(channel=OPS, ts=ts, text="c")
    clock.advance(timedelta(seconds=int(refused.value.response.headers["Retry-After"])))
    await web.chat_update(channel=OPS, ts=ts, text="c")
    assert slack.messages(OPS)[0].text == "c"


async def test_failures_come_when_ordered(slack: FakeSlack) -> None:
    web = client(slack)
    slack.fails("chat.postMessage", status=429, retry_after=7)
    slack.fails("chat.postMessage", error="fatal_error")
    slack.fails("chat.postMessage", status=500)
    with pytest.raises(SlackApiError) as limited:
        await web.chat_postMessage(channel=OPS, text="a")
    assert limited.value.response.headers["Retry-After"] == "7"
    assert await refusal(web.chat_postMessage(channel=OPS, text="a")) == "fatal_error"
    with pytest.raises(SlackApiError) as broken:
        await web.chat_postMessage(channel=OPS, text="a")
    assert broken.value.response.status_code == 500
    await web.chat_postMessage(channel=OPS, text="a")
    assert [call.method for call in slack.calls] == ["chat.postMessage"] * 4


async def test_an_answer_can_get_lost_after_the_effect(slack: FakeSlack) -> None:
    web = client(slack)
    slack.loses_request("chat.postMessage")
    slack.loses_answer("chat.postMessage")
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            await web.chat_postMessage(channel=OPS, text="a")
    assert [said.text for said in slack.messages(OPS)] == ["a"]


async def test_it_can_be_down_altogether(slack: FakeSlack) -> None:
    slack.goes_down()
    with pytest.raises(aiohttp.ClientError):
        await client(slack).auth_test()
    slack.recovers()
    assert (await client(slack).auth_test())["ok"]


async def test_it_knows_whom_a_message_calls(slack: FakeSlack) -> None:
    await client(slack).chat_postMessage(channel=OPS, text="<!here> &lt;!channel&gt;")
    assert slack.pings(slack.messages(OPS)[0]) == {"here"}
