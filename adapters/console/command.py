"""The arguments of `signalbox chat`, and the way from them to an exit code."""

import argparse
import asyncio
import sys
from pathlib import Path

from adapters.console.client import ConsoleClient, connect
from adapters.console.once import Exit, Once, run_once
from adapters.console.screen import Screen, standard_screen
from adapters.console.starting import Start, ensure_running, started
from bot.domain.errors import SignalboxError

_INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let a parser take what `chat` takes."""
    parser.add_argument("--once", metavar="TEXT", help="ask this one thing and leave")
    parser.add_argument("--as", dest="who", default="developer", help="who speaks (rehearsal)")
    parser.add_argument("--wait", action="store_true", help="with --once: follow the run")
    parser.add_argument("--json", action="store_true", help="with --once: print one JSON object")
    parser.add_argument("--timeout", type=float, metavar="S", help="with --once: seconds at most")


def chat(arguments: argparse.Namespace, *, data: Path, start: Start, plain: bool = False) -> int:
    """Run `signalbox chat` and give its exit code.

    `start` starts a bot where none runs; `plain` (NO_COLOR, a dumb terminal) means no colours.
    """
    screen = standard_screen(plain=plain)
    if arguments.once is None and (arguments.wait or arguments.json or arguments.timeout):
        screen.warn("--wait, --json and --timeout need --once TEXT.")
        return Exit.USAGE
    try:
        return asyncio.run(_chat(arguments, screen, data=data, start=start))
    except KeyboardInterrupt:
        screen.warn("Left; what was started goes on.")
        return _INTERRUPTED


async def _chat(arguments: argparse.Namespace, screen: Screen, *, data: Path, start: Start) -> int:
    async with connect(data) as client:
        if arguments.once is None:
            return await _converse(client, screen, who=arguments.who, start=start)
        once = Once(
            text=arguments.once,
            who=arguments.who,
            wait=arguments.wait,
            as_json=arguments.json,
            timeout=arguments.timeout,
        )
        return await run_once(once, client, screen, start=start)


async def _converse(client: ConsoleClient, screen: Screen, *, who: str, start: Start) -> int:
    # Line editing is slow to load, and --once does without.
    from adapters.console.chat import Chat  # noqa: PLC0415
    from adapters.console.lines import PipedLines, TerminalLines  # noqa: PLC0415

    session = Chat(client, screen, who=who)
    try:
        if await ensure_running(client, start):
            screen.warn(started(client))
        typed = sys.stdin.isatty() and sys.stdout.isatty()
        history = client.data / "console-history"
        lines = TerminalLines(history, session.complete) if typed else PipedLines(sys.stdin)
        await session.converse(lines)
    except SignalboxError as error:
        screen.warn(str(error))
        return Exit.UNREACHABLE
    return Exit.OK
