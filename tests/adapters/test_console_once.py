"""`signalbox chat --once` against a served bot: exit codes and what is printed."""

import asyncio
import io
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from adapters.console.client import BotUnreachableError, ConsoleClient, connect
from adapters.console.once import Exit, Once, run_once
from adapters.console.screen import Screen
from adapters.console.starting import ensure_running
from adapters.web.private_file import write_private
from adapters.web.server import serve
from bot.domain.invocation import Invocation, Press
from bot.domain.vocabulary import Status
from bot.messages.message import Button, Tone
from bot.messages.reply import Outcome, Reply
from tests.adapters.console_world import TOKEN, World, done, open_world

CHAT = """
import argparse, pathlib, sys
from adapters.console.command import add_arguments, chat
parser = argparse.ArgumentParser()
add_arguments(parser)
data = pathlib.Path(sys.argv[1])
sys.exit(chat(parser.parse_args(sys.argv[2:]), data=data, start=lambda: sys.exit("no bot")))
"""
APPROVE = Button(label="Approve", press=Press(verb="approve"))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as world:
        write_private(tmp_path / "console-token", TOKEN)
        yield world


@asynccontextmanager
async def served(world: World) -> AsyncIterator[ConsoleClient]:
    app = world.app()
    async with (
        serve(app, world.data, host="127.0.0.1", port=0, closing=world.closing),
        connect(world.data, patience=0.5) as client,
    ):
        yield client


def no_start() -> "subprocess.Popen[bytes]":
    raise AssertionError("a running bot needs no start")


class Printed:
    """One call of `--once` with what it printed."""

    def __init__(self) -> None:
        self._out, self._err = io.StringIO(), io.StringIO()
        self.code = -1

    async def run(self, client: ConsoleClient, once: Once) -> "Printed":
        screen = Screen(out=self._out, err=self._err)
        self.code = await run_once(once, client, screen, start=no_start)
        return self

    @property
    def out(self) -> str:
        return self._out.getvalue()

    @property
    def err(self) -> str:
        return self._err.getvalue()


async def ask(world: World, once: Once) -> Printed:
    async with served(world) as client:
        return await Printed().run(client, once)


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome.DONE, Exit.OK),
        (Outcome.REFUSED, Exit.FAILED),
        (Outcome.BROKEN, Exit.FAILED),
        (Outcome.USAGE, Exit.USAGE),
        (Outcome.PROPOSED, Exit.WAITING),
    ],
)
async def test_the_exit_code_says_what_became_of_it(
    world: World, outcome: Outcome, code: int
) -> None:
    async def act(_: Invocation) -> Reply:
        return done("The private answer", outcome=outcome)

    world.requests.act = act
    printed = await ask(world, Once(text="list", who="reviewer"))
    assert printed.code == code
    assert printed.out == "┃ The private answer\n\n"
    (accepted,) = world.requests.accepted.values()
    assert (accepted.text, accepted.actor.name) == ("list", "reviewer")


async def play_run(world: World, status: Status, *gates: str) -> None:
    """A run begins, says a word in its thread, and comes to stand as given."""
    card = await world.say("R-1 · card")
    await world.stand(Status.RUNNING, card)
    await world.say("of another run", thread="99")
    await world.say("fixed the rounding", thread=card)
    if gates:
        await world.say("Approve the plan?", thread=card, buttons=(APPROVE,))
    await world.say(f"R-1 · {status}", edits=card, tone=Tone.GOOD)
    await world.stand(status, card, *gates)


def starting(world: World, status: Status, *gates: str) -> None:
    """Let the next request start R-1, which plays on by itself."""

    async def act(_: Invocation) -> Reply:
        await world.stand(Status.QUEUED, None)
        asyncio.get_running_loop().call_later(
            0.1,
            lambda: players.append(asyncio.ensure_future(play_run(world, status, *gates))),  # noqa: TID251  # awaited by the loop's end
        )
        return done("Started R-1", runs=("R-1",))

    players: list[asyncio.Future[None]] = []
    world.requests.act = act


@pytest.mark.parametrize(
    ("status", "gates", "code"),
    [
        (Status.SUCCEEDED, (), Exit.OK),
        (Status.FAILED, (), Exit.FAILED),
        (Status.CANCELLED, (), Exit.FAILED),
        (Status.WAITING, ("G-1",), Exit.WAITING),
    ],
)
async def test_with_wait_the_run_is_followed(
    world: World, status: Status, gates: tuple[str, ...], code: int
) -> None:
    starting(world, status, *gates)
    printed = await ask(world, Once(text="dispatch checks", wait=True))
    assert printed.code == code
    gate = ["┃ Approve the plan?", "┃ [1] Approve"] if gates else []
    shown = [line for line in printed.out.split("\n") if line]
    said = ["┃ Started R-1", "┃ fixed the rounding", *gate]
    assert shown == [*said, f"┃ ✔ R-1 · {status}"]


async def test_without_wait_the_card_and_thread_of_now_are_printed(world: World) -> None:
    starting(world, Status.RUNNING)
    printed = await ask(world, Once(text="dispatch checks"))
    assert printed.code == Exit.OK
    shown = [line for line in printed.out.split("\n") if line]
    assert shown == ["┃ Started R-1", "┃ ✔ R-1 · running", "┃ fixed the rounding"]


async def test_json_is_one_object(world: World) -> None:
    starting(world, Status.WAITING, "G-1")
    printed = await ask(world, Once(text="dispatch checks", wait=True, as_json=True))
    said = json.loads(printed.out)
    assert printed.out.count("\n") == 1
    assert sorted(said) == ["card", "exit", "reply", "run", "thread"]
    assert said["exit"] == printed.code == Exit.WAITING
    assert said["reply"]["runs"] == ["R-1"]
    assert said["run"]["waiting_gates"] == ["G-1"]
    assert said["card"]["title"] == "R-1 · waiting"
    assert [message["title"] for message in said["thread"]][-1] == "Approve the plan?"


async def test_a_deleted_run_has_nothing_more_to_say(world: World) -> None:
    async def act(_: Invocation) -> Reply:
        return done("Deleted R-1", runs=("R-1",))

    world.requests.act = act
    printed = await ask(world, Once(text="delete R-1"))
    assert (printed.code, printed.err) == (Exit.OK, "")


async def test_a_text_that_is_too_long_is_wrong_use(world: World) -> None:
    printed = await ask(world, Once(text="x" * 1_000_000, as_json=True))
    assert printed.code == Exit.USAGE
    assert "1,000,000 characters" in printed.err
    assert json.loads(printed.out)["reply"] is None
    assert world.requests.accepted == {}


async def test_bytes_that_are_no_text_are_wrong_use(world: World) -> None:
    printed = await ask(world, Once(text="list \udcff"))
    assert printed.code == Exit.USAGE
    assert "UTF-8" in printed.err


async def test_acting_as_another_is_refused_outside_a_rehearsal(world: World) -> None:
    world.rehearsal = False
    printed = await ask(world, Once(text="list", who="reviewer"))
    assert printed.code == Exit.FAILED
    assert "rehearsal" in printed.err


async def test_a_run_that_takes_too_long_goes_on(world: World) -> None:
    await world.stand(Status.RUNNING, await world.say("card"))

    async def act(_: Invocation) -> Reply:
        return done("Started R-1", runs=("R-1",))

    world.requests.act = act
    printed = await ask(world, Once(text="dispatch checks", wait=True, timeout=0.5))
    assert printed.code == Exit.FAILED
    assert "goes on" in printed.err


def command(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code])


async def test_an_interrupt_leaves_the_run_alone(world: World) -> None:
    await world.stand(Status.RUNNING, await world.say("card"))

    async def act(_: Invocation) -> Reply:
        return done("Started R-1", runs=("R-1",))

    world.requests.act = act
    async with asyncio.timeout(60), served(world):
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CHAT, str(world.data), "--once", "dispatch checks", "--wait"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        assert "Started R-1" in (await child.stdout.readline()).decode()
        child.send_signal(signal.SIGINT)
        _, said = await child.communicate()
    assert (child.returncode, said.decode()) == (130, "Left; what was started goes on.\n")


async def test_no_bot_can_be_started(tmp_path: Path) -> None:
    screen = Screen(out=io.StringIO(), err=io.StringIO())
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        started.append(command("raise SystemExit(1)"))
        return started[0]

    async with connect(tmp_path, patience=0) as client:
        code = await run_once(Once(text="list"), client, screen, start=start)
    assert code == Exit.UNREACHABLE
    assert started[0].returncode == 1


async def test_a_bot_is_started_where_none_runs(world: World, tmp_path: Path) -> None:
    child = command("")
    ready = asyncio.Event()

    def start() -> "subprocess.Popen[bytes]":
        ready.set()
        return child

    async with connect(tmp_path, patience=0) as client, asyncio.TaskGroup() as group:
        running = group.create_task(ensure_running(client, start))
        await ready.wait()
        async with served(world):
            assert await running is True
            assert await ensure_running(client, no_start) is False
    child.wait()


async def test_a_restart_in_between_is_waited_for(world: World, tmp_path: Path) -> None:
    async with connect(tmp_path, patience=20) as client, asyncio.TaskGroup() as group:
        call = group.create_task(client.newest())
        await asyncio.sleep(0.1)
        async with served(world):
            assert await call == 0


async def test_something_else_at_the_address_is_not_the_bot(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    write_private(tmp_path / "address", f"http://127.0.0.1:{port}\n")
    write_private(tmp_path / "console-token", TOKEN)
    async with server, connect(tmp_path, patience=0) as client:
        with pytest.raises(BotUnreachableError, match="something else"):
            await client.newest()
