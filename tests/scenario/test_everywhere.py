"""The same dialogue on the console, in Slack by socket and in Slack by HTTP, on every database."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.domain.vocabulary import Status
from tests.fakes.rooms import Room, Ways, room
from tests.fakes.stage import PLAN, Runner

QUESTION = {"prompt": "Which table?", "fields": [{"name": "table", "label": "Table"}]}


@pytest.fixture(params=Ways)
async def chat(request: pytest.FixtureRequest, database: str) -> AsyncIterator[Room]:
    async with room(database, request.param) as opened:
        yield opened


async def at_the_gate(chat: Room) -> Runner:
    await chat.says("developer", "/run dispatch fix-rounding supervised")
    runner = await (await chat.stage.claims()).starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await chat.expects("Awaiting approval")
    return runner


async def status(chat: Room, run: int = 1) -> Status:
    return (await chat.stage.store.read(lambda tx: tx.runs.load(run))).status


async def test_a_supervised_run_is_approved_and_ends(chat: Room) -> None:
    runner = await at_the_gate(chat)
    assert "four eyes" in await chat.says("developer", "/run approve R-1")
    assert "@reviewer" in await chat.says("viewer", "/run approve R-1")
    await chat.presses("reviewer", "Approve")
    await chat.expects("Approved by")
    await runner.ends()
    await chat.expects("Completed")


async def test_a_plan_is_denied_with_a_reason(chat: Room) -> None:
    runner = await at_the_gate(chat)
    await chat.presses("reviewer", "Deny…", reason="too broad")
    told = [str(dict(order.data)) for order in await runner.orders()]
    assert any("too broad" in text for text in told)
    await runner.ends("failed")
    await chat.expects("Abandoned")


async def test_a_plan_is_asked_about_and_sent_back(chat: Room) -> None:
    runner = await at_the_gate(chat)
    await chat.presses("reviewer", "Ask…", question="why this file?")
    await chat.presses("reviewer", "Ask for changes…", reason="leave the tests")
    texts = [order.data.get("text", order.data.get("note")) for order in await runner.orders()]
    assert texts[0] == "why this file?"
    assert await status(chat) is Status.RUNNING


async def test_a_plan_that_nobody_decides_expires(chat: Room) -> None:
    await at_the_gate(chat)
    await chat.stage.passes(hours=5)
    await chat.expects("Expired")


async def test_the_first_of_two_people_decides_and_the_other_is_told(chat: Room) -> None:
    runner = await at_the_gate(chat)
    said = await asyncio.gather(
        chat.says("reviewer", "/run approve R-1"), chat.says("second", "/run deny R-1 no")
    )
    decided = [order for order in await runner.orders() if order.kind.value == "decision"]
    assert len(decided) == 1
    assert any("already" in text or "no gate" in text or "waits for" in text for text in said), said


async def test_of_two_who_press_at_once_one_decides_and_the_other_is_told(chat: Room) -> None:
    runner = await at_the_gate(chat)
    said = await asyncio.gather(
        chat.presses("reviewer", "Approve"), chat.presses("second", "Approve")
    )
    decided = [order for order in await runner.orders() if order.kind.value == "decision"]
    assert len(decided) == 1
    assert sum("already" in text for text in said) == 1, said


async def test_a_run_is_begun_by_the_form(chat: Room) -> None:
    assert "R-1" in await chat.fills("developer", "hello")
    await (await (await chat.stage.claims()).starts()).ends()
    await chat.expects("Succeeded")


async def test_a_stranger_is_refused_privately(chat: Room) -> None:
    assert "/run link" in await chat.strangely("/run dispatch hello")
    assert await chat.stage.store.read(lambda tx: tx.runs.page(after=0, limit=1)) == ()


async def test_a_question_is_answered_in_its_form(chat: Room) -> None:
    await chat.says("developer", "/run dispatch hello")
    runner = await (await chat.stage.claims()).starts()
    await runner.reports("question", name="ask", form=QUESTION)
    await chat.expects("Which table?")
    await chat.presses("developer", "Answer…", table="orders")
    (order,) = await runner.orders()
    assert order.data["answers"] == {"table": "orders"}


async def test_a_run_is_stopped_retried_assigned_deleted_and_kept(chat: Room) -> None:
    await chat.says("developer", "/run dispatch hello")
    runner = await (await chat.stage.claims()).starts()
    await chat.says("developer", "/run restart R-1")
    await chat.says("developer", "/run stop R-1 wrong one")
    assert {order.kind.value for order in await runner.orders()} == {"restart", "stop"}
    await runner.ends("failed")
    assert await status(chat) is Status.FAILED
    await chat.says("admin", "/run assign R-1 @reviewer")
    await chat.says("developer", "/run retry R-1")
    assert await status(chat) is Status.QUEUED
    await chat.says("developer", "/run stop R-1")
    await chat.says("developer", "/run delete R-1")
    await chat.says("developer", "/run undo")
    await chat.stage.passes(seconds=11)
    assert "R-1" in await chat.says("developer", "/run show R-1")


async def test_words_in_the_thread_of_a_run_reach_its_program(chat: Room) -> None:
    await chat.says("developer", "/run dispatch fix-rounding")
    runner = await (await chat.stage.claims()).starts()
    await chat.expects("R-1")
    await chat.says("developer", "mind the tests", thread_of="R-1")
    (order,) = await runner.orders()
    assert (order.data["text"], order.data["by"]) == ("mind the tests", "developer")
    assert "R-1" in await chat.says("developer", "/run show", thread_of="R-1")


async def test_a_run_is_begun_by_words_to_the_bot_that_arrive_twice(chat: Room) -> None:
    await chat.mentions("developer", "dispatch hello")
    await chat.expects("R-1")
    runner = await (await chat.stage.claims()).starts()
    await runner.ends()
    await chat.expects("Succeeded")
    assert "R-2" not in await chat.says("developer", "/run list")


async def test_what_is_typed_twice_is_done_twice_and_undone_one_by_one(chat: Room) -> None:
    for _ in range(2):
        await chat.says("developer", "/run dispatch hello")
    assert "R-2" in await chat.says("developer", "/run list")
    await chat.says("developer", "/run stop R-2")
    await chat.says("developer", "/run delete R-2")
    await chat.stage.passes(seconds=11)
    assert "was deleted" in await chat.says("developer", "/run show R-2")
    assert await status(chat) is Status.QUEUED


async def test_what_is_mistyped_is_answered_with_what_is_near(chat: Room) -> None:
    assert "/run list" in await chat.says("developer", "/run lst")
    assert "hello" in await chat.says("developer", "/run dispatch helo")
