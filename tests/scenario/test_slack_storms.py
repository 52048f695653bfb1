"""Slack that limits every method again and again while a whole story runs: all of it is told."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.fakes.slack.fake import FakeMessage
from tests.fakes.slack.surfaces import buttons_of
from tests.fakes.slack_entries import DEVELOPER, card_of, chooses, keys_told, runs_of
from tests.fakes.slack_stage import CHANNEL, SlackStage, slack_stage, text_of
from tests.fakes.stage import PLAN, Runner

REVIEWER = "UREV"
QUESTION = {"prompt": "Which table?", "fields": [{"name": "table", "label": "Table"}]}
BUSY = "Slack takes too much time"
NO_FORM = "The form could not be opened"
_PATIENCE = 500


@dataclass
class Stormy:
    """A workspace that answers the next two calls of each method with 429 at every step."""

    world: SlackStage

    async def until(self, look: Callable[[], Any], what: str) -> Any:
        """What `look` gives once it is true; requests that were kept are taken up meanwhile."""
        for _ in range(_PATIENCE):
            if found := look():
                return found
            await self.world.stage.dispatcher.resume()
            await self.world.goes_on()
        return await self.world.until(look, what=what)

    async def does(self, doing: Callable[[], Awaitable[Any]], look: Callable[[], Any]) -> Any:
        """Do it in a storm, and wait until what it is for is there."""
        self.world.slack.storms()
        result = await doing()
        await self.until(look, str(result))
        return result

    async def form(self, asking: Callable[[], Awaitable[Any]]) -> None:
        """Ask for a form in a storm, be told that it cannot be opened, and ask again."""
        slack = self.world.slack
        before = self.heard(NO_FORM)
        await self.does(asking, lambda: self.heard(NO_FORM) > before)
        slack.recovers()
        await asking()
        await self.until(lambda: slack.views.get(DEVELOPER), "a form")

    async def choice(self, blueprint: str) -> None:
        """Choose a blueprint in the form in a storm, and see its fields."""
        await self.world.slack.suggests(DEVELOPER, "choose:blueprint")
        self.world.slack.storms(times=1)
        await chooses(self.world, blueprint)

    def heard(self, words: str, user: str = DEVELOPER) -> int:
        """How often somebody was told these words alone, in the channel or directly."""
        slack = self.world.slack
        said = [*slack.ephemerals(CHANNEL, user), *slack.messages(slack.dm(user))]
        return sum(words in text_of(each) for each in said)

    async def with_button(self, label: str) -> FakeMessage:
        """The newest message with a button of this label."""

        def look() -> FakeMessage | None:
            said = reversed(self.world.slack.messages(CHANNEL))
            return next((each for each in said if label in buttons_of(each)), None)

        found: FakeMessage = await self.until(look, label)
        return found


@pytest.fixture(params=["socket", "http"])
async def stormy(request: pytest.FixtureRequest, database: str) -> AsyncIterator[Stormy]:
    async with slack_stage(database, request.param) as world:
        yield Stormy(world)


async def gate_is_decided(stormy: Stormy, runner: Runner) -> None:
    slack = stormy.world.slack
    slack.storms()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    gate = await stormy.with_button("Approve")
    await stormy.does(
        lambda: slack.presses(DEVELOPER, CHANNEL, gate.ts, "Approve"),
        lambda: stormy.heard("four eyes"),
    )
    await stormy.form(lambda: slack.presses(DEVELOPER, CHANNEL, gate.ts, "Ask…"))
    await stormy.does(
        lambda: slack.submits(DEVELOPER, {"long_text": "why?"}), lambda: not slack.views[DEVELOPER]
    )
    await stormy.does(
        lambda: slack.presses(REVIEWER, CHANNEL, gate.ts, "Approve"),
        lambda: "Approved by" in text_of(gate),
    )


async def question_is_answered(stormy: Stormy, runner: Runner) -> None:
    slack = stormy.world.slack
    slack.storms()
    await runner.reports("question", name="ask", form=QUESTION)
    question = await stormy.with_button("Answer…")
    await stormy.form(lambda: slack.presses(DEVELOPER, CHANNEL, question.ts, "Answer…"))
    await stormy.does(
        lambda: slack.submits(DEVELOPER, {"Table": "orders"}),
        lambda: "orders" in text_of(question),
    )


async def test_a_whole_story_in_one_storm_after_the_other(stormy: Stormy) -> None:
    world, slack = stormy.world, stormy.world.slack
    wanted = "dispatch fix-rounding supervised"
    slack.storms()
    message = await slack.mentions(DEVELOPER, CHANNEL, wanted)
    await stormy.until(lambda: slack.messages(CHANNEL)[1:], "a card")
    card = await card_of(world, "R-1")
    runner = await (await world.stage.claims()).starts()
    said = await stormy.does(
        lambda: slack.writes(DEVELOPER, CHANNEL, "mind the tests", thread_ts=card.ts),
        lambda: any("inbox_tray" in each.reactions for each in slack.messages(CHANNEL)),
    )
    await gate_is_decided(stormy, runner)
    await question_is_answered(stormy, runner)
    orders = await runner.orders()
    assert [order.kind.value for order in orders] == ["reply", "reply", "decision", "decision"]
    await runner.reports("consumed", orders=[orders[0].id])
    await stormy.until(lambda: list(said.reactions) == ["white_check_mark"], "that it was read")
    slack.storms()
    await runner.ends()
    await stormy.until(lambda: "Completed" in text_of(card), "the end")
    await stormy.until(lambda: list(message.reactions) == ["white_check_mark"], "the mark")
    keys = keys_told(world)
    assert len(keys) == len(set(keys))
    assert await runs_of(world) == 1


async def test_answers_and_forms_in_one_storm_after_the_other(stormy: Stormy) -> None:
    world, slack = stormy.world, stormy.world.slack
    await stormy.does(
        lambda: slack.types_command(DEVELOPER, CHANNEL, "/run", "list"),
        lambda: stormy.heard("No run matches"),
    )
    await stormy.form(lambda: slack.types_command(DEVELOPER, CHANNEL, "/run", ""))
    await stormy.choice("hello")
    await stormy.does(lambda: slack.submits(DEVELOPER), lambda: stormy.heard("R-1 is queued"))
    assert stormy.heard("R-1 is queued") == 1
    await stormy.form(lambda: slack.uses_shortcut(DEVELOPER, "start_run"))
    await stormy.choice("hello")
    slack.storms()
    refused = await slack.submits(DEVELOPER)
    assert BUSY in str(refused.body), refused
    slack.recovers()
    await slack.submits(DEVELOPER)
    own = await card_of(world, "R-2", channel=slack.dm(DEVELOPER))
    await stormy.does(
        lambda: slack.direct_message(DEVELOPER, "show R-2"),
        lambda: stormy.heard("Say hello") > 1,
    )
    for _ in range(2):
        slack.storms()
        runner = await (await world.stage.claims()).starts()
        await runner.ends()
    await stormy.until(lambda: "Succeeded" in text_of(own), "the end")
    await stormy.until(
        lambda: slack.sessions[(own.channel, own.ts)].status == "active", "the session's end"
    )


async def test_a_step_and_output_in_one_storm_after_the_other(stormy: Stormy) -> None:
    world, slack = stormy.world, stormy.world.slack
    slack.storms()
    execution = await slack.runs_step("dispatch_run", {"job": "hello", "channel": CHANNEL})
    await stormy.until(lambda: slack.messages(CHANNEL), "a card")
    runner = await (await world.stage.claims()).starts()
    for page in range(12):
        lines = "".join(f"line {page} {number} {'x' * 80}\n" for number in range(40))
        await runner.reports("log", stream="out", text=lines)
    card = await card_of(world, "R-1")
    await stormy.does(
        lambda: slack.mentions("UADM", CHANNEL, "logs", thread_ts=card.ts),
        lambda: any("Older" in buttons_of(each) for each in slack.messages(CHANNEL)),
    )
    assert sum(file.shared for file in slack.world.files.values()) == 1
    slack.storms()
    await runner.ends()
    await stormy.until(lambda: execution.outputs, "the step's end")
    assert execution.outputs == {"run_id": "R-1", "status": "succeeded"}
