"""Event streams of coding agents, and what a fresh reader makes of them."""

import json
from pathlib import Path
from typing import Any

from adapters.runner.streams.findings import Finding, Item
from adapters.runner.streams.reading import LineReader, line_reader
from bot.domain.blueprint import Stream
from bot.domain.report import ReportKind

FIXTURES = Path(__file__).parents[1] / "data" / "streams"


ROOT = "/made/up/workspace"


STREAMS = (Stream.CLAUDE_CODE, Stream.CODEX, Stream.OPENCODE)


Data = dict[str, Any]


def fixture(stream: Stream) -> str:
    return (FIXTURES / f"{stream.value}.jsonl").read_text("utf-8").replace("{root}", ROOT)


def lines_of(stream: Stream, *command: str) -> LineReader:
    reader = line_reader(stream, root=ROOT, command=command or ("agent",))
    assert reader is not None
    return reader


def found(stream: Stream, *events: Data | str, command: tuple[str, ...] = ()) -> list[Item]:
    """What a fresh reader makes of events, to the end of the program."""
    reader = lines_of(stream, *command)
    items: list[Item] = []
    for event in events:
        line = event if isinstance(event, str) else json.dumps(event)
        items += reader.read(line) or []
    return items + reader.end()


def of(items: list[Item], kind: ReportKind) -> list[Data]:
    return [dict(item.data) for item in items if isinstance(item, Finding) and item.kind is kind]


def notes(items: list[Item], topic: str) -> list[Data]:
    return [data for data in of(items, ReportKind.NOTE) if data.pop("topic") == topic]


def log(items: list[Item]) -> list[str]:
    return [item for item in items if isinstance(item, str)]


def whole(stream: Stream, *command: str) -> list[Item]:
    return found(stream, *fixture(stream).splitlines(), command=command)
