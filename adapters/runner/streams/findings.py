"""What a reader makes of events: reports that inform, and lines for the log."""

import os.path
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.runner.streams.fields import LONGEST_NAME, LONGEST_TEXT, cut, line_of, parse
from bot.domain.codec import JSON
from bot.domain.report import ReportKind

_SHOWN_LINES = 20
"""Lines of a tool's output in the log."""
_MOST_FILES = 200
_TESTS = re.compile(
    r"\b(pytest|unittest|tox|nox|jest|vitest|mocha|rspec|phpunit|ctest|nextest)\b"
    r"|\b(go|cargo|npm|yarn|pnpm|bun|deno|make|mvn|gradlew?|dotnet|mix|swift|bazel)\b"
    r"[^|;&]*\b(unit)?tests?\b"
)
_OUTCOME = re.compile(
    r"\d+ (?:tests? )?(?:passed|failed|passing|failing|errors?)\b|^(?:OK|FAILED|PASS|FAIL)\b"
    r"|^Tests?:|^test result:|^Ran \d+ tests?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """A report that an event gives; fields of `data` as in docs/job-protocol.md."""

    kind: ReportKind
    data: Mapping[str, JSON]


Item = Finding | str
"""A report, or text for the log."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens that were used; `read` holds all input, `cached` the part of it from a cache."""

    read: int = 0
    cached: int = 0
    written: int = 0

    def plus(self, other: "Usage") -> "Usage":
        """Both together."""
        return Usage(
            read=self.read + other.read,
            cached=self.cached + other.cached,
            written=self.written + other.written,
        )

    def beyond(self, told: "Usage") -> "Usage":
        """What this running total adds to one told before; a total that fell adds nothing."""
        return Usage(
            read=max(self.read - told.read, 0),
            cached=max(self.cached - told.cached, 0),
            written=max(self.written - told.written, 0),
        )

    def most(self, other: "Usage") -> "Usage":
        """The higher of both, field by field: one message counted while it grew."""
        return Usage(
            read=max(self.read, other.read),
            cached=max(self.cached, other.cached),
            written=max(self.written, other.written),
        )


class Notebook:
    """What was said of a program so far, so that nothing is said twice and no phase goes back."""

    def __init__(self, root: str) -> None:
        """`root` is the workspace; files below it are named from there."""
        self._root = root
        self._working = False
        self._planning = False
        self._files: set[str] = set()
        self._plan = ""
        self._steps: dict[str, str] = {}

    def short(self, words: str) -> str:
        """A text that names files below the workspace from there."""
        return words.replace(f"{self._root}/", "")

    def plans(self) -> Iterator[Item]:
        """The program thinks about what to do."""
        if not (self._planning or self._working):
            self._planning = True
            yield Finding(ReportKind.PHASE, {"name": "planning"})

    def works(self) -> Iterator[Item]:
        """The program changes things or tries them out."""
        if not self._working:
            self._working = True
            yield Finding(ReportKind.PHASE, {"name": "working"})

    def begins(self, call: str, name: str) -> Iterator[Item]:
        """A tool was called."""
        if call not in self._steps:
            self._steps[call] = line_of(name, LONGEST_NAME) or "tool"
            yield from self._step(call, "running")

    def ends(self, call: str, *, well: bool) -> Iterator[Item]:
        """The tool has answered."""
        if call in self._steps:
            yield from self._step(call, "done" if well else "failed")
            del self._steps[call]

    def _step(self, call: str, state: str) -> Iterator[Item]:
        yield Finding(ReportKind.STEP, {"name": self._steps[call], "state": state})

    def changed(self, paths: Sequence[str]) -> Iterator[Item]:
        """Files were written; each is told once."""
        named = dict.fromkeys(filter(None, map(self._named, paths)))
        new = [path for path in named if path not in self._files][:_MOST_FILES]
        if new and len(self._files) < _MOST_FILES:
            self._files.update(new)
            yield from self.works()
            yield note("files", files=new)

    def _named(self, path: str) -> str:
        below = os.path.relpath(path, self._root) if path.startswith("/") else path
        return cut(path if below.startswith("..") else below, 1_000)

    def planned(self, lines: Sequence[str]) -> Iterator[Item]:
        """The program's list of things to do as it stands; the same list is told once."""
        plan = cut("\n".join(lines), LONGEST_TEXT)
        if plan.strip() and plan != self._plan:
            self._plan = plan
            yield note("plan", text=plan)

    def tested(self, command: str, output: str, *, well: bool) -> Iterator[Item]:
        """A command has ended: if it looks like tests, what they gave."""
        if _TESTS.search(command):
            found = [line.strip(" =\t") for line in output.splitlines() if _OUTCOME.search(line)]
            words = f"{line_of(command, 200)}: {found[-1] if found else 'no count given'}"
            yield from self.works()
            yield note("tests", text=cut(words, LONGEST_TEXT), state="passed" if well else "failed")


def note(topic: str, **data: JSON) -> Finding:
    """A report of what the program did: `plan`, `files`, `tests` or `question`."""
    return Finding(ReportKind.NOTE, {"topic": topic, **data})


def summary(words: str) -> Iterator[Item]:
    """The final answer, unless it is data, which is meant for the program and not for people."""
    if words and parse(words) is None:
        yield Finding(ReportKind.SUMMARY, {"text": cut(words, LONGEST_TEXT)})


def cost(usage: Usage, *, model: str, usd: float | None = None) -> Iterator[Item]:
    """Tokens that come on top of those told before; without `usd` the bot looks up the price."""
    if usage != Usage() or usd:
        data: dict[str, JSON] = {
            "input_tokens": usage.read,
            "cached_tokens": min(usage.cached, usage.read),
            "output_tokens": usage.written,
            "model": cut(model, LONGEST_NAME),
        }
        yield Finding(ReportKind.COST, data if usd is None else {**data, "usd": usd})


def output_lines(words: str) -> Iterator[Item]:
    """The end of a tool's output, set in from what the program itself says."""
    lines = words.splitlines()
    if len(lines) > _SHOWN_LINES:
        yield f"  … {len(lines) - _SHOWN_LINES:,} lines before"
    yield from (f"  {line}" for line in lines[-_SHOWN_LINES:])
