"""Every way to begin a run in Slack, by socket and by HTTP, on every database."""

from collections.abc import AsyncIterator
from functools import partial

import pytest

from tests.fakes.slack.fake import FakeMessage
from tests.fakes.slack_entries import DEVELOPER, ENTRIES, card_of, chooses, keys_told, runs_of
from tests.fakes.slack_stage import (
    CHANNEL,
    SlackStage,
    settings_for,
    slack_open,
    slack_people,
    slack_stage,
    text_of,
)

WAYS = ("socket", "http")


@pytest.fixture(params=WAYS)
async def world(request: pytest.FixtureRequest, database: str) -> AsyncIterator[SlackStage]:
    async with slack_stage(database, request.param) as opened:
        yield opened


def ended(card: FakeMessage) -> bool:
    return "Succeeded" in text_of(card)


async def begins_by_every_way(world: SlackStage) -> None:
    for number, (name, enter) in enumerate(ENTRIES.items(), start=1):
        begun = await enter(world)
        card = await card_of(world, f"R-{number}", channel=begun.channel)
        await (await (await world.stage.claims()).starts()).ends()
        await world.until(partial(ended, card), what=name)
        for execution in begun.executions:
            await world.until(partial(getattr, execution, "outputs"), what=name)
            assert execution.outputs == {"run_id": f"R-{number}", "status": "succeeded"}


async def test_a_run_begins_by_every_way_and_what_is_delivered_again_begins_none(
    world: SlackStage,
) -> None:
    await begins_by_every_way(world)
    before = sorted(keys_told(world)), len(world.slack.world.unseen)
    assert len(before[0]) == len(set(before[0]))
    delivered = list(world.slack.deliveries.log)
    assert {each.kind for each in delivered} == {"events_api", "interactive", "slash_commands"}
    await world.slack.redeliver(*reversed(delivered), *delivered)
    await world.goes_on()
    assert await runs_of(world) == len(ENTRIES)
    assert (sorted(keys_told(world)), len(world.slack.world.unseen)) == before


async def test_what_comes_in_another_order_and_twice_is_done_once_each(world: SlackStage) -> None:
    slack = world.slack
    with slack.holding() as held:
        said = await slack.mentions(DEVELOPER, CHANNEL, "dispatch hello name=one")
        await slack.edits(CHANNEL, said.ts, "never mind")
        await slack.direct_message(DEVELOPER, "dispatch hello name=two")
        execution = await slack.runs_step("dispatch_run", {"job": "hello", "channel": CHANNEL})
        await slack.types_command(DEVELOPER, CHANNEL, "/run", "dispatch hello name=three")
    late = list(held)
    await slack.redeliver(*(each for one in reversed(late) for each in (one, one)), *late)
    await world.until(lambda: len(keys_told(world)) == 4, what="four cards")
    assert await runs_of(world) == 4
    for _ in range(4):
        await (await (await world.stage.claims()).starts()).ends()
    await world.until(lambda: execution.outputs, what="the step's end")
    assert len(keys_told(world)) == len(set(keys_told(world)))


async def test_words_to_a_program_that_come_in_another_order_and_twice_reach_it_once(
    world: SlackStage,
) -> None:
    slack = world.slack
    await slack.types_command(DEVELOPER, CHANNEL, "/run", "dispatch fix-rounding")
    card = await world.card()
    runner = await (await world.stage.claims()).starts()
    with slack.holding() as held:
        await slack.writes(DEVELOPER, CHANNEL, "mind the tests", thread_ts=card.ts)
        await slack.mentions(DEVELOPER, CHANNEL, "not that file", thread_ts=card.ts)
    await slack.redeliver(*reversed(held), *held)
    await world.goes_on()
    orders = await runner.orders()
    assert sorted((order.data["text"], order.data["urgent"]) for order in orders) == [
        ("mind the tests", False),
        ("not that file", True),
    ]


LONG = "prices \u0022are\u0022 &lt; 0\n" * 300


@pytest.mark.parametrize(
    ("way", "said"),
    [("socket", "prices are &lt; 0"), ("http", LONG), ("socket", "🙂" * 2_900)],
    ids=["short", "many escapes", "emoji"],
)
async def test_what_a_message_says_survives_a_restart_between_the_form_and_its_sending(
    database: str, way: str, said: str
) -> None:
    async with slack_people(database) as (theatre, slack):
        settings = settings_for(slack, way)
        async with slack_open(theatre, slack, settings) as before:
            message = await slack.writes("UREV", CHANNEL, said)
            await slack.uses_shortcut(DEVELOPER, "run_from_message", message=message)
            await before.until(lambda: slack.views.get(DEVELOPER))
        async with slack_open(theatre, slack, settings) as after:
            await slack.suggests(DEVELOPER, "choose:blueprint")
            await chooses(after, "hello")
            await chooses(after, "fix-rounding")
            assert (await slack.submits(DEVELOPER)).acked
            await after.told("R-1")
            run = await theatre.store.read(lambda tx: tx.runs.load(1))
            begun, link = str(run.inputs["context"]).rsplit("\n", 1)
            plain = said.replace("&lt;", "<").strip()
            assert plain.startswith(begun.removesuffix("…")), begun
            assert len(begun) > min(len(plain), 1_000) - 1
            assert link.endswith(f"/{CHANNEL}/p{message.ts.replace('.', '')}")


async def test_words_of_a_message_that_were_changed_in_the_form_are_what_counts(
    world: SlackStage,
) -> None:
    slack = world.slack
    message = await slack.writes("UREV", CHANNEL, "prices are off")
    await slack.uses_shortcut(DEVELOPER, "run_from_message", message=message)
    await world.until(lambda: slack.views.get(DEVELOPER))
    await slack.suggests(DEVELOPER, "choose:blueprint")
    await chooses(world, "fix-rounding")
    slack.fills(DEVELOPER, {"context": "only the totals are off"})
    await chooses(world, "hello")
    await chooses(world, "fix-rounding")
    await slack.submits(DEVELOPER)
    await world.told("R-1")
    run = await world.stage.store.read(lambda tx: tx.runs.load(1))
    assert run.inputs["context"] == "only the totals are off"
