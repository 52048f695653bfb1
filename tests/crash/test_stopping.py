"""Stop leaves nothing behind, whatever the program does about it."""

from pathlib import Path

import pytest

from tests.fakes.real_bot import RealBot, processes_of, wait_for


@pytest.mark.parametrize(
    "script",
    [
        "sleep 600",
        "trap '' TERM INT HUP; while :; do sleep 1; done",
        "setsid sh -c \"trap '' TERM; while :; do sleep 1; done\" & (sleep 600 &) ; exec sleep 600",
        "nohup setsid env -i sleep 600 >/dev/null 2>&1 & wait",
    ],
    ids=["plain", "ignores SIGTERM", "setsid grandchild", "clean environment"],
)
def test_stop_leaves_no_process(bot: RealBot, script: str) -> None:
    bot.blueprint("stubborn", f"echo begun; {script}")
    bot.chat("/run dispatch stubborn")
    wait_for(lambda: "begun" in bot.chat("/run logs 1").stdout, what="the program to begin")
    before = sleepers()
    assert before
    assert bot.chat("/run stop 1 enough").returncode == 0
    bot.until("1", "Failed")
    wait_for(lambda: not processes_of(bot, "R-1.1"), what="everything to be gone")
    assert not before & sleepers()
    assert "Stopped via console: enough" in bot.shows("1")


def sleepers() -> set[int]:
    """Processes that the scripts start, whatever their environment."""
    found = set()
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and b"sleep\x00600" in (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
            if entry.name.isdigit() and b"trap '' TERM" in (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def test_a_polite_end_and_what_the_exit_says(bot: RealBot) -> None:
    assert bot.stop() == 0
    bot.start()
    bot.blueprint("failing", "echo no luck; exit 7")
    assert bot.chat("/run dispatch failing", "--wait").returncode == 1
    assert "7" in bot.shows("1")
