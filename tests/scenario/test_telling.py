"""What is told, when the surface fails, and when the bot itself breaks."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.artifact_folder import ArtifactFolder
from adapters.vault import FernetVault
from bot.dispatch.command import Command
from bot.dispatch.dispatcher import Dispatcher
from bot.domain.actor import person
from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.errors import UnavailableError, UserError
from bot.messages.message import Message
from bot.messages.reply import Outcome, Reply
from commands import COMMANDS
from storage.stores import store_at
from tests.fakes.clock import FakeClock, FixedIds
from tests.fakes.stage import VAULT_KEY, Stage, rules, stage, text_of


class FlakyMessenger:
    """A surface that fails as it is told to."""

    surface = "console"

    def __init__(self) -> None:
        self.failures: list[Exception] = []
        self.posted: list[tuple[str, str | None, Message]] = []
        self.edits: list[tuple[str, Message]] = []

    async def post(
        self,
        conversation: Conversation,  # noqa: ARG002  # the port's
        message: Message,
        *,
        key: str,
        thread: str | None,
    ) -> str:
        self._fail()
        self.posted.append((key, thread, message))
        return str(len(self.posted))

    async def edit(
        self,
        conversation: Conversation,  # noqa: ARG002  # the port's
        message_id: str,
        message: Message,
    ) -> None:
        self._fail()
        self.edits.append((message_id, message))

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)


@pytest.fixture
async def flaky(database: str) -> AsyncIterator[tuple[Stage, FlakyMessenger]]:
    async with stage(database) as opened:
        messenger = FlakyMessenger()
        opened.messengers = {"console": messenger}
        opened.__post_init__()
        yield opened, messenger


async def test_what_cannot_be_told_now_is_told_later_in_order(
    flaky: tuple[Stage, FlakyMessenger],
) -> None:
    theatre, messenger = flaky
    messenger.failures = [UnavailableError("down"), UnavailableError("down", retry_after=30)]
    await theatre.says("developer", "dispatch hello")
    runner = await (await theatre.claims()).starts()
    await runner.reports("summary", text="working")
    await theatre.settle()
    assert messenger.posted == []
    await theatre.passes(seconds=2)
    assert messenger.posted == []
    await runner.orders()
    await theatre.passes(seconds=28)
    assert messenger.posted == []
    await runner.orders()
    await theatre.passes(seconds=3)
    assert [text_of(message).split("\n")[0] for _, _, message in messenger.posted] == [
        "▸ R-1 · Say hello",
        "💬 Say hello",
    ]
    (_, root, _), (_, thread, _) = messenger.posted
    assert (root, thread) == (None, "1")


async def test_what_is_refused_for_good_is_given_up_and_holds_nothing_up(
    flaky: tuple[Stage, FlakyMessenger],
) -> None:
    theatre, messenger = flaky
    await theatre.says("developer", "dispatch hello")
    runner = await (await theatre.claims()).starts()
    await theatre.settle()
    messenger.failures = [UserError("the channel is archived")]
    await runner.reports("summary", text="one")
    await theatre.settle()
    await runner.reports("summary", text="two")
    await theatre.settle()
    assert "two" in text_of(messenger.posted[-1][2])
    card = await theatre.store.read(lambda tx: tx.postings.find(1, CONSOLE, "card"))
    assert card is not None
    assert card.given_up == "the channel is archived" or card.told == card.wanted


async def test_edits_are_coalesced(flaky: tuple[Stage, FlakyMessenger]) -> None:
    theatre, messenger = flaky
    await theatre.says("developer", "dispatch fix-rounding")
    runner = await (await theatre.claims()).starts()
    for phase in ("PLANNING", "EXECUTING", "COMMITTING"):
        await runner.reports("phase", name=phase)
    await theatre.settle()
    assert len(messenger.posted) == 1
    assert len(messenger.edits) == 2
    assert "▸ COMMITTING" in text_of(messenger.edits[-1][1])


def _breaking(_request: object, _given: object) -> Reply:
    raise ZeroDivisionError


async def test_a_bug_gets_an_incident_and_changes_nothing(database: str, tmp_path: Path) -> None:
    (help_,) = [command for command in COMMANDS if command.verb == "help"]
    broken: Command = replace(help_, handle=_breaking)
    store = store_at(database, FakeClock())
    await store.open()
    dispatcher = Dispatcher(
        store,
        [broken],
        rules=rules,
        ids=FixedIds(),
        vault=FernetVault(VAULT_KEY),
        files=ArtifactFolder(tmp_path),
    )
    invocation = await dispatcher.accept(
        key="1", actor=person("developer", "console"), conversation=CONSOLE, text="help"
    )
    reply = await dispatcher.perform(invocation)
    assert reply.outcome is Outcome.BROKEN
    assert "incident-1" in text_of(reply.message)
    assert await dispatcher.perform(invocation) == reply
    await store.close()
    away = await dispatcher.perform(invocation)
    assert "kept and will be carried out" in text_of(away.message)


async def test_what_was_accepted_before_a_crash_is_done_after_it(database: str) -> None:
    async with stage(database) as before:
        await before.dispatcher.accept(
            key="1",
            actor=person("developer", "console"),
            conversation=CONSOLE,
            text="dispatch hello",
        )
    async with stage(database) as after:
        await after.dispatcher.resume()
        await after.dispatcher.resume()
        await after.settle()
        assert "R-1" in text_of(await after.card())
