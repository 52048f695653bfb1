"""A bot's whole history moves from its file to PostgreSQL, and the bot goes on there."""

from pathlib import Path

import pytest

from tests.fakes.real_bot import RealBot


def test_a_bot_moves_to_postgres_and_back(tmp_path: Path, postgres_url: str) -> None:
    bot, file = RealBot(tmp_path / "data"), str(tmp_path / "all.jsonl")
    bot.start()
    assert bot.chat("/run dispatch hello", "--wait").returncode == 0
    told = bot.transcript()
    refused = bot.command("export", "--to", file)
    assert refused.returncode == 2
    assert "Another bot is at work" in refused.stderr
    bot.stop()
    assert "rows of" in bot.command("export", "--to", file).stdout

    bot.settings["SIGNALBOX_DATABASE_URL"] = postgres_url
    moved = bot.command("import", file)
    assert "rows of" in moved.stdout, moved.stderr
    bot.start()
    assert bot.transcript() == told
    assert "Succeeded" in bot.shows("1")
    assert bot.chat("/run dispatch hello", "--wait").returncode == 0
    assert "Succeeded" in bot.shows("2")
    bot.stop()


@pytest.mark.parametrize("command", ["up", "migrate"])
def test_a_server_that_is_not_there_is_said_plainly(tmp_path: Path, command: str) -> None:
    url = "postgresql://bot:secret@127.0.0.1:9/signalbox"
    bot = RealBot(tmp_path / "data", settings={"SIGNALBOX_DATABASE_URL": url})
    said = bot.command(command)
    assert said.returncode == 75
    assert "PostgreSQL at 127.0.0.1/signalbox cannot be reached" in said.stderr
    assert "Traceback" not in said.stderr
    assert "secret" not in said.stdout + said.stderr
