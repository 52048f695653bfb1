"""A question outlives its program and the bot: asked, both gone, answered after the crash."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests.fakes.real_bot import RealBot, wait_for

FORM = {
    "prompt": "Which region, and the token?",
    "fields": [
        {"name": "region", "label": "Region", "type": "choice", "choices": ["eu", "us"]},
        {"name": "token", "label": "Token", "type": "secret"},
    ],
}
SCRIPT = f"""
if [ -n "$SIGNALBOX_RESUME" ]; then
  echo "told $SIGNALBOX_DECISION"
  printf %s "$SIGNALBOX_DECISION" > "$WITNESS"
  exit 0
fi
echo '{json.dumps(FORM)}' > form.json
signalbox report question where --form form.json --wait --hold 0
exit $?
"""


def press(bot: RealBot, **fields: str) -> dict[str, Any]:
    """Answer by the form, as a terminal does."""
    address = (bot.data / "address").read_text().strip()
    token = (bot.data / "console-token").read_text().strip()
    arguments = {"run": "G-1", **{f"field.{name}": value for name, value in fields.items()}}
    answer = httpx.post(
        f"{address}/console/v1/invocations",
        headers={"Authorization": f"Bearer {token}"},
        json={
            "key": f"press-{fields['region']}",
            "as": "reviewer",
            "press": {"verb": "answer", "arguments": arguments},
        },
    )
    reply: dict[str, Any] = answer.json()["reply"]
    return reply


def kept(data: Path) -> str:
    """All that the database holds, as text, and what stands beside it."""
    with closing(sqlite3.connect(data / "signalbox.db")) as database:
        dumped = "\n".join(database.iterdump())
    return dumped + (data / "bot.log").read_text("utf-8")


def test_answered_after_the_bot_was_killed(bot: RealBot, tmp_path: Path) -> None:
    witness = tmp_path / "witness.json"
    bot.blueprint("asker", SCRIPT, env={"WITNESS": str(witness)})
    bot.chat("/run dispatch asker autopilot")
    bot.until("1", "G-1")
    runner = bot.data / "jobs" / "R-1.1" / "runner.json"
    wait_for(lambda: not runner.exists(), what="the program to leave its question")
    bot.kill()
    bot.start()
    assert "Which region" in bot.shows("1")
    wrong = press(bot, region="mars", token="hunter2")
    assert wrong["problems"] == {"field.region": "it is one of eu, us."}
    assert "Answered G-1" in press(bot, region="eu", token="hunter2")["message"]["title"]
    bot.until("1", "Succeeded")
    assert json.loads(witness.read_text())["answers"] == {"region": "eu", "token": "hunter2"}
    logs = bot.chat("/run logs 1").stdout
    assert "told" in logs
    assert "hunter2" not in logs
    assert "hunter2" not in kept(bot.data)
    assert (bot.data / "encryption-key").stat().st_mode & 0o777 == 0o600
    assert "Waiting for people" in bot.chat("/run timeline 1").stdout
