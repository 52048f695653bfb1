"""Neutral messages as terminal text: a card with a bar at its left, coloured by tone.

All limits of the terminal live here: width, the cut of long blocks, and what is not let through.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from adapters.console.colours import Colouring, keep_colours
from adapters.console.terminal_text import Piece, cells, chop_pieces, clean, flow, paint, words
from bot.messages.markup import Line, Span, SpanKind, parse
from bot.messages.message import Button, Message, Tone

LONGEST_BLOCK = 200
"""Lines of one fenced block."""
_NARROWEST = 20
_LABEL_CELLS = 18
_DIM, _BOLD, _CODE, _LINK = "2", "1", "36", "4"
_BAR = {
    Tone.NEUTRAL: "90",
    Tone.BUSY: "34",
    Tone.ATTENTION: "33",
    Tone.GOOD: "32",
    Tone.BAD: "31",
}
_SYMBOL = {Tone.BUSY: "▸ ", Tone.ATTENTION: "▲ ", Tone.GOOD: "✔ ", Tone.BAD: "✖ "}
_BUTTON = {Tone.GOOD: "32", Tone.BAD: "31", Tone.ATTENTION: "33"}


@dataclass(frozen=True, kw_only=True)
class Terminal:
    """What is drawn on."""

    width: int = 80
    """Columns."""
    colour: bool = False
    zone: tzinfo | None = None
    """Where the reader's clock is; None for this machine's zone."""


def buttons_of(message: Message) -> tuple[Button, ...]:
    """A message's buttons in the order of their numbers, from 1: those of the rows first."""
    return (*(row.button for row in message.rows if row.button), *message.buttons)


def render(message: Message, terminal: Terminal, *, number: int | None = None) -> str:
    """A message as lines; `number` is shown beside its buttons, to press older ones by."""
    card = _Card(message, terminal)
    bar = ("┃ ", _BAR[message.tone])
    lines = [*card.title(), *card.body(), *card.facts(), *card.rows(), *card.buttons(number)]
    lines = lines or [[(clean(message.fallback).replace("\n", " "), "")]]
    return "\n".join(paint([bar, *line], colour=terminal.colour) for line in lines)


class _Card:
    """The parts of one message, each as lines of pieces."""

    def __init__(self, message: Message, terminal: Terminal) -> None:
        self._message = message
        self._terminal = terminal
        self._width = max(terminal.width - 2, _NARROWEST)

    def title(self) -> Iterator[list[Piece]]:
        pieces = [
            (text, style or _BOLD)
            for line in _parsed(self._message.title)
            for text, style in self._inline(line)
        ]
        if not pieces:
            return
        symbol = _SYMBOL.get(self._message.tone, "")
        if pieces[0][0][:1].isalnum() and symbol:
            pieces.insert(0, (symbol, _BAR[self._message.tone]))
        yield from flow(words(pieces), self._width)

    def body(self) -> Iterator[list[Piece]]:
        yield from self._block(self._message.body, self._width)
        if self._message.mentions:
            names = ", ".join(f"@{clean(name)}" for name in self._message.mentions)
            yield from flow(words([(f"for {names}".replace("\n", " "), _DIM)]), self._width)

    def facts(self) -> Iterator[list[Piece]]:
        labels = [clean(fact.label).replace("\n", " ") for fact in self._message.facts]
        column = min(max(map(cells, labels), default=0), _LABEL_CELLS) + 2
        for label, fact in zip(labels, self._message.facts, strict=True):
            head = label + " " * max(column - cells(label), 1)
            for line in self._block(fact.value, max(self._width - column, _NARROWEST)) or [[]]:
                yield [(head, _DIM), *line]
                head = " " * column

    def rows(self) -> Iterator[list[Piece]]:
        place = 0
        for row in self._message.rows:
            atoms = [piece for line in _parsed(row.text) for piece in words(self._inline(line))]
            if row.button:
                place += 1
                atoms += [("  ", ""), _button(row.button, place)]
            head = "· "
            for line in flow(atoms, self._width - len(head)):
                yield [(head, _DIM), *line]
                head = "  "

    def buttons(self, number: int | None) -> Iterator[list[Piece]]:
        before = len(buttons_of(self._message)) - len(self._message.buttons)
        atoms: list[Piece] = [(f"#{number}", _DIM)] if number else []
        for place, button in enumerate(self._message.buttons, start=before + 1):
            atoms += [("  ", "")] if atoms else []
            atoms.append(_button(button, place))
        if atoms:
            yield from flow(atoms, self._width)

    def _block(self, markup: str, width: int) -> list[list[Piece]]:
        lines: list[list[Piece]] = []
        for line in _parsed(markup):
            if line.fenced is not None:
                lines += _fence(line.fenced, width)
            elif line.spans or (lines and lines[-1]):
                lines += flow(words(self._inline(line)), width)
        return lines

    def _inline(self, line: Line) -> list[Piece]:
        if line.fenced is not None:
            return [(clean(line.fenced).replace("\n", " "), _CODE)]
        return [self._span(span) for span in line.spans]

    def _span(self, span: Span) -> Piece:
        styles = {SpanKind.BOLD: _BOLD, SpanKind.CODE: _CODE}
        if span.kind is not SpanKind.LINK:
            return span.text, styles.get(span.kind, "")
        kind, _, rest = span.target.partition(":")
        if kind == "time":
            return _local(rest, self._terminal.zone) or span.text, ""
        if kind not in {"http", "https"}:
            return span.text, _BOLD
        same = span.text in {span.target, rest.removeprefix("//")}
        return (span.target if same else f"{span.text} ({span.target})"), _LINK


def _parsed(markup: str) -> tuple[Line, ...]:
    """Harmless lines; in fences alone, which hold output, escapes of colours are left."""
    text = keep_colours(markup).strip("\n")
    return tuple(map(_clean_line, parse(text))) if text else ()


def _clean_line(line: Line) -> Line:
    spans = (replace(span, text=clean(span.text), target=clean(span.target)) for span in line.spans)
    return replace(line, spans=tuple(spans))


def _fence(text: str, width: int) -> list[list[Piece]]:
    colouring = Colouring()
    lines = [
        part for line in text.split("\n") for part in chop_pieces(colouring.read(line), width - 2)
    ]
    shown: list[list[Piece]] = [
        [("  ", ""), *((text, style or _CODE) for text, style in line)]
        for line in lines[:LONGEST_BLOCK]
    ]
    left = len(lines) - LONGEST_BLOCK
    return [*shown, [(f"  … {left} more lines → Logs", _DIM)]] if left > 0 else shown


def _button(button: Button, place: int) -> Piece:
    label = " ".join(clean(button.label).split())
    return f"[{place}] {label}", _BUTTON.get(button.tone, _BOLD)


def _local(moment: str, zone: tzinfo | None) -> str:
    """The day and time in the reader's zone; empty for what is no time."""
    try:
        at = datetime.fromisoformat(moment)
        local = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone)
    except (ValueError, OverflowError):
        return ""
    return f"{local.day} {local:%b %H:%M}"
