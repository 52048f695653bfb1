"""Text for a terminal: made harmless, measured in cells, wrapped, and coloured."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

Piece = tuple[str, str]
"""A stretch of text and its style: the numbers of an SGR escape, empty for none."""

COLOUR_ESCAPE = re.compile(r"\x1b\[[0-9;:]*m")
"""What programs change the style of their output by."""
_JOINERS = "\u200c\u200d"
_WORD = re.compile(r"\s+|\S+")


def clean(text: str) -> str:
    """Text from outside without anything that a terminal obeys; colours of a log go silently.

    Only printable characters, joiners, spaces and newlines are left: no escape sequence can
    be formed, and no direction mark can make a line read as another.
    """
    if text.isprintable():
        return text
    text = COLOUR_ESCAPE.sub("", text).replace("\t", "    ")
    return "".join(map(_harmless, text))


def _harmless(character: str) -> str:
    if character.isprintable() or character == "\n" or character in _JOINERS:
        return character
    return " " if character.isspace() and character not in "\r\x0b\x0c" else ""


def cells(text: str) -> int:
    """The columns a text takes."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(character: str) -> int:
    if character in _JOINERS or unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def words(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Pieces cut where a line may break."""
    for text, style in pieces:
        for word in _WORD.findall(text):
            yield word, style


def flow(atoms: Iterable[Piece], width: int) -> list[list[Piece]]:
    """Lines of at most `width` cells; a longer atom, such as an address, stays whole."""
    lines: list[list[Piece]] = [[]]
    used = 0
    for text, style in atoms:
        size = cells(text)
        if used and used + size > width:
            lines.append([])
            used = 0
        if not used and len(lines) > 1 and text.isspace():
            continue
        lines[-1].append((text, style))
        used += size
    return lines


def paint(pieces: Iterable[Piece], *, colour: bool) -> str:
    """A line as it is written out; without colour there is no escape in it."""
    if not colour:
        return "".join(text for text, _ in pieces).rstrip()
    painted = []
    for style, group in groupby(pieces, key=lambda piece: piece[1]):
        text = "".join(text for text, _ in group)
        painted.append(f"\x1b[{style}m{text}\x1b[0m" if style else text)
    return "".join(painted)


def chop_pieces(pieces: Iterable[Piece], width: int) -> list[list[Piece]]:
    """One line of pieces cut hard, every `width` cells."""
    lines: list[list[Piece]] = [[]]
    used = 0
    for text, style in pieces:
        for character in text:
            size = _cells_of(character)
            if used + size > width:
                lines.append([])
                used = 0
            lines[-1].append((character, style))
            used += size
    return lines
