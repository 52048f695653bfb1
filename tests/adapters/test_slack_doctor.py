"""The doctor looks at Slack: the real client against a workspace, and a real Bolt app's door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from fastapi import APIRouter, Request, Response
from slack_bolt.adapter.fastapi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp

from adapters.slack.doctor.access import Access
from adapters.slack.doctor.places import Places
from adapters.slack.doctor.requests import SlackRequests
from adapters.slack.doctor.workspace import Connection, Workspace, compare_scopes
from adapters.slack.scopes import SCOPES
from adapters.system import RandomIds, SystemClock
from adapters.web.app import build_app
from adapters.web.server import serve
from bot.domain.errors import UnavailableError
from bot.ports.doctor import Check, Finding, Level
from tests.fakes.clock import FakeClock
from tests.fakes.slack.fake import FakeSlack, fake_slack

OK, WARNING, ERROR, NOT_SET_UP = Level
NEEDED = {scope.name for scope in SCOPES}


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with fake_slack() as workspace:
        yield workspace


def access_to(slack: FakeSlack, **given: str) -> Access:
    return Access(api_url=slack.api_url, bot_token=slack.bot_token, **given)


async def look(check: Check) -> dict[str, Finding]:
    return {finding.checked: finding for finding in await check()}


def levels(found: dict[str, Finding]) -> dict[str, Level]:
    return {checked: finding.level for checked, finding in found.items()}


async def workspace(access: Access) -> dict[str, Finding]:
    return await look(Workspace(access=access, clock=SystemClock()))


async def test_without_any_setting_it_is_not_set_up(slack: FakeSlack) -> None:
    nothing = Access(api_url=slack.api_url)
    assert levels(await workspace(nothing)) == {"app": NOT_SET_UP}
    assert await look(Connection(access=nothing)) == {}
    assert await look(Places(access=nothing, channels=["slack/T0001/C1"])) == {}
    assert slack.calls == []


async def test_a_whole_set_up_is_well(slack: FakeSlack) -> None:
    found = await workspace(access_to(slack))
    assert levels(found) == {"bot token": OK, "scopes": OK, "clock": OK}
    assert "of Acme (T0001)" in found["bot token"].found


async def test_every_missing_scope_is_told_with_what_it_breaks(slack: FakeSlack) -> None:
    for scope in SCOPES:
        slack.bot_scopes.clear()
        slack.bot_scopes.update(NEEDED - {scope.name})
        missing = (await workspace(access_to(slack)))["scopes"]
        assert missing.level is (ERROR if scope.vital else WARNING)
        assert missing.found == f"{scope.name} is missing: the bot cannot {scope.lets}."
        assert "signalbox manifest slack" in missing.remedy


def test_scopes_that_slack_does_not_tell_are_no_error() -> None:
    (unknown,) = compare_scopes("")
    assert unknown.level is WARNING
    assert len(compare_scopes("chat:write")) == len(SCOPES) - 1


@pytest.mark.parametrize(
    ("token", "words"), [("xoxb-none", "invalid_auth"), ("xapp-1-A0001", "is no bot's")]
)
async def test_a_token_that_is_none_is_told_and_not_shown(
    slack: FakeSlack, token: str, words: str
) -> None:
    access = replace(access_to(slack), bot_token=token)
    found = await workspace(access)
    assert levels(found) == {"bot token": ERROR}
    assert words in found["bot token"].found
    assert token not in str(found)
    assert token not in repr(access)


async def test_an_app_that_was_removed_is_to_be_installed_anew(slack: FakeSlack) -> None:
    slack.fails("auth.test", error="token_revoked")
    found = await workspace(access_to(slack))
    assert "Install the app anew" in found["bot token"].remedy


async def test_without_a_bot_token_there_is_oauth_or_nothing(slack: FakeSlack) -> None:
    app = Access(api_url=slack.api_url, app_token=slack.app_token)
    assert levels(await workspace(app)) == {"bot token": ERROR}
    by_oauth = replace(app, client_id="1.2", client_secret="secret")
    assert levels(await workspace(by_oauth)) == {"bot token": OK}


async def test_a_clock_that_is_wrong_is_told(slack: FakeSlack) -> None:
    found = await look(Workspace(access=access_to(slack), clock=FakeClock()))
    assert found["clock"].level is ERROR


@pytest.mark.parametrize(
    ("status", "retry_after"), [(500, None), (429, 30)], ids=["broken", "limited"]
)
async def test_a_slack_that_cannot_answer_is_unavailable(
    slack: FakeSlack, status: int, retry_after: int | None
) -> None:
    slack.fails("auth.test", status=status, retry_after=retry_after)
    with pytest.raises(UnavailableError, match=f"HTTP {status}"):
        await workspace(access_to(slack))


async def test_a_slack_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(UnavailableError, match="does not answer"):
        await workspace(Access(api_url="http://127.0.0.1:9/api/", bot_token="xoxb-1"))


async def test_what_answers_may_be_something_else() -> None:
    async def answer(_: web.Request) -> web.Response:
        await asyncio.sleep(0)
        return web.Response(text="no json", content_type="application/json")

    app = web.Application()
    app.router.add_post("/auth.test", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        with pytest.raises(UnavailableError, match="is not Slack"):
            await workspace(Access(api_url=f"http://{host}:{port}", bot_token="xoxb-1"))
    finally:
        await runner.cleanup()


async def test_slack_opens_a_connection_or_says_why_not(slack: FakeSlack) -> None:
    async def connection(token: str) -> Finding:
        return (await look(Connection(access=access_to(slack, app_token=token))))["socket mode"]

    assert (await connection(slack.app_token)).level is OK
    assert "xapp-" in (await connection("xapp-none")).remedy
    for reason, remedy in (("missing_scope", "connections:write"), ("forbidden", "Turn it on")):
        slack.fails("apps.connections.open", error=reason)
        refused = await connection(slack.app_token)
        assert (refused.level, remedy in refused.remedy) == (ERROR, True)


async def places(slack: FakeSlack, *channels: str, **given: str) -> list[Finding]:
    return [*await Places(access=access_to(slack, **given), channels=channels)()]


async def test_the_bot_must_be_in_every_channel_of_the_policy(slack: FakeSlack) -> None:
    slack.add_channel("C1", name="builds")
    slack.add_channel("C2", bot=False, name="ops")
    slack.add_channel("C3", archived=True, name="old")
    slack.add_channel("C4", is_private=True, bot=False, name="secret")
    names = ["slack/T0001/C1", "slack/T0001/C2", "slack/T0001/C3", "slack/T0001/C4"]
    others = ["slack/T9/C1", "console/local/console", "discord/1/2"]

    found = await places(slack, *names, *others)

    assert [finding.level for finding in found] == [OK, ERROR, ERROR, ERROR, ERROR]
    assert "#builds" in found[0].found
    assert "/invite" in found[1].remedy
    assert "is archived" in found[2].found
    assert "channel_not_found" in found[3].found
    assert "another workspace" in found[4].found


async def test_with_oauth_other_workspaces_are_not_looked_at(slack: FakeSlack) -> None:
    (other,) = await places(slack, "slack/T9/C1", client_id="1.2", client_secret="secret")
    assert other.level is NOT_SET_UP


async def test_the_channels_of_an_organisation_are_named_by_it() -> None:
    async with fake_slack() as slack:
        slack.add_team("T0002", "Beta", enterprise_id="E1")
        slack.add_channel("C7", team_id="T0002")
        access = replace(access_to(slack), bot_token="xoxb-T0002")
        found = await Places(access=access, channels=["slack/E1/C7", "slack/T0002/C7"])()
        assert [finding.level for finding in found] == [OK, OK]


async def test_a_token_that_is_none_is_told_once(slack: FakeSlack) -> None:
    slack.fails("auth.test", error="invalid_auth")
    assert await places(slack, "slack/T0001/C1") == []


async def test_user_groups_must_be_there(slack: FakeSlack) -> None:
    slack.add_usergroup("S1", "approvers", ["U1"])
    slack.add_usergroup("S2", "former", [])
    slack.world.usergroups["S2"]["date_delete"] = 1_700_000_000
    check = Places(
        access=access_to(slack), channels=(), groups={"T0001": ["S1", "S2", "S3"], "T9": ["S4"]}
    )
    found = await check()
    assert [finding.level for finding in found] == [OK, ERROR, ERROR]
    assert "@approvers" in found[0].found
    assert "disabled" in found[1].found
    slack.bot_scopes.discard("usergroups:read")
    (unread,) = await check()
    assert (unread.level, "missing_scope" in unread.found) == (ERROR, True)


@asynccontextmanager
async def bolt_door(secret: str, folder: Path) -> AsyncIterator[str]:
    """A bot whose door for Slack is a real Bolt app."""
    handler = AsyncSlackRequestHandler(AsyncApp(token="xoxb-1", signing_secret=secret))
    router = APIRouter()

    @router.post("/slack/events")
    async def take(request: Request) -> Response:
        return await handler.handle(request)

    async def ready() -> bool:
        await asyncio.sleep(0)
        return True

    app, closing = build_app([router], RandomIds(), ready=ready), asyncio.Event()
    async with serve(app, folder, host="127.0.0.1", port=0, closing=closing) as address:
        yield address


def door_check(address: str, *, public_url: str = "", secret: str = "s3cret") -> SlackRequests:
    return SlackRequests(
        access=Access(api_url="https://slack.com/api/", bot_token="xoxb-1", signing_secret=secret),
        public_url=public_url,
        bot_address=lambda: address,
        clock=SystemClock(),
    )


async def test_our_own_door_takes_what_is_signed_and_nothing_else(tmp_path: Path) -> None:
    async with bolt_door("s3cret", tmp_path) as address:
        well = await look(door_check(address, public_url=f"{address}/"))
        other = await look(door_check(address, secret="another"))
        late = await look(replace(door_check(address), clock=FakeClock()))
    assert levels(well) == {"requests": OK, "signatures": OK, "public address": OK}
    assert levels(other) == {"requests": ERROR, "public address": ERROR}
    assert "another secret" in other["requests"].found
    assert late["requests"].level is ERROR


@pytest.mark.parametrize(
    ("api_url", "level"),
    [("http://localhost:4003/api/", WARNING), ("https://slack.example/api/", ERROR)],
)
async def test_a_stand_in_on_this_machine_needs_no_public_address(
    api_url: str, level: Level
) -> None:
    check = door_check("")
    found = await look(replace(check, access=replace(check.access, api_url=api_url)))
    assert levels(found)["public address"] is level


async def test_a_bot_that_does_not_run_is_no_error(tmp_path: Path) -> None:
    async with bolt_door("s3cret", tmp_path) as address:
        pass
    gone = await look(door_check(address, public_url=address))
    assert levels(gone) == {"requests": NOT_SET_UP, "public address": WARNING}
    assert levels(await look(door_check("", public_url="nonsense://")))["requests"] is NOT_SET_UP


async def test_a_door_that_lets_everybody_in_is_an_error(tmp_path: Path) -> None:
    router = APIRouter()

    @router.post("/slack/events")
    async def take(request: Request) -> Response:
        return Response(await request.body())

    async def ready() -> bool:
        await asyncio.sleep(0)
        return True

    app, closing = build_app([router], RandomIds(), ready=ready), asyncio.Event()
    async with serve(app, tmp_path, host="127.0.0.1", port=0, closing=closing) as address:
        found = await look(door_check(address))
    assert levels(found)["requests"] is OK
    assert levels(found)["signatures"] is ERROR


async def test_a_bot_without_slack_has_no_such_door(tmp_path: Path) -> None:
    app, closing = build_app([], RandomIds(), ready=asyncio.Event().wait), asyncio.Event()
    async with serve(app, tmp_path, host="127.0.0.1", port=0, closing=closing) as address:
        found = await look(door_check(address))
    assert "signatures" not in found
    assert "started without Slack" in found["requests"].found


async def test_requests_come_by_socket_or_need_a_secret() -> None:
    nothing = Access(api_url="http://127.0.0.1:9/")
    check = door_check("")
    assert await look(replace(check, access=nothing)) == {}
    assert await look(replace(check, access=replace(nothing, app_token="xapp-1"))) == {}
    without = await look(replace(check, access=replace(nothing, bot_token="xoxb-1")))
    assert levels(without) == {"requests": ERROR}
