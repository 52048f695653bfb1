"""Output of programs for a page: its colours as classes, everything else a terminal obeys gone."""

import re
from collections.abc import Iterator

_ESCAPE = re.compile(
    r"\x1b\[(?P<sgr>[0-9;]{0,60})m"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)?"
    r"|\x1b[ -/]*[0-~]?"
)
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_BREAK = re.compile(r"\r+\n|\r")
_ATTRIBUTES = {1: "bold", 2: "dim", 3: "italic", 4: "under"}
_ENDS = {22: ("bold", "dim"), 23: ("italic",), 24: ("under",)}
_EXTENDED = {5: 1, 2: 3}
"""How many numbers follow 38 or 48: a palette's place, or red, green and blue."""


def clean(text: str) -> str:
    """Text from outside as a page may show it: no escapes, controls or direction marks."""
    if text.isprintable():
        return text
    return _UNSEEN.sub("", _ESCAPE.sub("", _BREAK.sub("\n", text)))


def coloured(text: str) -> Iterator[tuple[str, str]]:
    """Stretches of text with the classes they are shown in, parted by spaces."""
    text = _BREAK.sub("\n", text)
    style: dict[str, str] = {}
    end = 0
    for match in _ESCAPE.finditer(text):
        yield from _stretch(text[end : match.start()], style)
        end = match.end()
        if match["sgr"] is not None:
            _apply(match["sgr"], style)
    yield from _stretch(text[end:], style)


def _stretch(text: str, style: dict[str, str]) -> Iterator[tuple[str, str]]:
    seen = _UNSEEN.sub("", text)
    if seen:
        yield " ".join(style.values()), seen


def _apply(numbers: str, style: dict[str, str]) -> None:
    """Change the style as one escape says; what a page has no class for is passed over."""
    codes = iter([int(number or 0) for number in numbers.split(";")])
    for code in codes:
        if code == 0:
            style.clear()
        elif code in _ATTRIBUTES:
            style[_ATTRIBUTES[code]] = f"ansi-{_ATTRIBUTES[code]}"
        elif code in _ENDS:
            for name in _ENDS[code]:
                style.pop(name, None)
        elif code in {38, 48}:
            for _ in range(_EXTENDED.get(next(codes, 0), 0)):
                next(codes, 0)
        else:
            _colour(code, style)


def _colour(code: int, style: dict[str, str]) -> None:
    tens, ones = divmod(code, 10)
    if ones <= 7 and tens in {3, 9}:  # noqa: PLR2004  # eight colours, plain and bright
        style["colour"] = f"ansi-{'bright-' if tens > 3 else ''}{ones}"  # noqa: PLR2004  # 3x and 9x
    elif code == 39:  # noqa: PLR2004  # the usual colour again
        style.pop("colour", None)
