"""Event streams within the output of a program: no line ever hurts, no secret shows."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.runner.masking import MASK, Masker
from adapters.runner.output import LONGEST_LINE, Draft, LogLimit, OutputReader
from bot.domain.blueprint import Stream
from bot.domain.report import ReportKind
from tests.unit.event_streams import (
    STREAMS,
    fixture,
    found,
    lines_of,
    of,
)

JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "id", "text", "a"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("stream", STREAMS)
class TestAnything:
    @settings(deadline=None)
    @given(st.lists(st.text(max_size=60), max_size=5))
    @example(['{"a": 1e999}', '{"type": "\\ud800"}', "[" * 100_000, '{"a":' * 100_000, "{}"])
    def test_no_text_raises(self, stream: Stream, lines: list[str]) -> None:
        found(stream, *lines)

    @given(data=st.data())
    @settings(max_examples=60, deadline=None)
    def test_no_event_raises_whatever_stands_in_it(self, stream: Stream, data: Any) -> None:
        events = [json.loads(line) for line in fixture(stream).splitlines()]
        event = data.draw(st.sampled_from(events))
        key = data.draw(st.sampled_from(sorted(event)))
        spoiled = {**event, key: data.draw(JUNK)} if key != "type" else event
        inner = data.draw(st.sampled_from(["message", "part", "item", "usage", "modelUsage"]))
        if isinstance(spoiled.get(inner), dict):
            kept = {"type", "content"}
            spoiled[inner] = {
                name: value if name in kept else data.draw(JUNK)
                for name, value in spoiled[inner].items()
            }
        for cost in of(found(stream, spoiled, *events, spoiled), ReportKind.COST):
            assert cost["input_tokens"] >= cost["cached_tokens"] >= 0
            assert cost.get("usd", 0) >= 0

    @given(cuts=st.lists(st.integers(0, 6_000), max_size=8))
    @settings(max_examples=40, deadline=None)
    def test_the_pieces_do_not_matter(self, stream: Stream, cuts: list[int]) -> None:
        data = fixture(stream).encode() + b"plain\n{broken\n"
        bounds = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
        pieces = [data[a:b] for a, b in pairwise(bounds)]
        assert told(stream, *pieces) == told(stream, data)


def read(stream: Stream, *pieces: bytes, secret: str = "unused") -> list[Draft]:
    source = OutputReader(
        "out",
        masker=Masker({"TOKEN": secret}),
        limit=LogLimit(64),
        events=lines_of(stream),
    )
    return [draft for piece in pieces for draft in source.feed(piece)] + source.close()


def told(stream: Stream, *pieces: bytes, secret: str = "unused") -> tuple[list[Draft], str]:
    """The reports, and the log in one."""
    drafts = read(stream, *pieces, secret=secret)
    kept = [draft for draft in drafts if draft.kind is not ReportKind.LOG]
    return kept, "".join(draft.data["text"] for draft in drafts if draft.kind is ReportKind.LOG)


def said(words: str) -> bytes:
    """A line in which Claude Code says something."""
    content = [{"type": "text", "text": "{}"}]
    event = json.dumps({"type": "assistant", "message": {"id": "m", "content": content}})
    return event.replace("{}", words).encode() + b"\n"


def test_other_lines_and_broken_events_stay_what_they_are() -> None:
    lines = b'hello\n{"type": "assistant", "mess\n{"type": "new"}\n[1]\n::signalbox phase X\n'
    drafts, text = told(Stream.CLAUDE_CODE, lines)
    assert text == 'hello\n{"type": "assistant", "mess\n{"type": "new"}\n[1]\n'
    assert [(draft.kind, draft.data) for draft in drafts] == [(ReportKind.PHASE, {"name": "X"})]


def test_a_secret_is_masked_however_json_spells_it() -> None:
    spelled = "".join(f"\\u{ord(letter):04x}" for letter in "hunter2hunter2")
    _, text = told(Stream.CLAUDE_CODE, said(f"key {spelled}"), secret="hunter2hunter2")
    assert text == f"key {MASK}\n"
    result = b'{"type": "result", "result": "' + spelled.encode() + b'"}\n'
    drafts, _ = told(Stream.CLAUDE_CODE, result, secret="hunter2hunter2")
    assert [draft.data for draft in drafts] == [{"text": MASK}]


def test_what_json_can_spell_and_a_log_cannot_hold_is_made_visible() -> None:
    _, text = told(Stream.CLAUDE_CODE, said("a\\u0000b\\ud800c\\u009bd\x85e\\nf"))
    assert text == "a␀b?c\\x9bd\\x85e\nf\n"


def test_words_in_an_event_never_inform() -> None:
    drafts, text = told(Stream.CLAUDE_CODE, said("::signalbox phase COMPLETED"))
    assert drafts == []
    assert text == "::signalbox phase COMPLETED\n"


def test_long_events_are_understood_and_long_lines_cut() -> None:
    _, text = told(Stream.CLAUDE_CODE, said("x" * 300_000), b"y" * 300_000 + b"\n")
    assert [line[LONGEST_LINE:] for line in text.splitlines()] == [
        " … 283,616 more characters",
        " … 283,616 more characters",
    ]
