"""`signalbox chat --once`: one request from a shell, with an exit code that says what became of it.

0 it took effect (with --wait: the run succeeded), 1 failed or refused, 2 wrong use,
3 a person is needed, 4 no bot answers.
"""

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum, unique

from adapters.console.client import BotUnreachableError, ConsoleClient, Wish
from adapters.console.following import Following
from adapters.console.screen import Screen
from adapters.console.starting import Start, ensure_running, started
from bot.domain.codec import encode
from bot.domain.errors import SignalboxError, UsageError
from bot.domain.vocabulary import Status
from bot.messages.message import Message
from bot.messages.reply import Outcome, Reply
from bot.ports.run_standing import RunStanding


@unique
class Exit(IntEnum):
    """Exit codes."""

    OK = 0
    FAILED = 1
    USAGE = 2
    WAITING = 3
    UNREACHABLE = 4


_EXITS = {
    Outcome.DONE: Exit.OK,
    Outcome.PROPOSED: Exit.WAITING,
    Outcome.REFUSED: Exit.FAILED,
    Outcome.USAGE: Exit.USAGE,
    Outcome.BROKEN: Exit.FAILED,
}


@dataclass(frozen=True, kw_only=True)
class Once:
    """What is asked, by whom, and how long its run is followed."""

    text: str
    who: str = "developer"
    wait: bool = False
    as_json: bool = False
    timeout: float | None = None
    """Seconds for all of it; None waits as long as it takes."""


@dataclass
class _Result:
    """What has become of it so far."""

    reply: Reply | None = None
    runs: tuple[RunStanding, ...] = ()
    card: Message | None = None
    thread: tuple[Message, ...] = ()
    error: str = ""

    def keep(self, following: Following) -> None:
        """The first run stands for all of them."""
        if self.runs:
            self.card = following.card(self.runs[0])
            self.thread = following.thread(self.runs[0])

    def as_json(self, code: Exit) -> str:
        run = self.runs[0] if self.runs else None
        result = {
            "reply": encode(self.reply),
            "run": encode(run),
            "card": encode(self.card),
            "thread": encode(self.thread),
            "exit": int(code),
        }
        return json.dumps(result | ({"error": self.error} if self.error else {}))


async def run_once(once: Once, client: ConsoleClient, screen: Screen, *, start: Start) -> Exit:
    """Do it, say what comes of it, and give the exit code. Errors are said, not raised."""
    result = _Result()
    try:
        async with asyncio.timeout(once.timeout):
            code = await _ask(once, client, screen, start=start, result=result)
    except TimeoutError:
        result.error = f"Not done after {once.timeout} s; what was started goes on."
        code = Exit.FAILED if result.reply else Exit.UNREACHABLE
    except SignalboxError as error:
        result.error = str(error)
        code = _failed(error)
    if result.error:
        screen.warn(result.error)
    if once.as_json:
        screen.say(result.as_json(code))
    return code


def _failed(error: SignalboxError) -> Exit:
    if isinstance(error, BotUnreachableError):
        return Exit.UNREACHABLE
    return Exit.USAGE if isinstance(error, UsageError) else Exit.FAILED


async def _ask(
    once: Once, client: ConsoleClient, screen: Screen, *, start: Start, result: _Result
) -> Exit:
    if await ensure_running(client, start):
        screen.warn(started(client))
    following = Following(client, after=await client.newest(), who=once.who)
    reply = await client.invoke(Wish(key=uuid.uuid4().hex, who=once.who, text=once.text))
    result.reply = reply
    tell = _tell_nothing if once.as_json else screen.show
    tell(reply.message)
    if reply.outcome is not Outcome.DONE or not reply.runs:
        return _EXITS[reply.outcome]
    if once.wait:
        await following.to_the_end(reply.runs, tell)
    result.runs = await following.settle(reply.runs)
    result.keep(following)
    for standing in result.runs:
        _tell_run(standing, following, tell, wait=once.wait)
    return _ended(result.runs) if once.wait else Exit.OK


def _tell_nothing(_: Message) -> None:
    """With --json everything is said at the end, in one object."""


def _tell_run(
    standing: RunStanding, following: Following, tell: Callable[[Message], None], *, wait: bool
) -> None:
    """The card, then its thread; a thread that was followed comes first, to its end."""
    if wait:
        following.tell_news(standing, tell)
    if card := following.card(standing):
        tell(card)
    following.tell_news(standing, tell)


def _ended(runs: tuple[RunStanding, ...]) -> Exit:
    if any(not run.live and run.status is not Status.SUCCEEDED for run in runs):
        return Exit.FAILED
    return Exit.WAITING if any(run.live for run in runs) else Exit.OK
