"""Where the lines of a chat come from: a terminal with editing, or a pipe."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext
from io import TextIOWrapper
from pathlib import Path
from typing import Protocol, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.patch_stdout import patch_stdout

_LAST_NEWS = 1.0
"""Seconds that what the last line asked for has to be told before the chat ends."""

_ANSWERS = frozenset({"answer", "reply"})
"""Verbs whose words are for a program alone."""

Complete = Callable[[str], Awaitable[tuple[str, ...]]]
"""Full replacements for the last word of a text."""


class Lines(Protocol):
    """Gives what a person types."""

    async def read(self, prompt: str) -> str | None:
        """The next line; None at the end."""

    async def ask(self, question: str, *, secret: bool = False) -> str | None:
        """The answer to a question, which no history keeps; None when it is left.

        A secret is not shown while it is typed.
        """

    async def leave(self, hint: str) -> None:
        """Return when the person wants to leave what is being shown."""

    def shared_output(self) -> AbstractContextManager[None]:
        """While this is entered, output does not tear the line that is being typed."""


class TerminalLines:
    """Line editing, history over sessions, completion, and output above the prompt."""

    def __init__(self, history: Path, complete: Complete) -> None:
        history.touch(mode=0o600)
        history.chmod(0o600)
        self._session: PromptSession[str] = PromptSession(
            history=_History(str(history)),
            completer=_WordCompleter(complete),
            complete_while_typing=False,
        )
        self._questions: PromptSession[str] = PromptSession()
        self._secrets: PromptSession[str] = PromptSession(is_password=True)

    async def read(self, prompt: str) -> str | None:
        """The next line; Ctrl-C empties the line, Ctrl-D ends."""
        while True:
            try:
                return await self._session.prompt_async(prompt)
            except KeyboardInterrupt:
                continue
            except EOFError:
                return None

    async def ask(self, question: str, *, secret: bool = False) -> str | None:
        """The answer to a question; Ctrl-C and Ctrl-D leave it."""
        session = self._secrets if secret else self._questions
        try:
            return await session.prompt_async(question)
        except (KeyboardInterrupt, EOFError):
            return None

    async def leave(self, hint: str) -> None:
        """Enter, Ctrl-C and Ctrl-D leave."""
        await self.ask(hint)

    def shared_output(self) -> AbstractContextManager[None]:
        """Output goes above the prompt."""
        return patch_stdout(raw=True)


class _History(FileHistory):
    """Keeps what was typed, but for answers: they may be secret."""

    def store_string(self, string: str) -> None:
        words = string.lower().split()
        verb = next((word for word in words if word not in {"run", "/run"}), "")
        if verb not in _ANSWERS:
            super().store_string(string)


class PipedLines:
    """Lines of a stream that is no terminal, read beside the event loop."""

    def __init__(self, stream: TextIO) -> None:
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="surrogateescape")
        self._stream = stream
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        # A daemon, because a blocked read cannot be called off when the chat ends.
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._pump, args=(loop,), daemon=True).start()

    def _pump(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            for line in self._stream:
                loop.call_soon_threadsafe(self._lines.put_nowait, line.rstrip("\n"))
        finally:
            loop.call_soon_threadsafe(self._lines.put_nowait, None)

    async def read(self, prompt: str) -> str | None:  # noqa: ARG002  # nobody sees it
        """The next line."""
        line = await self._lines.get()
        if line is None:
            self._lines.put_nowait(None)
            await asyncio.sleep(_LAST_NEWS)
        return line

    async def ask(self, question: str, *, secret: bool = False) -> str | None:  # noqa: ARG002  # a pipe shows nothing
        """The next line answers."""
        return await self.read(question)

    async def leave(self, hint: str) -> None:  # noqa: ARG002  # nobody sees it
        """What is piped in is for afterwards: only the end of what is shown ends it."""
        await asyncio.Event().wait()

    def shared_output(self) -> AbstractContextManager[None]:
        """Nothing is typed here that could be torn."""
        return nullcontext()


class _WordCompleter(Completer):
    def __init__(self, complete: Complete) -> None:
        self._complete = complete

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> list[Completion]:
        del document, complete_event
        return []

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        del complete_event
        text = document.text_before_cursor
        last = text.split(" ")[-1]
        for word in await self._complete(text):
            yield Completion(word, start_position=-len(last))
