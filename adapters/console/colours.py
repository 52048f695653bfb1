"""The colours of a program's output, as far as they do no harm."""

import re
from collections.abc import Mapping

from adapters.console.terminal_text import COLOUR_ESCAPE, Piece, clean

_SHADES = 256
_KINDS: Mapping[str, tuple[str, ...]] = {
    "weight": ("1", "2", "22"),
    "slant": ("3", "23"),
    "underline": ("4", "24"),
    "inverse": ("7", "27"),
    "strike": ("9", "29"),
    "colour": (*map(str, range(30, 40)), *map(str, range(90, 98))),
    "ground": (*map(str, range(40, 50)), *map(str, range(100, 108))),
}
_KIND_OF = {number: kind for kind, numbers in _KINDS.items() for number in numbers}
"""What a number of an escape changes; blinking, hidden and unknown text is not let through."""
_OFF = frozenset({"22", "23", "24", "27", "29", "39", "49"})
_EXTENDED = frozenset({"38", "48"})


class Colouring:
    """Reads output piece by piece; a colour goes on until the output changes it."""

    def __init__(self) -> None:
        self._on: dict[str, str] = {}

    def read(self, text: str) -> list[Piece]:
        """The text as harmless pieces with the styles it asks for, and nothing else."""
        pieces, at = [], 0
        for escape in COLOUR_ESCAPE.finditer(text):
            pieces.append(self._piece(text[at : escape.start()]))
            self._change(escape[0][2:-1])
            at = escape.end()
        return [piece for piece in [*pieces, self._piece(text[at:])] if piece[0]]

    def _piece(self, text: str) -> Piece:
        return clean(text), ";".join(self._on.values())

    def _change(self, asked: str) -> None:
        numbers = [number.lstrip("0") or "0" for number in re.split("[;:]", asked)]
        while numbers:
            number = numbers.pop(0)
            kind = _KIND_OF.get(number, "")
            if number == "0":
                self._on = {}
            elif number in _EXTENDED:
                self._extend(kind, number, numbers)
            elif number in _OFF:
                self._on.pop(kind, None)
            elif kind:
                self._on[kind] = number

    def _extend(self, kind: str, number: str, rest: list[str]) -> None:
        """One colour of many: `5;n`, or `2;r;g;b`; taken from `rest`."""
        way = rest.pop(0) if rest else ""
        count = {"5": 1, "2": 3}.get(way, 0)
        values, rest[:count] = rest[:count], []
        shades = [value for value in values if len(value) < len("1000") and int(value) < _SHADES]
        if count and len(shades) == count:
            self._on[kind] = ";".join([number, way, *shades])


def keep_colours(text: str) -> str:
    """Text from outside without anything that a terminal obeys but changes of style."""
    parts, at = [], 0
    for escape in COLOUR_ESCAPE.finditer(text):
        parts += [clean(text[at : escape.start()]), escape[0]]
        at = escape.end()
    return "".join([*parts, clean(text[at:])])
