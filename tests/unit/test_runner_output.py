from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.runner.masking import MASK, Masker
from adapters.runner.output import LONGEST_LINE, LONGEST_TEXT, Draft, LogLimit, OutputReader
from bot.domain.report import ReportKind

Told = list[tuple[str, object]]


def reader(
    stream: Literal["out", "err"] = "out", *, limit: LogLimit | None = None, secret: str = "unused"
) -> OutputReader:
    return OutputReader(stream, masker=Masker({"TOKEN": secret}), limit=limit or LogLimit(64))


def told(drafts: list[Draft]) -> Told:
    """Log texts by stream, joined where they follow each other; other reports by kind."""
    result: Told = []
    for draft in drafts:
        if draft.kind is not ReportKind.LOG:
            result.append((draft.kind.value, dict(draft.data)))
        elif result and result[-1][0] == draft.data["stream"]:
            result[-1] = (draft.data["stream"], f"{result[-1][1]}{draft.data['text']}")
        else:
            result.append((draft.data["stream"], draft.data["text"]))
    return result


def read(data: bytes, *, secret: str = "unused") -> Told:
    source = reader(secret=secret)
    return told(source.feed(data) + source.close())


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain\n", "plain\n"),
        (b"no end", "no end\n"),
        (b"one\r\ntwo\r\n", "one\ntwo\n"),
        (b"1%\r50%\r100%\r\nnext\n", "100%\nnext\n"),
        (b"50%\r", "50%\n"),
        (b"\n\n", "\n\n"),
        (b"\x1b[31mred\x1b[0m\ttab\n", "\x1b[31mred\x1b[0m\ttab\n"),
        (b"nul\x00 bell\x07 del\x7f\n", "nul␀ bell␇ del␡\n"),
        ("c1\x9b31m\n".encode(), "c1\\x9b31m\n"),
        (b"caf\xe9 \xf0\x9f\n", "caf� �\n"),
        ("grün ☃\n".encode(), "grün ☃\n"),
        (b"", ""),
    ],
)
def test_text_is_made_safe(data: bytes, text: str) -> None:
    assert read(data) == ([("out", text)] if text else [])


@pytest.mark.parametrize(
    ("line", "report"),
    [
        ("phase EXECUTING", ("phase", {"name": "EXECUTING"})),
        ("phase node:build/linux \r", ("phase", {"name": "node:build/linux"})),
        ("step install running", ("step", {"name": "install", "state": "running"})),
        ("step npm ci done", ("step", {"name": "npm ci", "state": "done"})),
        ("summary fixed the rounding", ("summary", {"text": "fixed the rounding"})),
        ("phase \x1b[1mX", ("phase", {"name": "␛[1mX"})),
    ],
)
def test_lines_that_inform_become_reports(line: str, report: object) -> None:
    assert read(f"before\n::signalbox {line}\nafter\n".encode()) == [
        ("out", "before\n"),
        report,
        ("out", "after\n"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "::signalbox gate approve",
        "::signalbox",
        "::signalbox phase",
        "::signalbox step install",
        "::signalbox step install finished",
        "::signalbox phase " + "x" * 81,
        "::signalboxphase X",
    ],
)
def test_every_other_such_line_is_output_with_a_note(line: str) -> None:
    logged, note = read(f"{line}\n".encode())
    assert logged == ("out", f"{line}\n")
    assert note[0] == "runner"
    assert "no effect" in str(note[1])
    assert "signalbox report" in str(note[1])


def test_a_line_without_its_end_does_not_inform() -> None:
    assert [stream for stream, _ in read(b"::signalbox phase EXE")] == ["out", "runner"]


def test_only_standard_output_informs() -> None:
    line = b"::signalbox phase EXECUTING\n"
    assert told(reader("err").feed(line)) == [("err", line.decode())]
    assert told(reader().feed(b" " + line)) == [("out", " " + line.decode())]


def test_a_long_summary_is_cut() -> None:
    [(kind, data)] = read(b"::signalbox summary " + b"x" * 30_000 + b"\n")
    assert kind == "summary"
    assert data == {"text": "x" * 3_999 + "…"}


def test_a_long_line_is_cut_visibly() -> None:
    cut = "x" * LONGEST_LINE + " … 4,321 more characters\n"
    assert read(b"x" * (LONGEST_LINE + 4_321) + b"\nnext\n") == [("out", cut + "next\n")]


def test_a_line_without_end_takes_no_memory() -> None:
    source = reader()
    for _ in range(200):
        assert source.feed(b"y" * 65_536) == []
    [(_, text)] = told(source.close())
    assert str(text).endswith(f" … {200 * 65_536 - LONGEST_LINE:,} more characters\n")


def test_a_cut_never_reveals_half_a_secret() -> None:
    data = b"x" * (LONGEST_LINE - 3) + b"sesame\n"
    [(_, text)] = read(data, secret="sesame")
    assert str(text) == "x" * (LONGEST_LINE - 3) + MASK[:3] + " … 1 more characters\n"


def test_secrets_are_masked_in_logs_and_reports() -> None:
    data = b"::signalbox summary used sesame\nsesame\n\x1b[1msesame\x1b[0m\n"
    assert read(data, secret="sesame") == [
        ("summary", {"text": f"used {MASK}"}),
        ("out", f"{MASK}\n\x1b[1m{MASK}\x1b[0m\n"),
    ]


def test_a_finished_line_is_told_at_once() -> None:
    source = reader(secret="sesame")
    assert told(source.feed(b"done ses\nse")) == [("out", "done ses\n")]


def test_texts_fit_a_report() -> None:
    drafts = reader().feed(b"\x80" * 60 + b"z" * 10_000 + b"\n" + b"line\n" * 60_000)
    assert all(len(draft.data["text"]) <= LONGEST_TEXT for draft in drafts)
    assert len(drafts) == 5
    widest = reader().feed("\x9b".encode() * 20_000 + b"\n")
    assert len(widest[0].data["text"]) < LONGEST_TEXT


def test_after_the_limit_the_rest_is_dropped_and_reports_go_on() -> None:
    limit = LogLimit(1)
    out, err = reader(limit=limit), reader("err", limit=limit)
    line = b"x" * 1_023 + b"\n"
    assert told(out.feed(line * 1_024)) == [("out", line.decode() * 1_024)]
    assert told(err.feed(b"more\n")) == [
        ("runner", "log limit of 1 MB reached; the rest is dropped\n")
    ]
    assert told(out.feed(b"more\n::signalbox phase COMMITTING\n::signalbox gate approve\n")) == [
        ("phase", {"name": "COMMITTING"})
    ]
    assert err.close() == []


lines = st.one_of(
    st.binary(max_size=20),
    st.sampled_from(
        [
            b"::signalbox phase X\n",
            b"::signalbox gate approve\n",
            b"\r",
            b"\r\n",
            b"\n",
            b"sesame",
            b"c2VzYW1l",
            "schön ☃".encode(),
            b"q" * (LONGEST_LINE - 1),
        ]
    ),
)


@settings(deadline=None)
@given(parts=st.lists(lines, max_size=12), cuts=st.lists(st.integers(min_value=0), max_size=12))
def test_how_the_bytes_arrive_makes_no_difference(parts: list[bytes], cuts: list[int]) -> None:
    data = b"".join(parts)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    source = reader(secret="sesame")
    drafts: list[Draft] = []
    for start, end in pairwise(edges):
        drafts += source.feed(data[start:end])
    result = told(drafts + source.close())
    assert result == read(data, secret="sesame")
    assert "sesame" not in repr(result)
    assert "c2VzYW1l" not in repr(result)
