"""What goes wrong between Slack and the bot: forged, repeated, reordered, cut off, killed."""

import asyncio
import json
import re
import shutil
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.domain.errors import UserError
from bot.domain.policy import Role
from bot.wiring import running
from tests.fakes.slack.fake import fake_slack
from tests.fakes.slack_stage import (
    CHANNEL,
    SlackStage,
    settings_for,
    slack_open,
    slack_rules,
    slack_stage,
    text_of,
)
from tests.fakes.stage import Runner, stage

WAYS = ("socket", "http")


@pytest.fixture
def file(tmp_path: Path, blank: Path) -> str:
    return f"sqlite:///{shutil.copy(blank, tmp_path)}"


@pytest.fixture(params=WAYS)
async def world(request: pytest.FixtureRequest, file: str) -> AsyncIterator[SlackStage]:
    async with slack_stage(file, request.param) as opened:
        yield opened


@pytest.fixture
async def http(file: str) -> AsyncIterator[SlackStage]:
    async with slack_stage(file, "http") as opened:
        yield opened


async def runs(world: SlackStage) -> int:
    return len(await world.stage.store.read(lambda tx: tx.runs.page(after=0, limit=100)))


async def test_what_is_not_signed_by_slack_is_refused(http: SlackStage) -> None:
    body = b"command=%2Frun&text=list&user_id=UDEV&channel_id=C1&trigger_id=1&team_id=T0001"
    kind = "application/x-www-form-urlencoded"
    good = http.slack.http.headers(body, kind)
    forged = {**good, "X-Slack-Signature": "v0=" + "0" * 64}
    old = {**good, "X-Slack-Request-Timestamp": "1531420618"}
    for headers in (forged, old, {"Content-Type": kind}):
        assert (await http.slack.http.post(body, headers)).status == 401
    assert (await http.slack.http.post(body + b"&x=1", good)).status == 401
    assert await runs(http) == 0


async def test_the_address_is_verified_and_nonsense_is_no_bug(http: SlackStage) -> None:
    assert (await http.slack.verifies_address()).body == {"challenge": "3eZbrw1aB"}
    for body in (b"", b"\xff\xfe", b"payload=%7B", b"[]"):
        headers = http.slack.http.headers(body, "application/json")
        assert (await http.slack.http.post(body, headers)).status in {400, 401, 404}


async def test_a_delivery_that_comes_again_and_late_counts_once(world: SlackStage) -> None:
    with world.slack.holding() as held:
        await world.slack.mentions("UDEV", CHANNEL, "dispatch hello name=one")
        await world.slack.mentions("UDEV", CHANNEL, "dispatch hello name=two")
    for delivery in (*reversed(held), *held):
        await world.slack.redeliver(delivery)
    await world.sees("R-2")
    await world.goes_on()
    assert await runs(world) == 2


async def test_connections_that_are_cut_lose_nothing(file: str) -> None:
    async with slack_stage(file, "socket") as world:
        await world.slack.disconnects()
        await world.until(lambda: len(world.slack.sockets.connections) > 1)
        await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello")
        await world.told("R-1")
        world.slack.drops_connections()
        await world.slack.mentions("UDEV", CHANNEL, "dispatch hello")
        await world.until(lambda: len(world.slack.sockets.connections) > 1)
        await world.slack.redeliver(anyway=True)
        await world.sees("R-2")


@pytest.mark.parametrize("way", WAYS)
async def test_what_was_acknowledged_before_a_crash_is_done_after_it(file: str, way: str) -> None:
    async with stage(file, rules_=slack_rules()) as theatre, fake_slack(theatre.clock) as slack:
        slack.add_user("UDEV", name="developer")
        slack.add_channel(CHANNEL, members=["UDEV"])
        settings = settings_for(slack, way)
        async with slack_open(theatre, slack, settings) as before:
            slack.goes_down()  # who somebody is cannot be asked, so that nothing is done
            if way == "http":
                await before.slack.mentions("UDEV", CHANNEL, "dispatch hello")
        slack.recovers()
        async with slack_open(theatre, slack, settings) as after:
            await slack.redeliver(anyway=True)
            await theatre.dispatcher.resume()
            if way == "socket":
                await slack.mentions("UDEV", CHANNEL, "dispatch hello")
            await after.sees("R-1")
            await after.goes_on()
            assert await runs(after) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"is_restricted": True}, "Guests"),
        ({"deleted": True}, "deactivated"),
        ({"is_bot": True}, "Bots"),
        ({"team_id": "T9"}, "another organisation"),
    ],
)
async def test_whom_slack_restricts_may_do_nothing_though_linked(
    world: SlackStage, change: dict[str, Any], words: str
) -> None:
    user = world.slack.world.users["UDEV"]
    world.slack.world.users["UDEV"] = replace(user, **change)
    await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello")
    await world.until(
        lambda: [m for m in world.slack.world.unseen if words in text_of(m)], what=words
    )
    assert await runs(world) == 0


async def test_who_becomes_a_guest_loses_all_rights_within_minutes(world: SlackStage) -> None:
    await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello")
    await world.told("R-1")
    world.slack.world.users["UDEV"].is_restricted = True
    world.stage.clock.advance(timedelta(minutes=6))
    await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello")
    await world.told("Guests")


async def opens_form(world: SlackStage, form: dict[str, Any]) -> Runner:
    """A program asks, and the developer opens the form of its answer."""
    await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello")
    await world.told("R-1")
    runner = await (await world.stage.claims()).starts()
    await runner.reports("question", name="ask", form=form)
    card = await world.sees("Answer…")
    await world.slack.presses("UDEV", CHANNEL, card.ts, "Answer…")
    await world.until(lambda: world.slack.views.get("UDEV"))
    return runner


async def test_a_secret_answer_is_never_stored_nor_said(world: SlackStage, file: str) -> None:
    form = {"prompt": "Token?", "fields": [{"name": "token", "label": "Token", "type": "secret"}]}
    await opens_form(world, form)
    await world.slack.submits("UDEV", {"Token": "hunter2-hunter2"})
    await world.sees("••••")
    said = [text_of(each) for each in (*world.slack.messages(CHANNEL), *world.slack.world.unseen)]
    assert not any("hunter2" in text for text in said)
    with sqlite3.connect(file.removeprefix("sqlite:///")) as database:
        assert not any("hunter2" in line for line in database.iterdump())
    database.close()


async def test_an_answer_that_is_wrong_is_said_beside_its_field(world: SlackStage) -> None:
    form = {"prompt": "How many?", "fields": [{"name": "n", "label": "N", "pattern": "[a-z]+"}]}
    runner = await opens_form(world, form)
    answer = await world.slack.submits("UDEV", {"N": "7"})
    assert "does not have the form" in json.dumps(answer.body["errors"])
    await world.slack.submits("UDEV", {"N": "seven"})
    await world.until(lambda: not world.slack.views.get("UDEV"))
    (order,) = await runner.orders()
    assert order.data["answers"] == {"n": "seven"}


async def test_slacks_own_stop_is_a_stop_like_any_other(world: SlackStage) -> None:
    await world.slack.direct_message("UDEV", "dispatch hello")
    channel = world.slack.dm("UDEV")
    card = await world.sees_first("R-1 Say hello", channel=channel)
    runner = await (await world.stage.claims()).starts()
    await world.until(lambda: world.slack.sessions)
    await world.slack.presses_stop("UDEV", channel, card.ts)
    await world.until(lambda: world.slack.sessions[(channel, card.ts)].status == "active")
    await world.sees("Stopping", channel=channel)
    assert [order.kind.value for order in await runner.orders()] == ["stop"]


async def test_a_home_and_what_to_say_are_shown_when_they_are_opened(world: SlackStage) -> None:
    await world.slack.opens_home("UDEV")
    await world.until(lambda: "UDEV" in world.slack.world.homes)
    await world.slack.uses("UDEV", world.slack.home("UDEV"), "new_run")
    await world.until(lambda: world.slack.views.get("UDEV"))
    await world.slack.opens_home("UDEV", "messages")
    await world.until(lambda: world.slack.prompts)


async def test_a_token_that_slack_does_not_take_ends_the_start(file: str) -> None:
    async with stage(file, rules_=slack_rules()) as theatre, fake_slack(theatre.clock) as slack:
        settings = replace(settings_for(slack, "http"), slack_bot_token="xoxb-wrong")
        with pytest.raises(UserError, match="SIGNALBOX_SLACK_BOT_TOKEN"):
            async with slack_open(theatre, slack, settings):
                pass


async def test_a_start_survives_a_slack_that_is_out_of_reach(file: str) -> None:
    async with stage(file, rules_=slack_rules()) as theatre, fake_slack(theatre.clock) as slack:
        slack.add_user("UDEV", name="developer")
        slack.add_channel(CHANNEL, members=["UDEV"])
        slack.loses_request("auth.test", times=2)
        async with slack_open(theatre, slack, settings_for(slack, "http")) as world:
            await world.until(lambda: len(slack.calls_of("auth.test")) > 0)
            await slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello")
            await world.told("R-1")


async def test_workspaces_install_the_bot_and_take_it_out(file: str) -> None:
    async with stage(file, rules_=slack_rules()) as theatre, fake_slack(theatre.clock) as slack:
        slack.add_user("UDEV", name="developer")
        slack.add_channel(CHANNEL, members=["UDEV"])
        settings = replace(
            settings_for(slack, "http"),
            slack_bot_token="",
            public_url="https://bot.example.com",
            slack_client_id=slack.world.client_id,
            slack_client_secret=slack.world.client_secret,
        )
        async with slack_open(theatre, slack, settings) as world:
            assert not (await slack.types_command("UDEV", CHANNEL, "/run", "list")).body
            assert await runs(world) == 0
            pages = await install(world)
            assert pages == [200, 200, 401]
            kept = await theatre.store.read(lambda tx: tx.installations.all())
            assert [each.tenant for each in kept] == ["T0001"]
            assert "xoxb" not in kept[0].sealed
            await slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello")
            await world.told("R-1")
            theatre.clock.advance(timedelta(minutes=1))
            await slack.uninstalls()
            assert await theatre.store.read(lambda tx: tx.installations.all()) == ()
            await world.goes_on()


async def install(world: SlackStage) -> list[int]:
    """Walk through the install as a browser does; the last page repeats the one before."""
    base = world.slack.http._url.removesuffix("/slack/events")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
        first = await browser.get(f"{base}/slack/install")
        cookie = first.headers["Set-Cookie"].partition(";")[0]
        page = await first.text()
        link = re.findall(r'href="(http[^"]+)"', page)[0].replace("&amp;", "&")
        asked = await browser.get(link, allow_redirects=False)
        back = asked.headers["Location"]
        target = f"{base}/slack/oauth_redirect?{back.partition('?')[2]}"
        done = await browser.get(target, headers={"Cookie": cookie})
        again = await browser.get(target, headers={"Cookie": cookie})
        return [first.status, done.status, again.status]


async def test_a_user_group_gives_its_role_to_people_who_are_known(world: SlackStage) -> None:
    world.slack.bot_events.add("subteam_updated")
    world.slack.add_usergroup("S1", "reviewers", ["UVIEW", "UNEW"])
    rules = world.stage.rules
    grouped = replace(rules.policy, groups={"slack/T0001/S1": Role.OPERATOR})
    world.stage.rules = replace(rules, policy=grouped)
    await world.slack.happens({"type": "subteam_updated", "subteam": {"id": "S1"}})
    await world.until(lambda: world.stage.rules.policy.people["viewer"] is Role.OPERATOR)
    assert "slack/T0001/UNEW" not in world.stage.rules.policy.people
    await world.slack.types_command("UVIEW", CHANNEL, "/run", "dispatch hello")
    await world.told("R-1", user="UVIEW")


async def test_an_app_token_that_slack_does_not_take_ends_the_bot_in_one_sentence(
    tmp_path: Path,
) -> None:
    (tmp_path / "blueprints").mkdir()
    (tmp_path / "policy.yaml").write_text("schema: signalbox/policy/v1\npeople: {ana: admin}\n")
    async with fake_slack() as slack:
        settings = replace(
            settings_for(slack, "socket"),
            data_dir=tmp_path,
            port=0,
            slots=0,
            slack_app_token="xapp-wrong",
        )
        with pytest.raises(UserError, match="SIGNALBOX_SLACK_APP_TOKEN"):
            async with running(settings):
                await asyncio.sleep(30)
