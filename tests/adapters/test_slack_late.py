"""What was acknowledged before the bot ended: done after its start, and answered once."""

import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.slack.people import WORKFLOW
from bot.domain.actor import person
from bot.domain.conversation import Conversation
from tests.fakes.slack_stage import CHANNEL, SlackStage, slack_stage


@pytest.fixture
async def world(tmp_path: Path, blank: Path) -> AsyncIterator[SlackStage]:
    async with slack_stage(f"sqlite:///{shutil.copy(blank, tmp_path)}", "http") as opened:
        yield opened


async def accepts(world: SlackStage, text: str, *, user: str = "UDEV", channel: str = "") -> None:
    """What is left of a request that was acknowledged by a bot that ended."""
    place = Conversation(surface="slack", tenant="T0001", channel=channel or CHANNEL)
    await world.stage.dispatcher.accept(
        key=f"slack:T0001:{text}", actor=person(user, "slack"), conversation=place, text=text
    )


async def test_the_answer_is_given_after_the_start_and_once(world: SlackStage) -> None:
    await accepts(world, "dispatch hello")
    await world.stage.dispatcher.resume()
    await world.told("R-1 is queued")
    await world.stage.dispatcher.resume()
    await world.goes_on()
    assert len(world.slack.ephemerals(CHANNEL, "UDEV")) == 1


async def test_what_cannot_be_done_yet_is_answered_once_it_is(world: SlackStage) -> None:
    await accepts(world, "dispatch hello")
    world.slack.fails("users.info", error="internal_error")
    await world.stage.dispatcher.resume()
    assert world.slack.ephemerals(CHANNEL, "UDEV") == []
    await world.stage.dispatcher.resume()
    await world.told("R-1 is queued")


async def test_what_is_half_an_hour_old_is_done_and_not_answered(world: SlackStage) -> None:
    await accepts(world, "dispatch hello")
    world.stage.clock.advance(timedelta(minutes=30))
    await world.stage.dispatcher.resume()
    await world.sees("R-1")
    assert world.slack.ephemerals(CHANNEL, "UDEV") == []


async def test_a_workflow_is_told_by_its_step_alone(world: SlackStage) -> None:
    await accepts(world, "dispatch hello", user=WORKFLOW)
    await world.stage.dispatcher.resume()
    await world.sees("R-1")
    assert world.slack.world.unseen == []


async def test_a_place_that_the_bot_cannot_speak_in_is_answered_directly(
    world: SlackStage,
) -> None:
    await accepts(world, "dispatch hello", channel="D9BETWEEN")
    await world.stage.dispatcher.resume()
    await world.sees("R-1 is queued", channel=world.slack.dm("UDEV"))


async def test_an_export_is_uploaded_to_whoever_asked(world: SlackStage) -> None:
    await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello")
    await world.told("R-1")
    await world.slack.types_command("UDEV", CHANNEL, "/run", "export R-1")
    await world.told("SHA-256")
    dm = world.slack.dm("UDEV")
    await world.until(lambda: [each for each in world.slack.messages(dm) if each.files])
    (file,) = world.slack.world.files.values()
    assert (file.channel, file.filename[-5:]) == (dm, ".json")
    assert b"signalbox/export" in (file.content or b"")
