"""A deletion that was asked for happens though the bot is killed; its run leaves a tombstone."""

import subprocess
import sys

from tests.fakes.real_bot import RealBot, wait_for


def audit(bot: RealBot, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bot", "audit", *words],
        env=bot.environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_killed_bot_deletes_what_it_was_asked_to(bot: RealBot) -> None:
    bot.blueprint("brief", "echo done")
    assert bot.chat("/run dispatch brief", "--wait").returncode == 0
    assert "Gone for good in 10 s" in bot.chat("/run delete 1").stdout
    bot.kill()
    bot.start()
    bot.until("1", "R-1 was deleted")
    assert "No run matches" in bot.chat("/run list").stdout
    verified = audit(bot, "verify")
    assert (verified.returncode, verified.stderr) == (0, "")
    assert "disposition_changed" in audit(bot, "export", "--run", "R-1").stdout


def test_an_undone_deletion_stays_undone(bot: RealBot) -> None:
    bot.blueprint("brief", "echo done")
    bot.chat("/run dispatch brief", "--wait")
    bot.chat("/run delete 1")
    assert "R-1 stays" in bot.chat("/run undo").stdout
    bot.kill()
    bot.start()
    wait_for(lambda: "Delete" in bot.shows("1"), what="the run to be there")


def test_an_audit_without_a_database_says_so(bot: RealBot) -> None:
    bot.settings["SIGNALBOX_DATA_DIR"] = str(bot.data / "nowhere")
    refused = audit(bot, "verify")
    del bot.settings["SIGNALBOX_DATA_DIR"]
    assert refused.returncode == 2
    assert "There is no database" in refused.stderr
