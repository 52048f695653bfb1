"""Connections with Slack that are cut in every state of a run: nothing is lost, nothing is twice.

A cut comes before a delivery arrives or after it did, so that its acknowledgement is lost; by
socket it may also be Slack that asks for new connections while it delivers. Slack sends events
again; of a command or a press people see that it failed, and do it once more.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass

import pytest

from tests.fakes.slack.delivery import Answer
from tests.fakes.slack.fake import FakeMessage, FakeSlack
from tests.fakes.slack.surfaces import buttons_of
from tests.fakes.slack_entries import DEVELOPER, card_of, keys_told, runs_of
from tests.fakes.slack_stage import CHANNEL, SlackStage, slack_stage, text_of
from tests.fakes.stage import PLAN, Runner

REVIEWER = "UREV"
QUESTION = {"prompt": "Which table?", "fields": [{"name": "table", "label": "Table"}]}
CUTS = [
    ("socket", "before"),
    ("socket", "after"),
    ("socket", "asked"),
    ("http", "before"),
    ("http", "after"),
]


@dataclass
class Unsteady:
    """A workspace whose connections are cut at whatever is done through `cut`."""

    world: SlackStage
    moment: str

    @property
    def slack(self) -> FakeSlack:
        return self.world.slack

    async def cut(self, doing: Callable[[], Awaitable[Answer | FakeMessage]]) -> bool:
        """Do it while connections are cut; afterwards they stand. Says whether it was taken."""
        asked = self.moment == "asked"
        with nullcontext() if asked else self.slack.cutting(self.moment):
            renewing = self.slack.disconnects() if asked else asyncio.sleep(0)
            result, _ = await asyncio.gather(doing(), renewing)
        await self.world.connects()
        return not isinstance(result, Answer) or result.acked

    async def insists(self, doing: Callable[[], Awaitable[Answer]]) -> None:
        """Do it under a cut, and once more where Slack says that it failed."""
        if not await self.cut(doing):
            await self.world.goes_on()
            with suppress(AssertionError):  # what was pressed may be gone: it was taken
                assert (await doing()).acked

    async def asks_for_another(self) -> None:
        """Ask for a run beside the one that is looked at, which must begin exactly once."""
        before = await runs_of(self.world)
        await self.cut(lambda: self.slack.mentions(DEVELOPER, CHANNEL, "dispatch hello"))
        await card_of(self.world, f"R-{before + 1}")
        assert await runs_of(self.world) == before + 1

    async def with_button(self, label: str) -> FakeMessage:
        """The newest message with a button of this label."""

        def look() -> FakeMessage | None:
            said = reversed(self.slack.messages(CHANNEL))
            return next((each for each in said if label in buttons_of(each)), None)

        found: FakeMessage = await self.world.until(look, what=label)
        return found


@pytest.fixture(params=CUTS, ids=" ".join)
async def unsteady(request: pytest.FixtureRequest, database: str) -> AsyncIterator[Unsteady]:
    way, moment = request.param
    async with slack_stage(database, way) as world:
        yield Unsteady(world, moment)


async def is_approved(unsteady: Unsteady, runner: Runner) -> None:
    slack = unsteady.slack
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    gate = await unsteady.with_button("Approve")
    await unsteady.asks_for_another()
    await unsteady.insists(lambda: slack.presses(REVIEWER, CHANNEL, gate.ts, "Approve"))
    await unsteady.world.until(lambda: "Approved by" in text_of(gate), what="the approval")
    assert text_of(gate).count("Approved by") == 1


async def is_answered(unsteady: Unsteady, runner: Runner) -> None:
    slack = unsteady.slack
    await runner.reports("question", name="ask", form=QUESTION)
    question = await unsteady.with_button("Answer…")
    await unsteady.asks_for_another()
    await unsteady.cut(lambda: slack.presses(DEVELOPER, CHANNEL, question.ts, "Answer…"))
    if unsteady.moment == "before":
        await slack.presses(DEVELOPER, CHANNEL, question.ts, "Answer…")
    await unsteady.world.until(lambda: slack.views.get(DEVELOPER), what="the form")
    await unsteady.insists(lambda: slack.submits(DEVELOPER, {"Table": "orders"}))
    await unsteady.world.until(lambda: "orders" in text_of(question), what="the answer")


async def ends(unsteady: Unsteady, runner: Runner) -> Answer:
    await runner.ends()
    await unsteady.world.goes_on()
    return Answer(acked=True)


async def test_a_run_whose_connections_are_cut_in_every_state(unsteady: Unsteady) -> None:
    world, slack = unsteady.world, unsteady.slack
    wanted = "dispatch fix-rounding supervised"
    await unsteady.cut(lambda: slack.mentions(DEVELOPER, CHANNEL, wanted))
    card = await card_of(world, "R-1")
    await unsteady.asks_for_another()
    runner = await (await world.stage.claims()).starts()
    await unsteady.asks_for_another()
    words = "mind the tests"
    await unsteady.cut(lambda: slack.writes(DEVELOPER, CHANNEL, words, thread_ts=card.ts))
    await is_approved(unsteady, runner)
    await is_answered(unsteady, runner)
    orders = await runner.orders()
    await unsteady.cut(lambda: ends(unsteady, runner))
    await world.until(lambda: "Completed" in text_of(card), what="the end")
    await unsteady.asks_for_another()
    assert [order.kind.value for order in orders] == ["reply", "decision", "decision"]
    keys = keys_told(world)
    assert len(keys) == len(set(keys))
    assert await runs_of(world) == 6
