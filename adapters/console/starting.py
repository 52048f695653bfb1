"""Starting a bot behind the terminal's back, where none runs yet."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from adapters.console.client import BotUnreachableError, ConsoleClient

Start = Callable[[], "subprocess.Popen[bytes]"]

_PATIENCE = 30.0
_AFTER_DEATH = 3.0
"""Seconds that a bot started by somebody else at the same moment is waited for."""
_PAUSE = 0.1


def start_detached(data: Path, arguments: Sequence[str] = ("up",)) -> "subprocess.Popen[bytes]":
    """Start `signalbox up`, not bound to this terminal; it writes to `data/bot.log`."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = os.open(data / "bot.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(  # noqa: S603  # our own program, no shell
            [sys.executable, "-m", "bot", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    finally:
        os.close(log)


async def ensure_running(client: ConsoleClient, start: Start) -> bool:
    """See to it that a bot answers; True when it had to be started.

    Raises BotUnreachableError when it does not come up.
    """
    if await client.ready():
        return False
    try:
        child = start()
    except OSError as error:
        raise BotUnreachableError(f"Cannot start the bot: {error}.") from error
    loop = asyncio.get_running_loop()
    end = loop.time() + _PATIENCE
    while not await client.ready():
        if child.poll() is not None:
            end = min(end, loop.time() + _AFTER_DEATH)
        if loop.time() > end:
            raise BotUnreachableError(
                f"The bot did not start; {client.data / 'bot.log'} says why. “signalbox up” "
                "shows it directly."
            )
        await asyncio.sleep(_PAUSE)
    return True


def started(client: ConsoleClient) -> str:
    """What is said where a bot had to be started."""
    return f"No bot was running; started one, which writes to {client.data / 'bot.log'}."
