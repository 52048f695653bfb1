"""Output: turns the bytes that a program prints into safe text for the log, and informing lines."""

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from adapters.runner.masking import Masker
from adapters.runner.streams.findings import Finding, Item
from adapters.runner.streams.reading import LineReader
from bot.domain.codec import JSON
from bot.domain.report import ReportKind

LONGEST_LINE = 16_384
LONGEST_EVENT = 4 << 20
LONGEST_TEXT = 65_536
"""Characters of a line, of a line that may be an event, and of a `log` report."""

_LONGEST_SUMMARY = 4_000
_MB = 1 << 20
_MARGIN = 40
"""Characters by which the words at the end of a cut line may make it longer."""
_CLOSED = frozenset({"state", "topic"})
"""Fields of findings whose words are the protocol's; a secret may happen to be such a word."""

_MARK = "::signalbox"
_INFORMING = re.compile(
    rf"{_MARK} +(?:phase +(?P<phase>\S.{{0,79}})"
    r"|step +(?P<step>\S.{0,79}?) +(?P<state>running|done|failed)"
    r"|summary +(?P<summary>\S.*))"
)
_NO_EFFECT = (
    "the ::signalbox line above had no effect: only whole phase, step and summary lines inform; "
    "everything else goes through “signalbox report”\n"
)

_PICTURES = {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n\x1b"}
_VISIBLE = _PICTURES | {0x7F: "␡"} | {code: f"\\x{code:02x}" for code in range(0x80, 0xA0)}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A report that has no number yet; fields of `data` as in docs/job-protocol.md."""

    kind: ReportKind
    data: Mapping[str, JSON]


@dataclass(frozen=True)
class _Line:
    """A line of the log with its newline; `stream` is out, err or runner."""

    stream: str
    text: str


class LogLimit:
    """How much a job may still log, over both its streams and all its starts."""

    def __init__(self, megabytes: int) -> None:
        """`megabytes` are MiB of the text in UTF-8."""
        self._megabytes = megabytes
        self._left = megabytes * _MB
        self._reached = False

    def admit(self, line: _Line) -> _Line | None:
        """The line; or, the first time there is no room, one that says so; then nothing."""
        if self._reached:
            return None
        self._left -= len(line.text.encode())
        if self._left >= 0:
            return line
        self._reached = True
        return _Line(
            "runner", f"log limit of {self._megabytes:,} MB reached; the rest is dropped\n"
        )


class OutputReader:
    """Reads one stream of a program. Secrets are masked before anything is returned.

    Only whole lines are returned, so that a carriage return can still replace what it draws
    over; memory is bound by the longest line and the longest spelling of a secret.
    """

    def __init__(
        self,
        stream: Literal["out", "err"],
        *,
        masker: Masker,
        limit: LogLimit,
        events: LineReader | None = None,
    ) -> None:
        """`events` reads the lines of a program that prints events."""
        self._stream = stream
        self._limit = limit
        self._events = events
        self._masker = masker
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._masked = masker.stream()
        self._line = _LineInProgress({}, LONGEST_EVENT) if events else _LineInProgress()

    def feed(self, data: bytes) -> list[Draft]:
        """The reports that these bytes complete, in order."""
        return self._drafts(self._masked.feed(self._decoder.decode(data)))

    def close(self) -> list[Draft]:
        """What is left at the end of the stream; a line without its end never informs."""
        text = self._masked.feed(self._decoder.decode(b"", final=True)) + self._masked.flush()
        drafts = self._drafts(text)
        rest = self._line.end()
        last = list(self._logged(_shortened(rest.translate(_VISIBLE)))) if rest else []
        left = self._understood(self._events.end()) if self._events else ()
        return drafts + list(self._bundled([*last, *left]))

    def _drafts(self, text: str) -> list[Draft]:
        *pieces, rest = text.split("\n")
        drafts = list(self._bundled(self._read(pieces)))
        self._line.extend(rest)
        return drafts

    def _read(self, pieces: Iterable[str]) -> Iterator[_Line | Draft]:
        for piece in pieces:
            self._line.extend(piece)
            raw = self._line.end()
            line = raw.translate(_VISIBLE)
            informing = self._stream == "out" and _read_informing(line)
            found = self._events.read(raw) if self._events else None
            if informing:
                yield informing
            elif found is not None:
                yield from self._understood(found)
            else:
                yield from self._logged(_shortened(line))

    def _understood(self, found: Iterable[Item]) -> Iterator[_Line | Draft]:
        """What events say; masked again, since JSON can spell a text in many ways."""
        for item in found:
            if isinstance(item, Finding):
                data = {
                    name: value if name in _CLOSED else self._masker.mask_json(value)
                    for name, value in item.data.items()
                }
                yield Draft(kind=item.kind, data=data)
            else:
                for line in _plain(self._masker.mask(item)).split("\n"):
                    yield _Line(self._stream, f"{_shortened(line.translate(_VISIBLE))}\n")

    def _logged(self, line: str) -> Iterator[_Line]:
        yield _Line(self._stream, line + "\n")
        if self._stream == "out" and line.startswith(_MARK):
            yield _Line("runner", _NO_EFFECT)

    def _bundled(self, items: Iterable[_Line | Draft]) -> Iterator[Draft]:
        """Lines that follow each other become one report, as far as they fit."""
        bundle = _Bundle()
        for item in items:
            if isinstance(item, Draft):
                yield from bundle.take()
                yield item
            elif line := self._limit.admit(item):
                if not bundle.fits(line):
                    yield from bundle.take()
                bundle.add(line)
        yield from bundle.take()


class _Bundle:
    """Lines of one stream, to become one `log` report."""

    def __init__(self) -> None:
        self._stream = ""
        self._texts: list[str] = []
        self._size = 0

    def fits(self, line: _Line) -> bool:
        return line.stream == self._stream and self._size + len(line.text) <= LONGEST_TEXT

    def add(self, line: _Line) -> None:
        self._stream = line.stream
        self._texts.append(line.text)
        self._size += len(line.text)

    def take(self) -> Iterator[Draft]:
        """The report, if there is any; and begin the next."""
        if self._texts:
            data = {"stream": self._stream, "text": "".join(self._texts)}
            self._texts, self._size = [], 0
            yield Draft(kind=ReportKind.LOG, data=data)


class _LineInProgress:
    """A line that may come in pieces: what a terminal would show of it, up to the longest."""

    _returned = False
    """A carriage return came last: whatever follows draws over the line."""

    def __init__(
        self, pictures: Mapping[int, str | int] = _VISIBLE, longest: int = LONGEST_LINE
    ) -> None:
        """A line of at most `longest` characters, `pictures` standing for invisible ones."""
        self._pictures = pictures
        self._longest = longest
        self._text = ""
        self._cut = 0

    def extend(self, piece: str) -> None:
        """Add text without newlines."""
        drawn = piece.rstrip("\r")
        if drawn:
            if self._returned or "\r" in drawn:
                self._text, self._cut = "", 0
            shown = drawn.rpartition("\r")[2].translate(self._pictures)
            room = self._longest - len(self._text)
            self._text += shown[:room]
            self._cut += max(len(shown) - room, 0)
            self._returned = False
        self._returned = self._returned or piece.endswith("\r")

    def end(self) -> str:
        """The line as it stands, and begin the next."""
        line = self._text + (f" … {self._cut:,} more characters" if self._cut else "")
        self._text, self._cut, self._returned = "", 0, False
        return line


def _shortened(line: str) -> str:
    """A line that fits in the log; one that was cut before says so already."""
    over = len(line) - LONGEST_LINE
    if over <= _MARGIN:
        return line
    return f"{line[:LONGEST_LINE]} … {over:,} more characters"


def _plain(text: str) -> str:
    """The text without halves of characters, which JSON can spell and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def _read_informing(line: str) -> Draft | None:
    match = _INFORMING.fullmatch(line.rstrip().replace("\x1b", "␛"))
    if not match:
        return None
    if name := match["phase"]:
        return Draft(kind=ReportKind.PHASE, data={"name": name})
    if name := match["step"]:
        return Draft(kind=ReportKind.STEP, data={"name": name, "state": match["state"]})
    text = match["summary"]
    if len(text) > _LONGEST_SUMMARY:
        text = text[: _LONGEST_SUMMARY - 1] + "…"
    return Draft(kind=ReportKind.SUMMARY, data={"text": text})
