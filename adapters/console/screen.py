"""Screen: where the terminal client writes, and how much of colour and width it may use."""

import shutil
import sys
from dataclasses import dataclass
from typing import TextIO

from adapters.console.colours import Colouring
from adapters.console.outbound import Terminal, render
from adapters.console.terminal_text import clean, paint
from bot.messages.message import Message

_WIDEST = 100


@dataclass(frozen=True, kw_only=True)
class Screen:
    """Answers go to `out`, words about the talking itself to `err`.

    None is the process's own stream of the moment: a prompt puts another in its place.
    """

    out: TextIO | None = None
    err: TextIO | None = None
    plain: bool = False
    """Whether to do without colours even on a terminal."""

    def show(self, message: Message, *, number: int | None = None, indent: int = 0) -> None:
        """Draw a message, shifted right by `indent` columns."""
        margin = " " * indent
        lines = render(message, self._terminal(indent), number=number).split("\n")
        self.say("\n".join(margin + line for line in lines) + "\n")

    def say(self, text: str) -> None:
        """Write lines of our own making."""
        _write(self.out or sys.stdout, text)

    def note(self, text: str) -> None:
        """Write a faint line of words from elsewhere."""
        line = (clean(text).replace("\n", " "), "2")
        self.say(paint([line], colour=self._terminal().colour))

    def stream(self, text: str, colouring: Colouring) -> None:
        """Write whole lines of a program's output, in its own colours where there are any."""
        colour = self._terminal().colour
        for line in text.removesuffix("\n").split("\n"):
            self.say(paint(colouring.read(line), colour=colour))

    def warn(self, text: str) -> None:
        """Write what went wrong, or is good to know, beside the answers."""
        _write(self.err or sys.stderr, clean(text))

    def _terminal(self, indent: int = 0) -> Terminal:
        width = min(shutil.get_terminal_size((80, 24)).columns, _WIDEST)
        colour = (self.out or sys.stdout).isatty() and not self.plain
        return Terminal(width=width - indent, colour=colour)


def standard_screen(*, plain: bool) -> Screen:
    """The process's own output; a character that it cannot write becomes a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    return Screen(plain=plain)


def _write(stream: TextIO, text: str) -> None:
    stream.write(text + "\n")
    stream.flush()
