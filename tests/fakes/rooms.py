"""Rooms: one way to speak for all chats, so that a dialogue is written once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from bot.domain.invocation import Press
from bot.messages.message import Button, Message
from bot.messages.reply import Reply
from tests.fakes.slack.fake import FakeMessage, FakeSlack
from tests.fakes.slack.surfaces import buttons_of
from tests.fakes.slack_entries import fills_the_form
from tests.fakes.slack_stage import (
    ACCOUNTS,
    CHANNEL,
    STRANGER,
    SlackStage,
    slack_rules,
    slack_stage,
    text_of,
)
from tests.fakes.stage import FIX, HELLO, Stage, stage
from tests.fakes.stage import text_of as words_of


class Room(Protocol):
    """People in a chat, and what they see there."""

    @property
    def stage(self) -> Stage:
        """The core behind it."""
        ...

    async def says(self, who: str, text: str, *, thread_of: str = "") -> str:
        """Somebody types a command, or words in the thread of a run; gives the private answer."""
        ...

    async def mentions(self, who: str, text: str) -> None:
        """Somebody writes to the bot; where a chat delivers twice, it does."""
        ...

    async def presses(self, who: str, label: str, **form: str) -> str:
        """Somebody presses the newest button of this label and fills its only field."""
        ...

    async def fills(self, who: str, blueprint: str) -> str:
        """Somebody starts a run by the form; gives the private answer."""
        ...

    async def strangely(self, text: str) -> str:
        """Somebody whom nobody knows types a command; gives the private answer."""
        ...

    async def expects(self, words: str) -> None:
        """Wait until the channel shows these words."""
        ...


@dataclass
class Console:
    """The embedded chat."""

    stage: Stage

    async def says(self, who: str, text: str, *, thread_of: str = "") -> str:
        thread = await self.stage.thread_of(thread_of) if thread_of else None
        return _said(await self.stage.says(who, text, thread=thread))

    async def mentions(self, who: str, text: str) -> None:
        await self.stage.says(who, text)

    async def presses(self, who: str, label: str, **form: str) -> str:
        button = await self._button(label)
        names = [field.name for field in button.form]
        filled = dict(zip(names, form.values(), strict=False))
        return _said(await self.stage.press(button, who, **filled))

    async def fills(self, who: str, blueprint: str) -> str:
        press = Press(verb="dispatch", arguments={"blueprint": blueprint, "mode": "supervised"})
        return _said(await self.stage.press(Button(label="New run", press=press), who))

    async def strangely(self, text: str) -> str:
        return _said(await self.stage.says("nobody", text))

    async def _button(self, label: str) -> Button:
        return next(
            button
            for message in reversed(await self.stage.told())
            for button in message.buttons
            if button.label == label
        )

    async def expects(self, words: str) -> None:
        await self.stage.settle()
        told = [words_of(message) for message in await self.stage.told()]
        assert any(words in text for text in told), (words, told)


def _said(reply: Reply) -> str:
    return _all(reply.message)


def _all(message: Message) -> str:
    buttons = [button.label for button in message.buttons]
    return "\n".join([message.fallback, words_of(message), *buttons])


@dataclass
class SlackRoom:
    """The same in Slack, by either way in."""

    world: SlackStage

    @property
    def stage(self) -> Stage:
        return self.world.stage

    @property
    def slack(self) -> FakeSlack:
        return self.world.slack

    async def says(self, who: str, text: str, *, thread_of: str = "") -> str:
        user, before = ACCOUNTS[who], self._heard(who)
        if not thread_of:
            words = text.removeprefix("/run").strip()
            answer = await self.slack.types_command(user, CHANNEL, "/run", words)
            assert answer.acked
            return await self._answer(who, before)
        card = await self.world.card(thread_of)
        message = await self.slack.mentions(user, CHANNEL, text, thread_ts=card.ts)
        await self.world.until(
            lambda: self._heard(who) > before or "inbox_tray" in message.reactions
        )
        return await self._answer(who, before) if self._heard(who) > before else ""

    async def mentions(self, who: str, text: str) -> None:
        before = len(self.slack.deliveries.log)
        await self.slack.mentions(ACCOUNTS[who], CHANNEL, text)
        sent = self.slack.deliveries.log[before:]
        assert len(sent) > 1, "the mention and the message"
        await self.slack.redeliver(*sent)

    async def presses(self, who: str, label: str, **form: str) -> str:
        user, before = ACCOUNTS[who], self._heard(who)
        message = await self._message_with(who, label)
        answer = await self.slack.uses(user, message, label)
        assert answer.acked
        if form:
            await self.world.until(lambda: self.slack.views.get(user), what="a form")
            view = self.slack.top_view(user)
            inputs = [block["block_id"] for block in view.blocks if block["type"] == "input"]
            labels = [
                block["label"]["text"] for block in view.blocks if block["block_id"] in inputs
            ]
            values = dict(zip(labels, form.values(), strict=False))
            sent = await self.slack.submits(user, values)
            assert sent.acked
        return await self._answer(who, before)

    async def fills(self, who: str, blueprint: str) -> str:
        user, before = ACCOUNTS[who], self._heard(who)
        await self.slack.types_command(user, CHANNEL, "/run", "")
        await fills_the_form(self.world, blueprint, user=user)
        return await self._answer(who, before)

    async def strangely(self, text: str) -> str:
        words = text.removeprefix("/run").strip()
        await self.slack.types_command(STRANGER, CHANNEL, "/run", words)
        return text_of(await self.world.told("", user=STRANGER))

    async def _message_with(self, who: str, label: str) -> FakeMessage:
        def look() -> FakeMessage | None:
            seen = [
                *self.slack.ephemerals(CHANNEL, ACCOUNTS[who]),
                *self.slack.messages(CHANNEL),
            ]
            return next((m for m in reversed(seen) if label in buttons_of(m)), None)

        found: FakeMessage = await self.world.until(look, what=f"a button {label!r}")
        return found

    def _heard(self, who: str) -> int:
        return len(self.slack.ephemerals(CHANNEL, ACCOUNTS[who]))

    async def _answer(self, who: str, before: int) -> str:
        await self.world.until(lambda: self._heard(who) > before, what=f"an answer to {who}")
        await self.world.goes_on()
        return text_of(self.slack.ephemerals(CHANNEL, ACCOUNTS[who])[-1])

    async def expects(self, words: str) -> None:
        await self.world.sees(words)


Ways: tuple[str, ...] = ("console", "socket", "http")


@asynccontextmanager
async def room(database: str, way: str) -> AsyncIterator[Room]:
    """A room of this kind over the store at an address."""
    usual = slack_rules(FIX, HELLO)
    if way == "console":
        async with stage(database, rules_=usual) as theatre:
            yield Console(theatre)
    else:
        async with slack_stage(database, way, rules_=usual) as world:
            yield SlackRoom(world)
