"""The interactive chat: what lines mean, what buttons ask, what comes in meanwhile."""

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from adapters.console.buttons import ButtonBoard, press
from adapters.console.chat import Chat
from adapters.console.client import connect
from adapters.console.lines import PipedLines, TerminalLines
from adapters.console.screen import Screen
from adapters.transcript import TranscriptMessenger
from adapters.web.private_file import write_private
from adapters.web.server import serve
from bot.domain.conversation import CONSOLE
from bot.domain.errors import NotFoundError, UsageError
from bot.domain.invocation import Invocation, Press
from bot.domain.vocabulary import Status
from bot.messages.message import Button, Field, FieldKind, Message, Tone
from bot.messages.reply import Reply
from tests.adapters.console_world import TOKEN, World, done, open_world

ENOUGH = 30


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as world:
        write_private(tmp_path / "console-token", TOKEN)
        yield world


def button(verb: str, **parts: object) -> Button:
    made = Press(verb=verb, arguments={"gate": 41})
    return Button(label=verb.title(), press=made, **parts)  # type: ignore[arg-type]


REASON = Field(name="reason", label="Why", kind=FieldKind.LONG_TEXT)
MODE = Field(name="mode", label="Mode", kind=FieldKind.CHOICE, choices=("autopilot", "supervised"))
OWNER = Field(name="owner", label="Owner", kind=FieldKind.PERSON, required=False)


class Script:
    """Lines of a test: a text is typed, anything else is awaited first."""

    def __init__(self, *steps: object) -> None:
        self._steps = list(steps)
        self.prompts: list[str] = []

    async def read(self, prompt: str) -> str | None:
        self.prompts.append(prompt)
        while self._steps:
            step = self._steps.pop(0)
            if isinstance(step, str):
                return step
            await step  # type: ignore[misc]
        return None

    async def ask(self, question: str, *, secret: bool = False) -> str | None:
        del secret
        return await self.read(question)

    async def leave(self, hint: str) -> None:
        await self.read(hint)

    def shared_output(self) -> AbstractContextManager[None]:
        return nullcontext()


class Session:
    """A chat against a served world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._out, self._err = io.StringIO(), io.StringIO()

    async def type(self, *steps: object) -> Script:
        script = Script(*steps)
        served = serve(
            self._world.app(),
            self._world.data,
            host="127.0.0.1",
            port=0,
            closing=self._world.closing,
        )
        async with asyncio.timeout(ENOUGH), served, connect(self._world.data) as client:
            screen = Screen(out=self._out, err=self._err)
            await Chat(client, screen, who="developer").converse(script)
        return script

    async def shows(self, words: str) -> None:
        while words not in self.out:  # noqa: ASYNC110  # a text stream has no event
            await asyncio.sleep(0.01)

    @property
    def out(self) -> str:
        return self._out.getvalue()

    @property
    def err(self) -> str:
        return self._err.getvalue()


def asked(world: World) -> list[tuple[str, str, str | None]]:
    return [
        (call.text, call.actor.name, call.conversation.thread)
        for call in world.requests.accepted.values()
    ]


async def test_lines_are_said_as_the_person_in_the_thread(world: World) -> None:
    await world.stand(Status.RUNNING, "7")
    script = await Session(world).type(
        "/run list", "/as @reviewer", "/thread 1", "looks good", "/thread", "hello", "/quit", "no"
    )
    assert asked(world) == [
        ("/run list", "developer", None),
        ("looks good", "reviewer", "7"),
        ("hello", "reviewer", None),
    ]
    assert "developer> " in script.prompts
    assert "reviewer R-1> " in script.prompts


async def test_what_comes_in_is_shown_and_its_buttons_can_be_pressed(world: World) -> None:
    session = Session(world)
    first = (button("approve"), button("deny", form=(REASON,)))
    await session.type(
        world.say("Plan one?", thread="7", buttons=first),
        session.shows("Plan one?"),
        world.say("Plan two?", buttons=(button("retry", confirm="Really?"),)),
        session.shows("Plan two?"),
        "1.2",
        "too risky",
        "1",
        "y",
        "press 1 1",
        "/quit",
    )
    pressed = [
        (call.press.verb, dict(call.press.arguments), call.conversation.thread)
        for call in world.requests.accepted.values()
        if call.press
    ]
    assert pressed == [
        ("deny", {"gate": 41, "reason": "too risky"}, "7"),
        ("retry", {"gate": 41}, "2"),
        ("approve", {"gate": 41}, "7"),
    ]
    assert "  ┃ #1  [1] Approve  [2] Deny" in session.out


async def test_an_edit_is_one_line_unless_it_matters(world: World) -> None:
    session = Session(world)
    card = await world.say("before")
    await session.type(
        world.say("R-1 queued", buttons=(button("stop"),)),
        session.shows("R-1 queued"),
        world.say("R-1 half way", edits=str(int(card) + 1), buttons=(button("stop"),)),
        session.shows("R-1 half way"),
        world.say("R-1 done", edits=str(int(card) + 1), tone=Tone.GOOD),
        session.shows("R-1 done"),
        "1",
        "/quit",
    )
    assert "before" not in session.out
    assert "\nR-1 half way\n" in session.out
    assert "┃ ✔ R-1 done" in session.out
    assert "No message with that number has buttons" in session.err


async def test_errors_are_said_and_the_chat_goes_on(world: World) -> None:
    session = Session(world)
    await session.type("/as", "/thread nonsense", "/thread 9", "5", "x" * 9_000, "list", "/quit")
    assert [call.text for call in world.requests.accepted.values()] == ["list"]
    for words in ("/as reviewer", "/thread R-1", "no run R-9", "buttons", "9,000 characters"):
        assert words in session.err


async def test_private_answers_have_buttons_too(world: World) -> None:
    async def act(invocation: Invocation) -> Reply:
        offer = Message(title="Which?", buttons=(button("list"),))
        return Reply(message=offer) if invocation.text else done("listed")

    world.requests.act = act
    session = Session(world)
    await session.type("lst", "1", "/quit")
    assert "for @developer only\n┃ Which?\n┃ #1  [1] List" in session.out
    assert "┃ listed" in session.out


async def test_completion_is_the_bots_with_our_own_words(world: World) -> None:
    served = serve(world.app(), world.data, host="127.0.0.1", port=0, closing=world.closing)
    async with connect(world.data, patience=0) as client:
        chat = Chat(client, Screen(), who="developer")
        assert await chat.complete("/q") == ("/quit",)
        async with served:
            assert await chat.complete("show la") == ("last",)


# --- buttons


async def answers(*given: str | None) -> tuple[list[str], Press | None]:
    questions: list[str] = []
    left = list(given)

    async def ask(question: str, *, secret: bool = False) -> str | None:
        questions.append(f"unseen: {question}" if secret else question)
        return left.pop(0)

    form = (REASON, MODE, OWNER)
    return questions, await press(button("change", confirm="Sure?", form=form), ask)


async def test_a_form_is_asked_field_by_field() -> None:
    questions, pressed = await answers("y", "", "because", "fast", "2", "@ana")
    assert pressed is not None
    assert pressed.arguments == {
        "gate": 41,
        "reason": "because",
        "mode": "supervised",
        "owner": "ana",
    }
    assert questions[0] == "Sure? [y/n] "
    assert questions[2].startswith("It must not be empty. Why")
    assert "1) autopilot  2) supervised" in questions[3]


async def test_an_optional_field_may_stay_empty() -> None:
    _, pressed = await answers("yes", "because", "autopilot", "")
    assert pressed is not None
    assert "owner" not in pressed.arguments


@pytest.mark.parametrize("given", [("n",), ("",), (None,), ("y", None), ("y", "because", None)])
async def test_leaving_a_question_sends_nothing(given: tuple[str | None, ...]) -> None:
    _, pressed = await answers(*given)
    assert pressed is None


def test_a_message_keeps_its_number_and_loses_its_buttons() -> None:
    board = ButtonBoard()
    card = Message(title="card", buttons=(button("stop"),))
    assert board.place(card, thread=None, id_=5) == 1
    assert board.place(card, thread=None) == 2
    assert board.place(card, thread="5", id_=5) == 1
    assert board.place(Message(title="ended"), thread=None, id_=5) is None
    with pytest.raises(UsageError, match="#2"):
        board.find("1.1")
    found = board.find("1")
    assert found is not None
    assert found.button.press.verb == "stop"


@pytest.mark.parametrize("line", ["list", "1.2.3", "R-1", "press", "approve 1", "one", "1 2"])
def test_other_lines_name_no_button(line: str) -> None:
    assert ButtonBoard().find(line) is None


# --- lines and messenger


async def test_piped_lines_end_with_their_stream() -> None:
    lines = PipedLines(io.StringIO("one\ntwo"))
    assert [await lines.read("> "), await lines.ask("? "), await lines.read("> ")] == [
        "one",
        "two",
        None,
    ]


async def test_bytes_that_are_no_text_reach_the_chat_as_they_are() -> None:
    with io.TextIOWrapper(io.BytesIO(b"list \xff\nmore\n"), encoding="utf-8") as pipe:
        lines = PipedLines(pipe)
        assert [await lines.read(""), await lines.read("")] == ["list \udcff", "more"]
        assert await lines.read("") is None


async def test_a_terminal_edits_completes_and_remembers(tmp_path: Path) -> None:
    async def complete(text: str) -> tuple[str, ...]:
        return ("approve",) if text == "/run app" else ()

    with create_pipe_input() as keys, create_app_session(input=keys, output=DummyOutput()):
        lines = TerminalLines(tmp_path / "history", complete)
        keys.send_text("lisx\x7ft\r")
        assert await lines.read("> ") == "list"
        for line in ("/run answer G-1 token=secret", "Answer last secret", "run reply last secret"):
            keys.send_text(f"{line}\r")
            assert await lines.read("> ") == line
        keys.send_text("secret\r")
        assert await lines.ask("? ") == "secret"
        keys.send_text("\x04")
        assert await lines.read("> ") is None
    kept = (tmp_path / "history").read_text().splitlines()
    assert [line for line in kept if line.startswith("+")] == ["+list"]
    assert (tmp_path / "history").stat().st_mode & 0o077 == 0


async def test_the_messenger_tells_once_and_edits(world: World) -> None:
    messenger = TranscriptMessenger(world.store, "console")
    card = Message(title="card")
    first = await messenger.post(CONSOLE, card, key="p:1", thread=None)
    assert await messenger.post(CONSOLE, card, key="p:1", thread=None) == first
    await messenger.post(CONSOLE, Message(title="note"), key="p:2", thread=first)
    await messenger.edit(CONSOLE, first, Message(title="ended"))
    said = await world.store.read(lambda tx: tx.transcript.since(CONSOLE, change=0, limit=9))
    assert [(s.message["title"], s.thread) for s in said] == [("note", first), ("ended", None)]
    with pytest.raises(NotFoundError):
        await messenger.edit(CONSOLE, "99", card)


def field_of(kind: FieldKind, **settings: Any) -> Field:
    return Field(name=f"field.{kind.value}", label=kind.value, kind=kind, **settings)


async def test_a_typed_form_is_asked_field_by_field_and_secrets_unseen() -> None:
    form = (
        field_of(FieldKind.NUMBER, hint="at least 1"),
        field_of(FieldKind.MULTI_CHOICE, choices=("tea", "pots")),
        field_of(FieldKind.FLAG, required=False, default="no"),
        field_of(FieldKind.SECRET),
    )
    questions: list[str] = []
    left = ["many", "3", "tea, mugs", "2, tea", "", "", " hunter2 "]

    async def ask(question: str, *, secret: bool = False) -> str | None:
        questions.append(f"unseen: {question}" if secret else question)
        return left.pop(0)

    pressed = await press(button("answer", form=form), ask)
    assert pressed is not None
    assert pressed.arguments == {
        "gate": 41,
        "field.number": "3",
        "field.multi_choice": "pots, tea",
        "field.secret": " hunter2 ",
    }
    assert questions[:2] == [
        "number (at least 1) › ",
        "It must be a number. number (at least 1) › ",
    ]
    assert questions[2] == "multi_choice (several with commas): 1) tea  2) pots › "
    assert questions[3].startswith("It must be some of these, with commas between them. ")
    assert questions[4] == "flag (yes or no, empty: no) › "
    assert questions[5] == "unseen: secret › "
    assert questions[6] == "unseen: It must not be empty. secret › "


# --- output and files


async def test_a_tail_in_a_chat_ends_when_one_leaves_or_with_the_run(world: World) -> None:
    await world.claimed_job()
    await world.says("beginning\n")
    await world.leaves("report.txt", b"x")
    session = Session(world)

    async def end() -> None:
        await session.shows("beginning")

    target = world.data / "kept.txt"
    await session.type("/tail R-1", end(), "", f"/save R-1 report.txt {target}", "/tail zzz", "")
    assert target.read_bytes() == b"x"
    assert "Whose output?" in session.err
    assert "has ended" not in session.out
    await world.says("the end\n", ends=Status.FAILED)
    world.closing.clear()
    await session.type("/tail R-1", session.shows("has ended: failed"))
    assert "the end" in session.out


async def test_a_pipe_stays_with_a_tail_until_the_run_ends() -> None:
    lines = PipedLines(io.StringIO("next\n"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await lines.leave("")
    assert await lines.read("") == "next"
