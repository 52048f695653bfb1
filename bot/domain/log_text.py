"""Output as people search it: lines without the colours that stand in them."""

import re
from collections.abc import Iterator, Sequence

_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def plain_text(text: str) -> str:
    """Output without the escape sequences of a terminal."""
    return _ESCAPE.sub("", text)


def lines_holding(text: str, words: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines that hold all words, letter case aside, with their numbers from 1."""
    folded = [word.casefold() for word in words]
    for number, line in enumerate(text.split("\n"), start=1):
        shown = plain_text(line)
        if shown.strip() and all(word in shown.casefold() for word in folded):
            yield number, shown
