from datetime import UTC, datetime, timedelta

import pytest

from bot.ports.doctor import Finding, Level, compare_clocks

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
MOST = timedelta(minutes=5)


@pytest.mark.parametrize(
    ("date", "level", "words"),
    [
        ("Mon, 04 May 2026 12:00:02 GMT", Level.OK, "agrees with Slack's"),
        ("Mon, 04 May 2026 11:59:40 GMT", Level.WARNING, "20 s ahead of Slack's"),
        ("Mon, 04 May 2026 12:00:30 GMT", Level.WARNING, "30 s behind Slack's"),
        ("Mon, 04 May 2026 12:05:00 GMT", Level.ERROR, "300 s behind Slack's"),
        ("Mon, 04 May 2026 11:00:00 GMT", Level.ERROR, "3600 s ahead of Slack's"),
        ("", Level.WARNING, "told no time"),
        ("yesterday", Level.WARNING, "told no time"),
        ("Mon, 04 May 2026 12:00:00 -0000", Level.WARNING, "told no time"),
    ],
)
def test_a_clock_is_compared_with_a_vendors(date: str, level: Level, words: str) -> None:
    finding = compare_clocks("Slack", date, NOW, most=MOST)
    assert (finding.level, words in finding.found) == (level, True), finding
    assert bool(finding.remedy) == (level is not Level.OK)


def test_only_what_is_well_needs_no_remedy() -> None:
    assert Finding.ok("token", "It is valid.").remedy == ""
    assert Finding.error("token", "It is not.", "Make one.").level is Level.ERROR
    assert Finding.warning("token", "It is old.", "Make one.").level is Level.WARNING
    assert Finding.not_set_up("token", "There is none.", "Make one.").level is Level.NOT_SET_UP
