"""Chooses the reader of a stream and hands it the program's lines."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from adapters.runner.streams.claude_code import ClaudeCodeReader
from adapters.runner.streams.codex import CodexReader
from adapters.runner.streams.fields import parse
from adapters.runner.streams.findings import Item
from adapters.runner.streams.opencode import OpenCodeReader
from bot.domain.blueprint import Stream
from bot.domain.codec import JSON


class EventReader(Protocol):
    """Understands the events of one kind of program; never raises, whatever was printed."""

    def read(self, event: dict[str, JSON]) -> list[Item] | None:
        """What an event gives; None when it is none of this stream."""

    def end(self) -> list[Item]:
        """What is left when the program is over."""


class LineReader:
    """Turns lines of standard output into reports and lines for the log."""

    def __init__(self, reader: EventReader) -> None:
        """Hand events to `reader`."""
        self._reader = reader

    def read(self, line: str) -> list[Item] | None:
        """What a line gives; None when it is plain output."""
        event = parse(line)
        return None if event is None else self._reader.read(event)

    def end(self) -> list[Item]:
        """What is left when the program is over."""
        return self._reader.end()


def line_reader(stream: Stream, *, root: str, command: Sequence[str]) -> LineReader | None:
    """The reader of a blueprint's stream; None for plain output.

    `root` is the workspace. A model that the stream does not name is taken from `command`,
    else it has the stream's own name, under which its price can be set.
    """
    model = next(_models(command), stream.value)
    match stream:
        case Stream.CLAUDE_CODE:
            return LineReader(ClaudeCodeReader(root))
        case Stream.CODEX:
            return LineReader(CodexReader(root, model))
        case Stream.OPENCODE:
            return LineReader(OpenCodeReader(root, model))
        case Stream.NONE:
            return None


def _models(command: Sequence[str]) -> Iterator[str]:
    short = {"-m"} if command and command[0].rpartition("/")[2] in {"codex", "opencode"} else set()
    for word, after in zip(command, [*command[1:], ""], strict=True):
        if word in {"--model", *short} and after:
            yield after
        if word.startswith("--model="):
            yield word.removeprefix("--model=")
