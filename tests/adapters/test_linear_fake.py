"""The stand-in keeps Linear's own rules."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, GraphQLUnionType

from tests.fakes.clock import FakeClock
from tests.fakes.linear.content import check_activity, check_plan
from tests.fakes.linear.door import Door, open_door
from tests.fakes.linear.hooks import RETRIES, Delivery, sign
from tests.fakes.linear.schema import linear_schema
from tests.fakes.linear.tokens import REDIRECT
from tests.fakes.linear.world import Session

ACT = """
mutation Act($input: AgentActivityCreateInput!) {
  agentActivityCreate(input: $input) { success }
}
"""


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with open_door() as opened:
        yield opened


class Listener:
    """An address that webhooks are sent to; `answers` are given in turn, then 200."""

    def __init__(self, door: Door) -> None:
        self.heard: list[httpx.Request] = []
        self.answers: list[int] = []
        self.slow = timedelta()
        self._clock: FakeClock = door.clock
        transport = httpx.MockTransport(self._hear)
        door.linear.hooks.connect(httpx.AsyncClient(transport=transport), "http://bot.test/hook")

    def _hear(self, request: httpx.Request) -> httpx.Response:
        self.heard.append(request)
        self._clock.advance(self.slow)
        return httpx.Response(self.answers.pop(0) if self.answers else 200)


def mentioned(door: Door) -> Session:
    return door.linear.people.mentions_app(door.linear.world.add_issue("Fix rounding"))


async def says(door: Door, session: Session, kind: str, **more: Any) -> None:
    content: dict[str, Any] = {"type": kind, "body": "words"}
    if kind == "action":
        content = {"type": kind, "action": "Phase", "parameter": "plan"}
    wanted = {"agentSessionId": session.id, "content": content, **more}
    await door.transport().ask(ACT, input=wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        {"content": "words"},
        {"content": {"type": "prompt", "body": "x"}},
        {"content": {"type": "thought"}},
        {"content": {"type": "thought", "body": ""}},
        {"content": {"type": "thought", "body": 3}},
        {"content": {"type": "thought", "body": "x", "parameter": "y"}},
        {"content": {"type": "action", "action": "x"}},
        {"content": {"type": "response", "body": "x"}, "ephemeral": True},
        {"content": {"type": "thought", "body": "x"}, "signal": "select"},
        {"content": {"type": "elicitation", "body": "x"}, "signal": "stop"},
        {"content": {"type": "elicitation", "body": "x"}, "signalMetadata": {}},
        {
            "content": {"type": "elicitation", "body": "x"},
            "signal": "select",
            "signalMetadata": {"options": [{"label": "no value"}]},
        },
        {"content": {"type": "elicitation", "body": "x"}, "signal": "auth"},
    ],
)
def test_activities_of_a_wrong_shape_are_refused(wanted: Mapping[str, Any]) -> None:
    with pytest.raises(Exception, match=r"."):
        check_activity(wanted)


def test_a_plan_is_a_list_of_steps() -> None:
    check_plan([{"content": "Plan", "status": "inProgress"}])
    wrongs: list[Any] = [{}, [{"content": "Plan"}], [{"content": "Plan", "status": "done"}]]
    for wrong in wrongs:
        with pytest.raises(Exception, match="plan must be"):
            check_plan(wrong)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("thought", "active"),
        ("action", "active"),
        ("elicitation", "awaitingInput"),
        ("response", "complete"),
        ("error", "error"),
    ],
)
async def test_the_status_follows_the_last_activity(door: Door, kind: str, status: str) -> None:
    session = mentioned(door)
    assert door.linear.world.status(session) == "pending"
    await says(door, session, kind)
    assert door.linear.world.status(session) == status


async def test_only_three_kinds_are_mirrored_as_comments(door: Door) -> None:
    session = mentioned(door)
    for kind in ("thought", "action", "elicitation", "response", "error"):
        await says(door, session, kind)
    mirrored = [c for c in door.linear.world.comments.values() if c.session and c.user.app]
    assert len(mirrored) == 3
    assert all(comment.parent == session.root for comment in mirrored)


async def test_what_is_ephemeral_goes_with_the_next_activity(door: Door) -> None:
    session = mentioned(door)
    await says(door, session, "thought", ephemeral=True)
    await says(door, session, "action")
    assert [activity.content["type"] for activity in session.activities] == ["action"]


async def test_ten_seconds_and_half_an_hour(door: Door) -> None:
    session = mentioned(door)
    door.clock.advance(timedelta(seconds=10))
    assert not door.linear.world.unresponsive(session)
    door.clock.advance(timedelta(seconds=1))
    assert door.linear.world.unresponsive(session)
    await says(door, session, "thought")
    door.clock.advance(timedelta(minutes=31))
    assert door.linear.world.status(session) == "stale"
    await says(door, session, "thought")
    assert door.linear.world.status(session) == "active"


async def test_an_api_delegation_opens_no_session(door: Door) -> None:
    issue = door.linear.world.add_issue("Fix rounding")
    await door.client().update_issue(issue.id, delegateId=door.linear.world.app.id)
    assert issue.delegate is door.linear.world.app
    assert door.linear.world.sessions == {}
    assert [delivery.event for delivery in door.linear.hooks.queue] == ["Issue"]


async def test_a_delegation_opens_none_while_another_session_waits(door: Door) -> None:
    session = mentioned(door)
    await says(door, session, "elicitation")
    assert door.linear.people.delegates(session.issue) is None
    await says(door, session, "response")
    assert door.linear.people.delegates(session.issue) is not None


async def test_links_are_added_and_the_plan_is_replaced(door: Door) -> None:
    session = mentioned(door)
    client = door.client()
    for name in ("one", "two"):
        await client.update_session(
            session.id,
            plan=[{"content": name, "status": "pending"}],
            links={f"https://{name}.test": name},
        )
    assert list(session.links) == ["https://one.test", "https://two.test"]
    assert session.plan == [{"content": "two", "status": "pending"}]


async def test_attachments_are_unique_by_address(door: Door) -> None:
    issue = door.linear.world.add_issue("Fix rounding")
    for title in ("one", "two"):
        await door.client().link(issue.identifier, url="https://x.test", title=title)
    (attachment,) = door.linear.world.attachments.values()
    assert attachment.title == "two"


async def test_our_own_changes_echo_with_the_app_as_actor(door: Door) -> None:
    issue = door.linear.world.add_issue("Fix rounding")
    await door.client().comment(issue.id, "Hello", made="8c5b0b6e-63b4-4f0a-9a39-2f7d1f6b1c11")
    (delivery,) = door.linear.hooks.queue
    assert (delivery.event, delivery.payload["actor"]["id"]) == (
        "Comment",
        door.linear.world.app.id,
    )


async def test_webhooks_are_signed_and_timed(door: Door) -> None:
    listener = Listener(door)
    mentioned(door)
    await door.linear.hooks.deliver()
    comment, session = listener.heard
    assert (comment.headers["Linear-Event"], session.headers["Linear-Event"]) == (
        "Comment",
        "AgentSessionEvent",
    )
    assert session.headers["Linear-Signature"] == sign(door.linear.hooks.secret, session.content)


async def test_webhooks_are_tried_again_and_then_disabled(door: Door) -> None:
    listener = Listener(door)
    listener.answers = [500] * 4
    delivery = door.linear.hooks.emit("Issue", {})
    await door.linear.hooks.deliver()
    for wait in RETRIES:
        await door.linear.hooks.retry()
        door.clock.advance(wait)
        await door.linear.hooks.retry()
    assert delivery.answers == [500] * 4
    assert not door.linear.hooks.enabled
    assert len({request.headers["Linear-Delivery"] for request in listener.heard}) == 1


async def test_an_answer_after_five_seconds_is_none(door: Door) -> None:
    listener = Listener(door)
    listener.slow = timedelta(seconds=6)
    delivery = door.linear.hooks.emit("Issue", {})
    await door.linear.hooks.deliver()
    assert delivery.answers == [0]
    listener.slow = timedelta()
    door.clock.advance(RETRIES[0])
    await door.linear.hooks.retry()
    assert delivery.answers == [0, 200]
    assert delivery.due_at is None


async def test_webhooks_may_come_backwards(door: Door) -> None:
    listener = Listener(door)
    mentioned(door)
    await door.linear.hooks.deliver(backwards=True)
    assert listener.heard[0].headers["Linear-Event"] == "AgentSessionEvent"


@pytest.mark.parametrize(
    ("wrong", "answer"),
    [
        ({"client_id": "another"}, (400, "invalid client_id")),
        ({"redirect_uri": "https://evil.test/"}, (400, "invalid redirect_uri")),
        ({"response_type": "token"}, (400, "invalid request")),
        ({"actor": "robot"}, (400, "invalid request")),
        ({"scope": "read,admin"}, (302, f"{REDIRECT}?state=s&error=invalid_scope")),
    ],
)
async def test_its_page_takes_only_what_fits(
    door: Door, wrong: Mapping[str, str], answer: tuple[int, str]
) -> None:
    assert door.linear.tokens.authorize({**asked(door), **wrong}) == answer


async def test_a_code_counts_once_for_a_while_and_one_address(door: Door) -> None:
    tokens = door.linear.tokens
    app = {"client_id": tokens.client, "client_secret": tokens.client_secret}

    def trades(**changed: str) -> int:
        code = tokens.authorize(asked(door))[1].partition("code=")[2]
        if "later" in changed:
            door.clock.advance(timedelta(minutes=11))
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
        first = tokens.grant({**form, **app, **changed})[0]
        assert tokens.grant({**form, **app})[0] == 400
        return first

    assert trades() == 200
    assert trades(redirect_uri="https://evil.test/") == 400
    assert trades(later="yes") == 400
    assert tokens.grant({**app, "client_secret": "guessed"})[0] == 401


def asked(door: Door) -> Mapping[str, str]:
    """What a browser brings to the page where an admin agrees."""
    return {
        "client_id": door.linear.tokens.client,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "read,write",
        "state": "s",
        "actor": "app",
    }


def test_payloads_have_the_fields_of_the_schema() -> None:
    schema = linear_schema()

    def check(value: Any, kind: Any, where: str) -> None:
        needed = isinstance(kind, GraphQLNonNull)
        kind = kind.of_type if needed else kind
        assert value is not None or not needed, where
        if value is None or isinstance(kind, GraphQLUnionType):
            return
        if isinstance(kind, GraphQLList):
            for each in value:
                check(each, kind.of_type, where)
        elif isinstance(kind, GraphQLObjectType):
            assert set(value) <= set(kind.fields), (where, set(value) - set(kind.fields))
            for name, part in kind.fields.items():
                check(value.get(name), part.type, f"{where}.{name}")

    for delivery, name in _everything_that_is_sent():
        sent = {**delivery.payload, "webhookTimestamp": 1.0}
        check(sent, schema.get_type(name), name)
        data = {"Issue": "IssueWebhookPayload", "Comment": "CommentWebhookPayload"}
        if delivery.event in data:
            check(sent["data"], schema.get_type(data[delivery.event]), delivery.event)


def _everything_that_is_sent() -> list[tuple[Delivery, str]]:
    from tests.fakes.linear.server import FakeLinear  # noqa: PLC0415

    linear = FakeLinear(FakeClock())
    issue = linear.world.add_issue("Fix rounding", labels=["bug"])
    session = linear.people.mentions_app(issue)
    linear.people.replies(session, "yes")
    linear.people.assigns(issue, "ben")
    linear.people.automation_delegates(issue)
    linear.people.removes_team("OPS")
    linear.people.revokes_app()
    names = {
        "AgentSessionEvent": "AgentSessionEventWebhookPayload",
        "PermissionChange": "AppUserTeamAccessChangedWebhookPayload",
        "OAuthApp": "OAuthAppWebhookPayload",
    }
    return [
        (delivery, names.get(delivery.event, "EntityWebhookPayload"))
        for delivery in linear.hooks.queue
    ]
