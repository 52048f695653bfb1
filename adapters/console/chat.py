"""`signalbox chat`: the embedded chat in a terminal, with messages coming in as one types."""

import asyncio
import re
import uuid

from adapters.console.buttons import ButtonBoard, press
from adapters.console.client import ConsoleClient, Wish, message_of
from adapters.console.lines import Lines
from adapters.console.outbound import buttons_of
from adapters.console.saving import SAVE, save
from adapters.console.screen import Screen
from adapters.console.tailing import TAIL, tail
from bot.domain.errors import SignalboxError, UsageError
from bot.domain.invocation import Press
from bot.messages.message import Message
from bot.ports.chat_store import Said

_HOLD = 20.0
"""Seconds a call for news is held open."""
_PAUSE = 1.0
"""Seconds between two tries to hear a bot that does not answer."""
_OWN_COMMANDS = ("/as", "/quit", SAVE, TAIL, "/thread")
_RUN = re.compile(r"(?:[Rr]-)?(\d+)")


class Chat:
    """One session: who speaks, in which thread, and what was shown."""

    def __init__(self, client: ConsoleClient, screen: Screen, *, who: str) -> None:
        self._client = client
        self._screen = screen
        self._who = who
        self._run = ""
        self._thread: str | None = None
        self._board = ButtonBoard()
        self._shown: dict[int, Message] = {}

    async def converse(self, lines: Lines) -> None:
        """Answer line after line until they end, showing meanwhile what others are told."""
        after = await self._client.newest()
        self._screen.note(
            "/run help says what can be asked; here also: /as NAME, /thread R-1, /tail R-1, "
            "/save R-1 FILE, /quit."
        )
        with lines.shared_output():
            async with asyncio.TaskGroup() as group:
                listener = group.create_task(self._listen(after))
                while (line := await lines.read(self.prompt)) is not None:
                    if line.strip() == "/quit":
                        break
                    await self._say_errors(line.strip(), lines)
                listener.cancel()

    @property
    def prompt(self) -> str:
        """Who speaks, and in which run's thread."""
        return f"{self._who} {self._run}> " if self._run else f"{self._who}> "

    async def complete(self, text: str) -> tuple[str, ...]:
        """Full replacements for the last word; none while no bot answers."""
        own = tuple(word for word in _OWN_COMMANDS if text and word.startswith(text))
        try:
            return own + await self._client.complete(text, who=self._who)
        except SignalboxError:
            return own

    async def _say_errors(self, line: str, lines: Lines) -> None:
        try:
            await self._answer(line, lines)
        except SignalboxError as error:
            self._screen.warn(str(error))

    async def _answer(self, line: str, lines: Lines) -> None:
        command, _, argument = line.partition(" ")
        if not line:
            return
        if command == "/as":
            self._act_as(argument.strip().removeprefix("@"))
        elif command == "/thread":
            await self._enter(argument.strip())
        elif command == TAIL:
            await self._tail(argument.strip() or self._run, lines)
        elif command == SAVE:
            await save(self._client, self._screen, argument, who=self._who, ask=lines.ask)
        elif found := self._board.find(line):
            pressed = await press(found.button, lines.ask)
            if pressed:
                await self._send(press_=pressed, thread=found.thread)
            else:
                self._screen.note("Left as it is; nothing was sent.")
        else:
            await self._send(text=line, thread=self._thread)

    def _act_as(self, name: str) -> None:
        if not name:
            raise UsageError("Whom? Type for example: /as reviewer")
        self._who = name

    async def _tail(self, name: str, lines: Lines) -> None:
        """Follow a run's output until it ends, or until the person leaves."""
        async with asyncio.TaskGroup() as group:
            followed = group.create_task(self._follow(name))
            left = group.create_task(lines.leave("Enter ends it › "))
            await asyncio.wait({followed, left}, return_when=asyncio.FIRST_COMPLETED)
            followed.cancel()
            left.cancel()

    async def _follow(self, name: str) -> None:
        try:
            await tail(self._client, self._screen, name, who=self._who)
        except SignalboxError as error:
            self._screen.warn(str(error))

    async def _enter(self, name: str) -> None:
        self._run, self._thread = "", None
        if not name:
            return
        match = _RUN.fullmatch(name)
        if not match:
            raise UsageError("Which run's thread? Type for example: /thread R-1")
        standing = await self._client.run(f"R-{match[1]}", who=self._who)
        if standing.conversation_thread is None:
            raise UsageError(f"{standing.key} has no thread here; it is told elsewhere.")
        self._run, self._thread = standing.key, standing.conversation_thread

    async def _send(
        self, *, text: str = "", press_: Press | None = None, thread: str | None
    ) -> None:
        wish = Wish(key=uuid.uuid4().hex, who=self._who, text=text, press=press_, thread=thread)
        reply = await self._client.invoke(wish)
        number = self._board.place(reply.message, thread=thread)
        self._screen.note(f"for @{self._who} only")
        self._screen.show(reply.message, number=number)

    async def _listen(self, after: int) -> None:
        silent = False
        while True:
            try:
                heard = await self._client.hear(after=after, wait=_HOLD, who=self._who)
            except SignalboxError as error:
                if not silent:
                    self._screen.warn(f"{error} Trying again.")
                silent = True
                await asyncio.sleep(_PAUSE)
                continue
            if silent:
                self._screen.warn("The bot answers again.")
            silent = False
            after = heard.change
            for said in heard.said:
                self._tell(said)

    def _tell(self, said: Said) -> None:
        message = message_of(said)
        before = self._shown.get(said.id)
        self._shown[said.id] = message
        number = self._board.place(message, thread=said.thread or str(said.id), id_=said.id)
        if before is None or stands_out(before, message):
            self._screen.show(message, number=number, indent=2 if said.thread else 0)
        elif message.fallback != before.fallback:
            self._screen.note(message.fallback)


def stands_out(before: Message, after: Message) -> bool:
    """Whether an edit is worth the whole message again, not just one line."""
    return before.tone is not after.tone or buttons_of(before) != buttons_of(after)
