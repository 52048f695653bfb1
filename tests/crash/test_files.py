"""A broken blueprint file is told once, also across a crash; output and files of real runs."""

import time
from pathlib import Path

import httpx

from tests.fakes.real_bot import RealBot, wait_for

_BROKEN = (
    "schema: signalbox/blueprint/v1\nname: mine\nprofile: agent\nproject: shop\n"
    "owner: reviewer\ntitle: [5]\ncommand: 'true'\n"
)


def told(bot: RealBot, who: str = "reviewer") -> list[str]:
    """What this person is told of the file, each message in one line."""
    address = (bot.data / "address").read_text().strip()
    token = (bot.data / "console-token").read_text().strip()
    answer = httpx.get(
        f"{address}/console/v1/transcript",
        params={"after": 0, "as": who},
        headers={"Authorization": f"Bearer {token}"},
    )
    return [
        entry["message"]["fallback"]
        for entry in answer.json()["said"]
        if "mine.yaml" in entry["message"]["fallback"]
    ]


def test_a_broken_file_is_told_to_its_owner_once_across_a_crash(bot: RealBot) -> None:
    file = bot.data / "blueprints" / "mine.yaml"
    file.write_text(_BROKEN)
    # Killed as soon as it may have been told, at whatever moment that is.
    wait_for(lambda: b"mine.yaml" in _database(bot), what="the file to be noticed")
    bot.kill()
    bot.start()
    (first,) = wait_for(lambda: told(bot), what="the owner to be told")
    assert "mine.yaml, line 6, title" in first
    time.sleep(2.5)
    bot.kill()
    bot.start()
    time.sleep(2.5)
    file.touch()
    time.sleep(2.5)
    assert told(bot) == [first]
    assert told(bot, "developer") == []
    file.write_text(_BROKEN.replace("[5]", "Mine"))
    wait_for(lambda: len(told(bot)) == 2, what="the mend to be told")
    assert "can be used again" in told(bot)[-1]
    assert "mine · agent · shop" in bot.chat("/run blueprints").stdout
    bot.chat("/run blueprints disable mine for now", who="reviewer")
    bot.kill()
    bot.start()
    refused = bot.chat("/run dispatch mine")
    assert refused.returncode == 1
    assert "by @reviewer" in refused.stdout


def _database(bot: RealBot) -> bytes:
    return b"".join(path.read_bytes() for path in bot.data.glob("signalbox.db*"))


def test_output_is_followed_and_files_are_fetched(bot: RealBot, tmp_path: Path) -> None:
    script = (
        "printf '\\033[31mbegin\\033[0m\\n'; echo result > report.txt; "
        "signalbox report artifact report.txt; sleep 2; echo 'the end ERROR 403'"
    )
    bot.blueprint("maker", script)
    bot.chat("/run dispatch maker")
    bot.until("last", "report.txt")
    tail = bot.chat("/tail 1")
    assert tail.returncode == 0, tail.stderr
    assert "begin" in tail.stdout
    assert "the end ERROR 403" in tail.stdout
    assert "has ended: succeeded" in tail.stdout
    assert "\x1b" not in tail.stdout
    assert "1 line of R-1.1" in bot.chat("/run logs 1 error 403").stdout
    listed = bot.chat("/run artifacts 1").stdout
    assert "/save R-1 report.txt" in listed
    saved = bot.chat(f"/save R-1 report.txt {tmp_path / 'got.txt'}")
    assert saved.returncode == 0, saved.stderr
    assert (tmp_path / "got.txt").read_text() == "result\n"
    assert bot.chat(f"/save R-1 report.txt {tmp_path / 'got.txt'}").returncode == 1
