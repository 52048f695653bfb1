"""Every way to ask for a run, over both ways in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.adapters.slack_world import CHANNEL, STRANGER, SlackWorld, slack_world


@pytest.fixture(params=["socket", "http"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SlackWorld]:
    async with slack_world(tmp_path / "data", request.param) as world, world.bot_runs() as bot:
        world.bot = bot
        yield world


async def test_a_command_is_acknowledged_then_done_and_told(world: SlackWorld) -> None:
    answer = await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello name=Ana")
    assert answer.acked
    await world.hears("R-1")
    await world.sees("Succeeded")


async def test_a_bare_command_opens_the_form(world: SlackWorld) -> None:
    await world.slack.types_command("UDEV", CHANNEL, "/run", "")
    await world.until(lambda: world.slack.views.get("UDEV"))
    view = world.slack.top_view("UDEV")
    assert [
        option["value"] for option in await world.slack.suggests("UDEV", "choose:blueprint")
    ] == ["hello"]
    await world.slack.uses("UDEV", view, "choose:blueprint", "hello")
    await world.until(lambda: "times" in str(world.slack.top_view("UDEV").blocks))


async def test_a_mention_is_marked_seen_and_then_done(world: SlackWorld) -> None:
    message = await world.slack.mentions("UDEV", CHANNEL, "dispatch hello")
    await world.sees("Succeeded")
    await world.shows(message, "white_check_mark")


async def test_a_direct_message_is_a_request(world: SlackWorld) -> None:
    message = await world.slack.direct_message("UDEV", "hi there")
    await world.sees("There is no command", channel=message.channel)
    await world.shows(message, "x")
    await world.slack.direct_message("UDEV", "dispatch hello")
    await world.sees("Succeeded", channel=message.channel)


async def test_a_stranger_is_told_privately_how_to_link(world: SlackWorld) -> None:
    await world.slack.types_command(STRANGER, CHANNEL, "/run", "dispatch hello")
    await world.hears("/run link", user=STRANGER)
    assert world.slack.messages(CHANNEL) == []


async def test_a_workflow_step_ends_with_its_run(world: SlackWorld) -> None:
    execution = await world.slack.runs_step("dispatch_run", {"job": "hello", "channel": CHANNEL})
    await world.until(lambda: execution.outputs)
    assert execution.outputs == {"run_id": "R-1", "status": "succeeded"}
