"""Reading a request word by word, with quotes, references and verbatim rests."""

import re
from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import UsageError
from bot.domain.selection import Ref, RefKind

LONGEST_TEXT = 8_000
"""Characters of a request."""

_CLOSERS = {'"': '"', "“": "”", "„": "“", "'": "'"}
_SPACE = re.compile(r"\s*")
_BARE = re.compile(r"\S+")
_ASSIGNED = re.compile(r"([^\s=\"“„']+)=([\"“„'])")


@dataclass(frozen=True)
class Word:
    """One word, or several grouped by quotes."""

    text: str
    quoted: bool = False


class Words:
    """Reads a request word by word; what is left can be taken verbatim at any time."""

    def __init__(self, text: str, *, now: datetime) -> None:
        """Begin at the start of `text`; `now` is what “last 24h” counts back from."""
        self.now = now
        self._text = text
        self._at = 0

    def peek(self) -> Word | None:
        """The next word, or None at the end. Raises UsageError for a quote that never closes."""
        word, _ = self._read()
        return word

    def next(self) -> Word | None:
        """Take the next word."""
        word, self._at = self._read()
        return word

    def rest(self) -> str:
        """Take everything left, verbatim; quotes around the whole of it are dropped."""
        text, self._at = self._text[self._at :].strip(), len(self._text)
        closer = _CLOSERS.get(text[:1])
        whole = len(text) > 1 and closer is not None and text.find(closer, 1) == len(text) - 1
        return text[1:-1].strip() if whole else text

    def remaining(self) -> str:
        """What is left, quotes and all, without taking it."""
        return self._text[self._at :]

    def rewind(self, mark: int) -> None:
        """Go back to a place that `mark` gave."""
        self._at = mark

    @property
    def mark(self) -> int:
        """The present place."""
        return self._at

    def _read(self) -> tuple[Word | None, int]:
        start = _end(_SPACE, self._text, self._at)
        if start >= len(self._text):
            return None, start
        if self._text[start] in _CLOSERS:
            text, end = self._quoted(start)
            return Word(text, quoted=True), end
        assigned = _ASSIGNED.match(self._text, start)
        if assigned:
            text, end = self._quoted(assigned.end() - 1)
            return Word(f"{assigned[1]}={text}"), end
        end = _end(_BARE, self._text, start)
        return Word(self._text[start:end]), end

    def _quoted(self, start: int) -> tuple[str, int]:
        opener = self._text[start]
        end = self._text.find(_CLOSERS[opener], start + 1)
        if end < 0:
            shown = self._text[start : start + 30]
            raise UsageError(
                f"The quote that opens at {shown} is never closed; "
                f"close it with {_CLOSERS[opener]} or leave it out."
            )
        return self._text[start + 1 : end], end + 1


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


SPAN = re.compile(r"(\d{1,4})([mhdw])")
"""A length of time, such as 24h."""

_RUN = re.compile(r"(?:[Rr]-|#)?(\d{1,15})")
_JOB = re.compile(r"[Rr]-(\d{1,15})\.(\d{1,6})")
_GATE = re.compile(r"[Gg]-(\d{1,15})")
_ISSUE = re.compile(r"[A-Z][A-Z0-9]{0,9}-\d{1,9}")


def read_ref(word: Word) -> Ref | None:
    """What a word names, or None for an ordinary word; quoted words are part of a title."""
    if word.quoted:
        return Ref(kind=RefKind.TITLE, words=word.text)
    if match := _JOB.fullmatch(word.text):
        return Ref(kind=RefKind.JOB, number=int(match[1]), job=int(match[2]))
    if match := _GATE.fullmatch(word.text):
        return Ref(kind=RefKind.GATE, number=int(match[1]))
    if match := _RUN.fullmatch(word.text):
        return Ref(kind=RefKind.RUN, number=int(match[1]))
    if word.text.lower() == "last":
        return Ref(kind=RefKind.LAST)
    if _ISSUE.fullmatch(word.text):
        return Ref(kind=RefKind.ISSUE, words=word.text)
    return None


def next_ref(words: Words) -> Ref | None:
    """Take the next word if it names something; “that one” is two words."""
    mark = words.mark
    word = words.next()
    if word is None:
        return None
    if word.text.lower() in {"that", "this"} and not word.quoted:
        second = words.next()
        if second and second.text.lower() == "one":
            return Ref(kind=RefKind.HERE)
        words.rewind(mark)
        return None
    ref = read_ref(word)
    if ref and ref.kind is RefKind.LAST and _is_span(words.peek()):
        ref = None  # “last 7d” says since when
    if ref is None:
        words.rewind(mark)
    return ref


def _is_span(word: Word | None) -> bool:
    return word is not None and not word.quoted and SPAN.fullmatch(word.text.lower()) is not None
