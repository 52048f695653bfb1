import json

import pytest

from adapters.runner import outbox as module
from adapters.runner.outbox import Outbox
from bot.domain.report import ReportKind


def sent(outbox: Outbox) -> list[tuple[int, str, object]]:
    reports = [json.loads(report.body) for report in outbox.next_batch()]
    return [
        (report["seq"], report["kind"], report["data"].get("text", report["data"]))
        for report in reports
    ]


def test_reports_keep_their_order_and_neighbouring_log_is_joined() -> None:
    outbox = Outbox()
    outbox.add_log("out", "a")
    outbox.add_log("out", "b")
    outbox.add_log("err", "c")
    outbox.add(ReportKind.PHASE, {"name": "X"})
    outbox.add_log("err", "d")
    assert sent(outbox) == [
        (1, "log", "ab"),
        (2, "log", "c"),
        (3, "phase", {"name": "X"}),
        (4, "log", "d"),
    ]


def test_a_log_report_never_grows_too_long() -> None:
    outbox = Outbox()
    outbox.add_log("out", "a" * 40_000)
    outbox.add_log("out", "b" * 40_000)
    assert [len(str(text)) for _seq, _kind, text in sent(outbox)] == [40_000, 40_000]


def test_a_batch_stays_below_what_the_bot_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_GATHERING", 0)
    outbox = Outbox()
    for _ in range(40):
        outbox.add_log("out", "\x1b" * 65_536)
    sizes = [sum(len(report.body) for report in outbox.next_batch()) for _ in range(20)]
    assert max(sizes) < 1 << 20


def test_old_log_gives_way_when_the_bot_is_away_and_nothing_else_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_MOST_LOG", 100_000)
    outbox = Outbox()
    outbox.add(ReportKind.PHASE, {"name": "X"})
    for letter in "abcd":
        outbox.add_log("out", letter * 60_000)
    outbox.add(ReportKind.PHASE, {"name": "Y"})
    reports = sent(outbox)
    assert [seq for seq, _kind, _text in reports] == [1, 2, 3, 4]
    assert (
        reports[0][2] == "180,000 characters of log are missing here: the bot was away too long.\n"
    )
    assert [kind for _seq, kind, _text in reports] == ["log", "phase", "log", "phase"]
    assert str(reports[2][2])[0] == "d"


def test_nothing_follows_the_last_report() -> None:
    outbox = Outbox()
    outbox.add(ReportKind.ENDED, {"status": "succeeded"})
    outbox.add(ReportKind.PUSH, {"commit": "c", "files": []})
    assert [kind for _seq, kind, _text in sent(outbox)] == ["ended"]
    assert not outbox.empty


def test_what_is_no_text_does_not_stop_a_report() -> None:
    outbox = Outbox()
    outbox.add(ReportKind.SUMMARY, {"text": "a\udcffb"})
    assert sent(outbox) == [(1, "summary", "a?b")]
