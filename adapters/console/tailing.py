"""`/tail R-1`: a run's output in the terminal as it comes, until the run ends or one leaves."""

import asyncio
import re

from adapters.console.client import BotUnreachableError, ConsoleClient, Output
from adapters.console.colours import Colouring
from adapters.console.screen import Screen
from bot.domain.errors import UsageError

TAIL = "/tail"
_HOLD = 20.0
"""Seconds a call for more is held open."""
_BEGINNING = 20
"""Lines that are shown of what was said before."""
_RUN = re.compile(r"(?:[Rr]-)?(\d{1,15})(?:\.(\d{1,6}))?")


async def tail(client: ConsoleClient, screen: Screen, name: str, *, who: str) -> None:
    """Show the end of a run's output, and then what comes, until its job has ended.

    A restart of the bot is waited for. Raises UsageError for what names no run, and what the
    bot answers.
    """
    match = _RUN.fullmatch(name)
    if not match:
        raise UsageError("Whose output? Type for example: /tail R-1, or /tail R-1.2 for a job.")
    key, job = f"R-{match[1]}", int(match[2]) if match[2] else None
    colouring = Colouring()
    output = await client.output(key, who=who, job=job, after=None, wait=0)
    screen.note(f"following {output.job}")
    _show(screen, _last_lines(output), colouring)
    while not output.ended:
        output = await _more(client, screen, output, key=key, who=who)
        _show(screen, "".join(chunk.text for chunk in output.chunks), colouring)
    screen.note(f"{output.job} has ended: {output.status.value}")


async def _more(
    client: ConsoleClient, screen: Screen, seen: Output, *, key: str, who: str
) -> Output:
    while True:
        try:
            return await client.output(key, who=who, job=seen.number, after=seen.after, wait=_HOLD)
        except BotUnreachableError as error:
            screen.warn(f"{error} Trying again.")
            await asyncio.sleep(1)


def _last_lines(output: Output) -> str:
    text = "".join(chunk.text for chunk in output.chunks)
    return "".join(text.splitlines(keepends=True)[-_BEGINNING:])


def _show(screen: Screen, text: str, colouring: Colouring) -> None:
    if text:
        screen.stream(text, colouring)
