"""What Slack is told, and that it is told once, whatever breaks on the way."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from adapters.slack.outbound import SlackMessenger
from bot.domain.conversation import Conversation
from bot.domain.vocabulary import Mode
from bot.messages.message import Message
from tests.fakes.slack_delivery import TEAM, SlackStage, slack_stage
from tests.fakes.stage import PLAN


@pytest.fixture
async def world(database: str) -> AsyncIterator[SlackStage]:
    async with slack_stage(database, public_url="https://runs.example.com") as opened:
        yield opened


def words(world: SlackStage, channel: str = "C1") -> list[str]:
    return [said.text for said in world.said(channel)]


async def test_a_run_is_one_card_edited_in_place_with_gate_and_end_in_its_thread(
    world: SlackStage,
) -> None:
    await world.dispatches("fix-rounding")
    await world.tells()
    runner = await (await world.stage.claims()).starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await world.goes_on(5)
    card, gate = world.said()
    assert card.text == "R-1 Fix checkout rounding: Awaiting approval"
    assert card.metadata == {
        "event_type": "signalbox_posting",
        "event_payload": {"key": "posting:1", "run": "R-1"},
    }
    assert gate.thread_ts == card.ts
    assert gate.text == "R-1 waits for approval G-1: Carry out this plan?"
    assert "<@UREV>" in str(gate.blocks)
    assert "<@UDEV>" not in str(gate.blocks)
    sent = world.slack.calls_of("chat.postMessage")[0].arguments
    assert (sent["unfurl_links"], sent["unfurl_media"]) in {(False, False), ("0", "0"), (0, 0)}
    await world.stage.says("reviewer", "approve R-1")
    await runner.ends()
    await world.goes_on(5)
    card, gate, *notes = world.said()
    assert card.text == "R-1 Fix checkout rounding: Completed"
    assert "Approved" in str(gate.blocks)
    assert "actions" not in {block["type"] for block in gate.blocks}
    assert [note.thread_ts for note in notes] == [card.ts] * len(notes)


async def test_a_storm_of_limits_delays_and_loses_nothing(world: SlackStage) -> None:
    world.slack.fails("chat.postMessage", status=429, retry_after=2, times=5)
    world.slack.fails("chat.update", status=429, retry_after=3, times=3)
    await world.dispatches()
    runner = await (await world.stage.claims()).starts()
    await runner.ends()
    await world.goes_on(40)
    assert words(world) == ["R-1 Say hello: Succeeded", "R-1 Say hello: Succeeded"]
    assert len(world.slack.calls_of("chat.postMessage")) == 7
    assert world.slack.calls_of("conversations.history") == []


async def test_a_lost_answer_is_made_up_for_by_the_echo(world: SlackStage) -> None:
    world.hears_itself()
    world.slack.loses_answer("chat.postMessage")
    await world.dispatches()
    await world.tells()
    await world.goes_on(10)
    assert len(world.said()) == 1
    assert len(world.slack.calls_of("chat.postMessage")) == 1
    assert world.slack.calls_of("conversations.history") == []


async def test_without_an_echo_the_history_tells(world: SlackStage) -> None:
    world.slack.loses_answer("chat.postMessage", times=2)
    await world.dispatches()
    runner = await (await world.stage.claims()).starts()
    await runner.ends()
    await world.goes_on(15)
    card, end = world.said()
    assert end.thread_ts == card.ts
    assert len(world.slack.calls_of("chat.postMessage")) == 2
    assert len(world.slack.calls_of("conversations.replies")) == 1


async def test_a_lost_request_is_made_again(world: SlackStage) -> None:
    world.slack.loses_request("chat.postMessage")
    await world.dispatches()
    await world.goes_on(5)
    assert len(world.said()) == 1


class Dying(SlackMessenger):
    """A bot that is killed when Slack has the message and before the receipt is kept."""

    async def post(self, *given: Any, **named: Any) -> str:
        await super().post(*given, **named)
        raise asyncio.CancelledError


class DyingEarly(SlackMessenger):
    """A bot that is killed when it is about to post."""

    async def post(
        self,
        conversation: Conversation,
        message: Message,
        *,
        key: str,
        thread: str | None,
    ) -> str:
        del conversation, message, key, thread
        raise asyncio.CancelledError


@pytest.mark.parametrize("killed", [Dying, DyingEarly])
async def test_killed_around_a_post_it_is_told_once(
    world: SlackStage, killed: type[SlackMessenger]
) -> None:
    world.restart(killed)
    await world.dispatches()
    with pytest.raises(asyncio.CancelledError):
        await world.tells()
    world.restart()
    await world.goes_on(5)
    assert len(world.said()) == 1
    runner = await (await world.stage.claims()).starts()
    await runner.ends()
    await world.goes_on(5)
    assert words(world) == ["R-1 Say hello: Succeeded", "R-1 Say hello: Succeeded"]


async def test_what_was_told_before_a_crash_says_after_it_what_has_become_of_the_run(
    world: SlackStage,
) -> None:
    world.restart(Dying)
    await world.dispatches()
    with pytest.raises(asyncio.CancelledError):
        await world.tells()
    world.restart()
    world.slack.goes_down()
    runner = await (await world.stage.claims()).starts()
    await runner.ends()
    world.slack.recovers()
    world.slack.fails("conversations.history", status=429, retry_after=1)
    world.slack.fails("chat.update", status=429, retry_after=1)
    await world.goes_on(30)
    assert words(world) == ["R-1 Say hello: Succeeded", "R-1 Say hello: Succeeded"]


async def ends_after_its_card_is_deleted(world: SlackStage) -> None:
    await world.dispatches()
    await world.tells()
    runner = await (await world.stage.claims()).starts()
    await world.goes_on(3)
    (card,) = world.said()
    await world.slack.deletes("C1", card.ts)
    await runner.reports("summary", text="half way")
    await runner.ends()
    await world.goes_on(10)


@pytest.mark.parametrize("hears", [True, False])
async def test_without_its_card_a_run_is_told_to_its_owner_alone(
    world: SlackStage, *, hears: bool
) -> None:
    if hears:
        world.hears_itself()
    await ends_after_its_card_is_deleted(world)
    assert world.said() == []
    told = words(world, world.slack.dm("UDEV"))
    assert told.count("R-1 Say hello: Succeeded") == 2, "the card's last state, and the end"
    assert "is gone, so you are told here" in str(world.said(world.slack.dm("UDEV"))[0].blocks)


@pytest.mark.parametrize("how", ["archives", "removes_bot"])
async def test_a_closed_channel_is_told_of_once(world: SlackStage, how: str) -> None:
    world.slack.bot_scopes.discard("chat:write.public")
    for _ in range(3):
        await world.dispatches()
    await world.tells()
    await getattr(world.slack, how)("C1")
    for _ in range(3):
        runner = await (await world.stage.claims()).starts()
        await runner.ends()
    await world.goes_on(20)
    (told,) = words(world, world.slack.dm("UDEV"))
    assert told.startswith("I cannot post in C1 any more")


async def test_a_fallback_channel_hears_of_it_where_there_is_one(database: str) -> None:
    async with slack_stage(database, fallback_channel="C2") as world:
        world.slack.add_channel("C2")
        await world.slack.archives("C1")
        await world.dispatches()
        await world.goes_on(2)
        (told,) = words(world, "C2")
        assert "is archived" in told


async def test_what_slack_finds_too_long_is_cut(world: SlackStage) -> None:
    world.slack.fails("chat.postMessage", error="msg_blocks_too_long")
    await world.dispatches()
    await world.tells()
    assert len(world.said()) == 1
    assert world.said()[0].blocks


async def test_where_lists_are_not_taken_phases_are_one_line(world: SlackStage) -> None:
    world.slack.fails("chat.postMessage", error="invalid_blocks")
    await world.dispatches("fix-rounding")
    await world.tells()
    (card,) = world.said()
    assert "rich_text" not in {block["type"] for block in card.blocks}
    assert "*Phase*  ▸ dispatched ○ STARTED" in str(card.blocks)


async def test_what_slack_does_not_take_is_said_in_words_alone(world: SlackStage) -> None:
    world.slack.fails("chat.postMessage", error="invalid_blocks", times=2)
    await world.dispatches()
    await world.tells()
    (card,) = world.said()
    assert (card.text, card.blocks) == ("R-1 Say hello: Queued", [])


async def test_in_a_direct_message_the_session_is_in_step(world: SlackStage) -> None:
    channel = world.slack.dm("UDEV")
    place = Conversation(surface="slack", tenant=TEAM, channel=channel)
    await world.dispatches("fix-rounding", place=place)
    await world.tells()
    runner = await (await world.stage.claims()).starts()
    await world.goes_on(3)
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await world.goes_on(3)
    await world.stage.says("reviewer", "approve R-1")
    await runner.ends()
    await world.goes_on(3)
    (session,) = world.slack.sessions.values()
    assert session.history == ["processing", "suspended", "processing", "active"]


async def test_a_session_that_cannot_be_had_fails_nothing(world: SlackStage) -> None:
    world.slack.fails("agents.sessions.setStatus", error="not_agent", times=None)
    place = Conversation(surface="slack", tenant=TEAM, channel=world.slack.dm("UDEV"))
    await world.dispatches(place=place, mode=Mode.AUTOPILOT)
    await (await world.stage.claims()).starts()
    await world.goes_on(3)
    assert len(world.said(place.channel)) == 1
    assert len(world.slack.calls_of("agents.sessions.setStatus")) == 1
