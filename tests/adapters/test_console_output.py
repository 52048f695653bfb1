"""Output and files in the terminal: colours that do no harm, /tail and /save."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.console.client import ConsoleClient, connect
from adapters.console.colours import Colouring, keep_colours
from adapters.console.once import Exit, Once, run_once
from adapters.console.outbound import Terminal, render
from adapters.console.saving import save
from adapters.console.screen import Screen
from adapters.console.tailing import tail
from adapters.web.private_file import write_private
from adapters.web.server import serve
from bot.domain.errors import NotFoundError, RefusedError, UnavailableError, UsageError
from bot.domain.vocabulary import Status
from bot.messages.markup import fence
from bot.messages.message import Message
from tests.adapters.console_world import TOKEN, World, open_world

ENOUGH = 30
SAFE = re.compile(r"\x1b\[[0-9;]+m")


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    (tmp_path / "data").mkdir()
    async with open_world(tmp_path / "data") as world:
        write_private(world.data / "console-token", TOKEN)
        await world.claimed_job()
        yield world


def served(world: World) -> AbstractAsyncContextManager[str]:
    return serve(world.app(), world.data, host="127.0.0.1", port=0, closing=world.closing)


@asynccontextmanager
async def talking(world: World) -> AsyncIterator[ConsoleClient]:
    async with asyncio.timeout(ENOUGH), served(world), connect(world.data, patience=2) as client:
        yield client


async def shows(stream: io.StringIO, words: str) -> None:
    while words not in stream.getvalue():  # noqa: ASYNC110  # a text stream has no event
        await asyncio.sleep(0.01)


def files_of(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- colours


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("plain", [("plain", "")]),
        ("\x1b[31mred\x1b[0m not", [("red", "31"), (" not", "")]),
        ("\x1b[1;4;92mb\x1b[22mu\x1b[mn", [("b", "1;4;92"), ("u", "4;92"), ("n", "")]),
        ("\x1b[38;5;208mo\x1b[39mn", [("o", "38;5;208"), ("n", "")]),
        ("\x1b[48:2:1:2:255mg", [("g", "48;2;1;2;255")]),
        ("\x1b[38;5;999mn\x1b[38mn\x1b[38;9;31mn", [("n", ""), ("n", ""), ("n", "31")]),
        ("\x1b[5;8mblink hidden", [("blink hidden", "")]),
        ("\x1b[03;007mi", [("i", "3;7")]),
        ("\x1b[2J\x1b]0;t\x07x", [("[2J]0;tx", "")]),
    ],
)
def test_only_styles_that_do_no_harm_are_kept(text: str, pieces: list[tuple[str, str]]) -> None:
    assert Colouring().read(text) == pieces


def test_a_colour_goes_on_until_it_is_changed() -> None:
    colouring = Colouring()
    colouring.read("\x1b[31mred")
    assert colouring.read("still") == [("still", "31")]


@given(
    st.text(
        st.one_of(st.characters(), st.sampled_from("\x1b[0123456789;:mJ\x07\x9b\n")), max_size=60
    )
)
def test_no_output_can_speak_to_the_terminal(text: str) -> None:
    message = Message(title="x", body=fence(text))
    for colour in (True, False):
        drawn = render(message, Terminal(colour=colour))
        left = SAFE.sub("", drawn) if colour else drawn
        assert all(character.isprintable() or character in "\n\u200c\u200d" for character in left)
    assert "\x1b" not in SAFE.sub("", re.sub(r"\x1b\[[0-9;:]*m", "", keep_colours(text)))


def test_a_fence_shows_colours_on_a_terminal_alone() -> None:
    message = Message(title="x", body="before \x1b[31mx\n" + fence("\x1b[31mred\nstill\x1b[0m"))
    drawn = render(message, Terminal(colour=True))
    assert "\x1b[31mred\x1b[0m" in drawn
    assert "\x1b[31mstill\x1b[0m" in drawn
    assert "before x" in SAFE.sub("", drawn)
    assert "\x1b" not in render(message, Terminal(colour=False))


# --- /tail


async def test_a_tail_shows_the_last_lines_and_what_comes_until_the_end(world: World) -> None:
    out = Tty()
    await world.says("".join(f"line {number}\n" for number in range(30)) + "\x1b[32mgreen\n")
    async with talking(world) as client, asyncio.TaskGroup() as group:
        group.create_task(tail(client, Screen(out=out), "1", who="viewer"))
        await shows(out, "green")
        await world.says("later\x1b]0;evil\x07\n")
        await world.says("last\x1b[0m\n", ends=Status.SUCCEEDED)
    shown = out.getvalue()
    assert "line 10" not in shown
    assert "line 11" in shown
    assert "\x1b[32mlater]0;evil\x1b[0m\n" in shown
    assert "\x1b[32mlast\x1b[0m\n" in shown
    assert "R-1.1 has ended: succeeded" in shown


async def test_a_tail_outlives_a_restart_of_the_bot(world: World) -> None:
    out, err = io.StringIO(), io.StringIO()
    await world.says("\x1b[31mone\n")
    connected = connect(world.data, patience=0.3)
    async with asyncio.timeout(ENOUGH), connected as client, asyncio.TaskGroup() as group:
        async with served(world):
            screen = Screen(out=out, err=err)
            task = group.create_task(tail(client, screen, "R-1.1", who="viewer"))
            await shows(out, "one")
        await shows(err, "Trying again")
        world.closing.clear()
        await world.says("two\n", ends=Status.FAILED)
        async with served(world):
            await task
    assert "one\ntwo\n" in out.getvalue()
    assert "\x1b" not in out.getvalue()


async def test_a_tail_says_what_is_wrong(world: World) -> None:
    async with talking(world) as client:
        screen = Screen(out=io.StringIO())
        with pytest.raises(UsageError, match="Whose output"):
            await tail(client, screen, "nonsense", who="viewer")
        with pytest.raises(RefusedError, match="not know who you are"):
            await tail(client, screen, "R-1", who="stranger")
        with pytest.raises(NotFoundError, match="has no job 9"):
            await tail(client, screen, "R-1.9", who="viewer")


# --- /save


class Answers:
    """Somebody who says this, and what was asked."""

    def __init__(self, *answers: str | None) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, question: str, *, secret: bool = False) -> str | None:
        assert not secret
        self.asked.append(question)
        return self._answers.pop(0)


async def test_a_file_is_saved_and_never_replaced_unasked(world: World, tmp_path: Path) -> None:
    await world.leaves("a report.txt", b"old")
    await world.leaves("a report.txt", b"new")
    target = tmp_path / "kept.txt"
    out = io.StringIO()

    async def saves(words: str, ask: Answers | None = None) -> None:
        await save(client, Screen(out=out), words, who="viewer", ask=ask)

    async with talking(world) as client:
        await saves(f'R-1 "a report.txt" {target}')
        assert target.read_bytes() == b"new"
        assert "Saved" in out.getvalue()
        target.write_text("mine")
        for nobody in (None, Answers("n"), Answers(None), Answers("")):
            with pytest.raises(RefusedError, match="stays as it is"):
                await saves(f'R-1 "a report.txt" {target}', nobody)
        assert target.read_text() == "mine"
        answers = Answers("Y")
        await saves(f'R-1 "a report.txt" {target}', answers)
        assert target.read_bytes() == b"new"
        assert "Replace it?" in answers.asked[0]
        await saves(f'1 "a report.txt" {tmp_path}')
        assert (tmp_path / "a report.txt").read_bytes() == b"new"
    assert files_of(tmp_path) == ["a report.txt", "data", "kept.txt"]


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ("", UsageError, "Which file of which run"),
        ("R-1", UsageError, "Which file of which run"),
        ("R-1 a b c", UsageError, "Which file of which run"),
        ("nonsense x", UsageError, "Which file of which run"),
        ('R-1 "open', UsageError, "never closed"),
        ("R-1 other.txt", NotFoundError, "its files: report.txt, ~root"),
        ("R-1 ~root", UsageError, "no good file name"),
        ("R-1 report.txt /no/such/folder/x", UnavailableError, "cannot be written"),
        ("R-9 report.txt", NotFoundError, "no run 9"),
    ],
)
async def test_what_cannot_be_saved_is_said(
    world: World, words: str, error: type[Exception], said: str
) -> None:
    await world.leaves("report.txt", b"x")
    await world.leaves("~root", b"x")
    async with talking(world) as client:
        with pytest.raises(error, match=said):
            await save(client, Screen(out=io.StringIO()), words, who="viewer", ask=None)


async def test_a_content_that_is_gone_leaves_nothing_behind(world: World, tmp_path: Path) -> None:
    sha256 = await world.leaves("report.txt", b"right")
    path = world.artifacts.path(sha256)
    async with talking(world) as client:
        for spoil, error in (
            (lambda: path.write_bytes(b"wrong"), UnavailableError),
            (path.unlink, NotFoundError),
        ):
            spoil()
            words = f"R-1 report.txt {tmp_path / 'x.txt'}"
            with pytest.raises(error):
                await save(client, Screen(out=io.StringIO()), words, who="viewer", ask=None)
    assert files_of(tmp_path) == ["data"]


async def test_once_tails_and_saves_too(world: World, tmp_path: Path) -> None:
    await world.says("said\n", ends=Status.SUCCEEDED)
    await world.leaves("report.txt", b"x")
    out, err = io.StringIO(), io.StringIO()

    async def once(text: str) -> Exit:
        def start() -> None:
            raise AssertionError("it runs already")

        wish = Once(text=text, who="viewer")
        return await run_once(wish, client, Screen(out=out, err=err), start=start)  # type: ignore[arg-type]

    async with talking(world) as client:
        assert await once("/tail R-1") is Exit.OK
        assert await once(f"/save R-1 report.txt {tmp_path}") is Exit.OK
        assert await once(f"/save R-1 report.txt {tmp_path}") is Exit.FAILED
        assert await once("/tail") is Exit.USAGE
    assert "said" in out.getvalue()
    assert "stays as it is" in err.getvalue()
