"""The fake Slack, met by a real Bolt app: what it sends by socket and by HTTP, and how often."""

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp

from tests.adapters.fake_slack_world import (
    ANA,
    OPS,
    Data,
    bolt,
    client,
    connected,
    listening,
    until,
)
from tests.fakes.clock import FakeClock
from tests.fakes.slack.fake import FakeSlack
from tests.fakes.slack.http_transport import signature

SOON = timedelta(seconds=0.3)


class Diary:
    """What a Bolt app was told."""

    def __init__(self, slack: FakeSlack) -> None:
        self.app: AsyncApp = bolt(slack)
        self.events: list[Data] = []
        self.bodies: list[Data] = []
        self.headers: list[Data] = []
        for kind in ("message", "app_mention", "tokens_revoked", "app_uninstalled"):
            self.app.event(kind)(self.note)
        self.app.command("/run")(self.answer)

    async def note(self, event: Data, body: Data, request: Any) -> None:
        self.events.append(event)
        self.bodies.append(body)
        self.headers.append(request.headers)

    async def answer(self, ack: Any, command: Data) -> None:
        await ack(f"You said {command['text']}")

    def retries(self) -> list[str]:
        return [headers["x-slack-retry-num"][0] for headers in self.headers]


def test_a_signature_is_the_documented_one() -> None:
    # The figures of Slack's page "Verifying requests from Slack".
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        b"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands"
        b"%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body) == expected


async def test_a_command_is_answered_by_socket(slack: FakeSlack) -> None:
    async with connected(slack, Diary(slack).app):
        answer = await slack.types_command(ANA, OPS, "/run", "list")
    assert answer.acked
    assert [said.text for said in slack.ephemerals(OPS, ANA)] == ["You said list"]
    assert slack.sockets.acks[0]["envelope_id"]


async def test_a_command_is_answered_by_http(slack: FakeSlack) -> None:
    async with listening(slack, Diary(slack).app):
        answer = await slack.types_command(ANA, OPS, "/run", "list & more")
        unknown = await slack.types_command(ANA, OPS, "/walk")
    assert (answer.acked, answer.status) == (True, 200)
    assert slack.ephemerals(OPS, ANA)[0].text == "You said list & more"
    assert (unknown.acked, unknown.status) == (False, 404)


async def test_a_forged_or_late_request_is_refused(slack: FakeSlack) -> None:
    async with listening(slack, Diary(slack).app):
        headers = slack.http.headers(b"payload={}", "application/x-www-form-urlencoded")
        forged = await slack.http.post(b"payload={ }", headers)
        url = slack.http._url
        slack.deliver_over_http(url, signed_at=lambda: datetime.now(UTC) - timedelta(seconds=301))
        late = await slack.types_command(ANA, OPS, "/run")
    assert (forged.status, late.status) == (401, 401)


async def test_an_address_proves_that_it_is_an_app(slack: FakeSlack) -> None:
    async with listening(slack, Diary(slack).app):
        answer = await slack.verifies_address()
    assert answer.body == {"challenge": "3eZbrw1aB"}


async def test_a_mention_is_two_events(slack: FakeSlack) -> None:
    diary = Diary(slack)
    async with connected(slack, diary.app):
        said = await slack.mentions(ANA, OPS, "list")
        await slack.direct_message(ANA, "hello")
    assert sorted(event["type"] for event in diary.events) == ["app_mention", "message", "message"]
    assert {event["ts"] for event in diary.events[:2]} == {said.ts}
    assert len({body["event_id"] for body in diary.bodies}) == 3
    assert diary.events[-1]["channel_type"] == "im"


async def test_what_the_bot_says_comes_back_with_its_metadata(slack: FakeSlack) -> None:
    diary = Diary(slack)
    card = {"event_type": "card", "event_payload": {"run": "R-1"}}
    async with connected(slack, diary.app):
        web = client(slack)
        ts = (await web.chat_postMessage(channel=OPS, text="a", metadata=card))["ts"]
        await web.chat_update(channel=OPS, ts=ts, text="b")
        await web.chat_delete(channel=OPS, ts=ts)
        await slack.settles()
    posted, changed, deleted = sorted(diary.events, key=lambda event: str(event["event_ts"]))
    assert (posted["bot_id"], posted["metadata"]) == (slack.team.bot_id, card)
    assert (changed["subtype"], changed["message"]["text"]) == ("message_changed", "b")
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)


async def test_the_bot_hears_nothing_where_it_is_not(slack: FakeSlack) -> None:
    await slack.removes_bot(OPS)
    await slack.mentions(ANA, OPS, "anybody?")
    assert slack.deliveries.log == []


async def test_an_event_that_nobody_took_comes_again_on_the_next_connection(
    slack: FakeSlack,
) -> None:
    diary = Diary(slack)
    await slack.writes(ANA, OPS, "before")
    [delivery] = slack.deliveries.log
    assert not delivery.acked
    async with connected(slack, diary.app):
        await until(lambda: bool(diary.events))
    assert diary.events[0]["text"] == "before"
    assert diary.bodies[0]["event_id"] == delivery.payload["event_id"]
    assert diary.retries() == ["1"]


async def test_an_app_comes_back_when_it_is_sent_away(slack: FakeSlack) -> None:
    diary = Diary(slack)
    async with connected(slack, diary.app):
        [old] = slack.sockets.connections
        await slack.disconnects("refresh_requested")
        await until(lambda: slack.sockets.connections not in ([], [old]))
        await until(lambda: old not in slack.sockets.connections)
        await slack.writes(ANA, OPS, "after")
    assert [event["text"] for event in diary.events] == ["after"]
    assert len(slack.calls_of("apps.connections.open")) == 2


async def test_an_address_for_a_socket_is_good_for_one(slack: FakeSlack) -> None:
    web, opened = client(slack, slack.app_token), []
    async with aiohttp.ClientSession() as session:
        for expected in [*["hello"] * 10, "disconnect"]:
            url = (await web.apps_connections_open(app_token=slack.app_token))["url"]
            socket = await session.ws_connect(url)
            opened.append(socket)
            frame = await socket.receive_json()
            assert frame["type"] == expected
        assert frame["reason"] == "too_many_websockets"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_payloads_go_to_any_connection(slack: FakeSlack) -> None:
    one, other = Diary(slack), Diary(slack)
    async with connected(slack, one.app), connected(slack, other.app):
        for number in range(4):
            await slack.writes(ANA, OPS, str(number))
    assert len(one.events) == len(other.events) == 2


async def test_nobody_acknowledges_what_bolt_does_not_know(slack: FakeSlack) -> None:
    slack.patience = SOON
    async with connected(slack, Diary(slack).app):
        answer = await slack.types_command(ANA, OPS, "/walk")
    assert (answer.acked, answer.error) == (False, "operation_timeout")


async def test_retries_by_http_come_at_once_then_after_a_minute_then_after_five(
    slack: FakeSlack, clock: FakeClock
) -> None:
    slack.deliver_over_http("http://127.0.0.1:9/")
    await slack.writes(ANA, OPS, "hello")
    [delivery] = slack.deliveries.log
    for wait, tries in ((0, 2), (59, 2), (1, 3), (299, 3), (1, 4), (3600, 4)):
        clock.advance(timedelta(seconds=wait))
        await slack.redeliver()
        assert len(delivery.answers) == tries


async def test_a_retry_says_that_it_is_one(slack: FakeSlack) -> None:
    diary = Diary(slack)
    async with listening(slack, diary.app):
        await slack.writes(ANA, OPS, "hello")
        await slack.redeliver(*slack.deliveries.log)
        await slack.settles()
        await until(lambda: len(diary.events) == 2)
    assert diary.bodies[0]["event_id"] == diary.bodies[1]["event_id"]
    assert diary.headers[1]["x-slack-retry-num"] == ["1"]


async def test_deliveries_can_be_turned_round_and_doubled(slack: FakeSlack) -> None:
    diary = Diary(slack)
    async with connected(slack, diary.app):
        with slack.holding() as held:
            await slack.writes(ANA, OPS, "one")
            await slack.writes(ANA, OPS, "two")
        assert diary.events == []
        await slack.redeliver(held[1], held[0], held[1])
        await until(lambda: len(diary.events) == 3)
    assert [event["text"] for event in diary.events] == ["two", "one", "two"]


async def test_a_connection_that_breaks_loses_nothing(slack: FakeSlack) -> None:
    diary = Diary(slack)
    async with connected(slack, diary.app):
        slack.drops_connections()
        await slack.writes(ANA, OPS, "in the gap")
    async with connected(slack, diary.app):
        await until(lambda: bool(diary.events))
    assert {event["text"] for event in diary.events} == {"in the gap"}


async def test_an_uninstalled_app_is_told_and_its_tokens_are_dead(slack: FakeSlack) -> None:
    diary = Diary(slack)
    async with connected(slack, diary.app):
        await client(slack).auth_test()
        await slack.writes(ANA, OPS, "hello")
        await slack.uninstalls()
    kinds = [event["type"] for event in diary.events]
    assert kinds[0] == "message"
    assert [one.event["type"] for one in slack.deliveries.log[1:]] == [
        "tokens_revoked", "app_uninstalled",
    ]  # fmt: skip
    with pytest.raises(Exception, match="account_inactive"):
        await client(slack).auth_test()


async def test_a_revoked_token_is_dead(slack: FakeSlack) -> None:
    diary = Diary(slack)
    async with connected(slack, diary.app):
        await client(slack).auth_test()
        await slack.writes(ANA, OPS, "hello")
        await slack.revokes_tokens()
    with pytest.raises(Exception, match="token_revoked"):
        await client(slack).auth_test()
    assert slack.deliveries.log[-1].event["tokens"] == {"oauth": [], "bot": [slack.bot_user_id]}


async def test_channels_are_archived_and_the_bot_comes_and_goes(slack: FakeSlack) -> None:
    slack.bot_events.update({"channel_archive", "member_joined_channel"})
    await slack.removes_bot(OPS)
    await slack.invites_bot(OPS)
    await slack.archives(OPS)
    with pytest.raises(Exception, match="is_archived"):
        await client(slack).chat_postMessage(channel=OPS, text="a")
    kinds = [delivery.event["type"] for delivery in slack.deliveries.log]
    assert kinds == ["member_joined_channel", "channel_archive"]


async def test_any_other_event_can_happen_too(slack: FakeSlack) -> None:
    await slack.happens({"type": "app_context_changed", "user": ANA})
    await slack.happens({"type": "team_join", "user": ANA})
    assert [one.event["type"] for one in slack.deliveries.log] == ["app_context_changed"]


async def test_the_way_can_change(slack: FakeSlack) -> None:
    diary = Diary(slack)
    async with connected(slack, diary.app), listening(slack, diary.app):
        by_http = await slack.types_command(ANA, OPS, "/run")
        slack.deliver_over_socket()
        by_socket = await slack.types_command(ANA, OPS, "/run")
    assert (by_http.status, by_socket.status) == (200, None)
    assert by_socket.acked


async def test_edits_by_people_are_told(slack: FakeSlack) -> None:
    said = await slack.writes(ANA, OPS, "teh")
    await slack.edits(OPS, said.ts, "the")
    changed = slack.deliveries.log[-1].event
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("teh", "the")
    assert "bot_id" not in changed["message"]
