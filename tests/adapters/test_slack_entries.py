"""Every way to ask for a run, over both ways in."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.slack.surfaces import buttons_of
from tests.fakes.slack_stage import (
    CHANNEL,
    STRANGER,
    SlackStage,
    slack_rules,
    slack_stage,
    text_of,
)
from tests.fakes.stage import FIX, HELLO


@pytest.fixture(params=["socket", "http"])
async def world(
    request: pytest.FixtureRequest, tmp_path: Path, blank: Path
) -> AsyncIterator[SlackStage]:
    file = shutil.copy(blank, tmp_path)
    async with slack_stage(f"sqlite:///{file}", request.param) as opened:
        yield opened


async def test_a_command_is_acknowledged_then_done_and_told(world: SlackStage) -> None:
    answer = await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello name=Ana")
    assert answer.acked
    await world.told("R-1")
    await (await (await world.stage.claims()).starts()).ends()
    await world.sees("Succeeded")


async def test_a_command_may_have_another_name(world: SlackStage) -> None:
    await world.slack.types_command("UDEV", CHANNEL, "/bot", "dispatch hello")
    await world.told("R-1")


async def test_people_in_a_command_are_meant_by_their_accounts(world: SlackStage) -> None:
    await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello owner=<@UREV|rev>")
    await world.told("R-1")
    assert "@reviewer" in text_of(await world.card()) or "<@UREV>" in text_of(await world.card())
    await world.slack.types_command("UADM", CHANNEL, "/run", "can <@UVIEW> dispatch hello")
    await world.told("viewer", user="UADM")


async def test_a_bare_command_opens_the_form_and_its_answers_start_a_run(
    world: SlackStage,
) -> None:
    await world.slack.types_command("UDEV", CHANNEL, "/run", "")
    await world.until(lambda: world.slack.views.get("UDEV"))
    view = world.slack.top_view("UDEV")
    offered = await world.slack.suggests("UDEV", "choose:blueprint")
    assert [option["value"] for option in offered] == ["fix-rounding", "hello"]
    await world.slack.uses("UDEV", view, "choose:blueprint", "hello")
    await world.until(lambda: "times" in str(world.slack.top_view("UDEV").blocks))
    world.slack.fills("UDEV", {"times": "3"})
    answer = await world.slack.submits("UDEV")
    assert answer.acked
    await world.told("R-1")
    assert not world.slack.views.get("UDEV")


async def test_an_issue_may_be_chosen_in_place_of_a_blueprint(world: SlackStage) -> None:
    fixing = replace(FIX, match={"team": "ENG"})
    world.stage.rules = slack_rules(fixing, HELLO)
    await world.slack.types_command("UDEV", CHANNEL, "/run", "")
    await world.until(lambda: world.slack.views.get("UDEV"))
    offered = await world.slack.suggests("UDEV", "choose:issue", "round")
    assert [option["text"]["text"] for option in offered] == ["ENG-142 · Checkout rounds down"]
    await world.slack.suggests("UDEV", "choose:blueprint")
    world.slack.fills("UDEV", {"Issue": offered[0]["value"]})
    assert (await world.slack.submits("UDEV")).acked
    await world.told("R-1")
    run = await world.stage.store.read(lambda tx: tx.runs.load(1))
    assert (run.issue and run.issue.key, run.blueprint) == ("ENG-142", fixing.name)


async def test_what_is_wrong_with_a_form_stands_beside_its_field(world: SlackStage) -> None:
    await world.slack.uses_shortcut("UDEV", "start_run")
    await world.until(lambda: world.slack.views.get("UDEV"))
    await world.slack.suggests("UDEV", "choose:blueprint")
    await world.slack.uses("UDEV", world.slack.top_view("UDEV"), "choose:blueprint", "hello")
    await world.until(lambda: "times" in str(world.slack.top_view("UDEV").blocks))
    world.slack.fills("UDEV", {"Branch": "no..branch"})
    answer = await world.slack.submits("UDEV")
    assert list(answer.body["errors"]) == ["field:branch"]
    world.slack.fills("UDEV", {"Branch": "mine"})
    await world.slack.submits("UDEV")
    await world.sees("R-1", channel=world.slack.dm("UDEV"))


async def test_a_mention_is_marked_seen_and_then_by_how_its_run_ends(world: SlackStage) -> None:
    message = await world.slack.mentions("UDEV", CHANNEL, "dispatch hello")
    await world.shows(message, "eyes")
    await (await (await world.stage.claims()).starts()).ends("failed")
    await world.shows(message, "x")


async def test_a_direct_message_is_a_request(world: SlackStage) -> None:
    message = await world.slack.direct_message("UDEV", "hi there")
    answer = await world.sees("There is no command", channel=message.channel)
    assert "/run list active" in text_of(answer)
    await world.shows(message, "x")
    await world.slack.direct_message("UDEV", "dispatch hello")
    await world.sees("is queued", channel=message.channel)


async def test_a_run_is_started_from_a_message(world: SlackStage) -> None:
    message = await world.slack.writes("UREV", CHANNEL, "prices are &lt; 0")
    await world.slack.uses_shortcut("UDEV", "run_from_message", message=message)
    await world.until(lambda: world.slack.views.get("UDEV"))
    await world.slack.suggests("UDEV", "choose:blueprint")
    await world.slack.uses("UDEV", world.slack.top_view("UDEV"), "choose:blueprint", "fix-rounding")
    await world.until(lambda: "prices are < 0" in str(world.slack.top_view("UDEV").blocks))
    await world.slack.submits("UDEV")
    await world.told("R-1")


async def test_words_in_a_runs_thread_reach_its_program_and_show_their_fate(
    world: SlackStage,
) -> None:
    await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch fix-rounding")
    card = await world.card()
    runner = await (await world.stage.claims()).starts()
    plain = await world.slack.writes("UDEV", CHANNEL, "mind the tests", thread_ts=card.ts)
    await world.shows(plain, "inbox_tray")
    urgent = await world.slack.mentions("UDEV", CHANNEL, "not that file", thread_ts=card.ts)
    await world.shows(urgent, "one")
    aside = await world.slack.writes("UDEV", CHANNEL, "!aside lunch?", thread_ts=card.ts)
    orders = await runner.orders()
    assert [(order.data["text"], order.data["urgent"]) for order in orders] == [
        ("mind the tests", False),
        ("not that file", True),
    ]
    await runner.reports("consumed", orders=[orders[0].id])
    await world.shows(plain, "white_check_mark")
    await world.shows(urgent, "inbox_tray")
    await runner.ends()
    await world.shows(urgent, "no_entry_sign")
    await world.told("has ended before its program read this")
    assert world.slack.reactions(CHANNEL, aside.ts) == {}


async def test_what_is_no_request_is_left_alone(world: SlackStage) -> None:
    message = await world.slack.writes("UDEV", CHANNEL, "dispatch hello")
    await world.slack.edits(CHANNEL, message.ts, "list")
    await world.slack.writes("UDEV", CHANNEL, "stop", thread_ts=message.ts)
    await world.goes_on()
    assert await world.stage.store.read(lambda tx: tx.invocations.unfinished()) == ()
    assert world.slack.ephemerals(CHANNEL, "UDEV") == []


async def test_a_stranger_is_told_privately_how_to_link(world: SlackStage) -> None:
    await world.slack.types_command(STRANGER, CHANNEL, "/run", "dispatch hello")
    await world.told("/run link", user=STRANGER)
    assert world.slack.messages(CHANNEL) == []


async def test_a_workflow_step_ends_with_its_run(world: SlackStage) -> None:
    execution = await world.slack.runs_step("dispatch_run", {"job": "hello", "channel": CHANNEL})
    await world.card()
    await (await (await world.stage.claims()).starts()).ends()
    await world.until(lambda: execution.outputs)
    assert execution.outputs == {"run_id": "R-1", "status": "succeeded"}


async def test_a_workflow_step_that_is_refused_fails(world: SlackStage) -> None:
    execution = await world.slack.runs_step("dispatch_run", {"job": "no-such", "channel": CHANNEL})
    await world.until(lambda: execution.error)
    assert "no-such" in str(execution.error)


async def test_a_mention_in_a_thread_of_people_starts_a_run_that_is_told_there(
    world: SlackStage,
) -> None:
    root = await world.slack.writes("UREV", CHANNEL, "the prices are off")
    await world.slack.mentions("UDEV", CHANNEL, "what now", thread_ts=root.ts)
    await world.told("There is no command")
    await world.slack.mentions("UDEV", CHANNEL, "dispatch hello", thread_ts=root.ts)
    card = await world.card()
    assert card.thread_ts == root.ts


async def test_words_for_a_program_by_command_are_answered(world: SlackStage) -> None:
    await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch fix-rounding")
    await world.told("R-1 is queued")
    await (await world.stage.claims()).starts()
    await world.slack.types_command("UDEV", CHANNEL, "/run", "reply R-1 mind the tests")
    await world.told("Handed to the program")


async def test_a_button_too_long_to_travel_is_found_again(world: SlackStage) -> None:
    words = "dispatch helo name=" + "x" * 1_950
    await world.slack.types_command("UDEV", CHANNEL, "/run", words)
    answer = await world.told("helo")
    for label in buttons_of(answer):
        await world.slack.presses("UDEV", CHANNEL, answer.ts, label)
        await world.told("R-1")
