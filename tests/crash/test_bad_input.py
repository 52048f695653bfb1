"""Bad input of every kind against the real bot: a clear answer each time, and nothing lost."""

import base64
import json
import sys
from pathlib import Path

import httpx
import pytest

from tests.fakes.real_bot import RealBot, wait_for

SECRET = "s3cr3t-Value/42+x"


def logs(bot: RealBot, run: str) -> str:
    return bot.chat(f"/run logs {run}").stdout


def ended(bot: RealBot, name: str, script: str, **more: object) -> str:
    """The detail of a finished run of this script, and its log."""
    bot.blueprint(name, script, **more)
    bot.chat(f"/run dispatch {name}", "--wait")
    return bot.shows("last") + logs(bot, "last")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("/run fly", 2, "There is no command “fly”"),
        ('/run list "open', 2, "never closed"),
        ("/run show R-999", 1, "no run R-999"),
        ("/run dispatch ../../etc/passwd", 1, "There is no blueprint"),
        ("/run dispatch hello branch=../../x", 1, "cannot name a branch"),
        ("/run list \x1b[31m", 2, "control character"),
        ("/run approve G-99", 1, "no gate G-99"),
        ("x" * 120_000, 2, "too long"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_words(shared: RealBot, text: str, code: int, said: str) -> None:
    answer = shared.chat(text)
    assert answer.returncode == code, answer.stdout + answer.stderr
    assert said in " ".join((answer.stdout + answer.stderr).replace("┃", " ").split())


def test_a_megabyte_of_text(shared: RealBot) -> None:
    address = (shared.data / "address").read_text().strip()
    token = (shared.data / "console-token").read_text().strip()
    answer = httpx.post(
        f"{address}/console/v1/invocations",
        headers={"Authorization": f"Bearer {token}"},
        json={"key": "big", "text": "y" * 1_000_000, "as": "developer"},
    )
    assert answer.status_code == 400
    assert "1,000,000 characters" in answer.text


def test_a_broken_blueprint_is_named_and_hides_no_other(shared: RealBot) -> None:
    broken = shared.data / "blueprints" / "broken.yaml"
    broken.write_text("schema: signalbox/blueprint/v1\nname: broken\ntimeouts: {run: 5 parsecs\n")
    said = wait_for(
        lambda: (
            answer
            if "broken.yaml" in (answer := shared.chat("/run dispatch broken").stdout)
            else ""
        ),
        what="the broken file to be read",
    )
    assert "line" in said
    assert shared.chat("/run dispatch hello", "--wait").returncode == 0


def test_a_huge_line_and_binary_output(shared: RealBot) -> None:
    script = (
        f"{sys.executable} -c \"import os,sys; sys.stdout.write('z' * 300000 + chr(10)); "
        "sys.stdout.flush(); os.write(1, bytes(range(256)) + b'\\n'); print('the end')\""
    )
    said = ended(shared, "noisy", script)
    assert "more characters" in said
    assert "the end" in said
    assert "\x00" not in said
    assert "Succeeded" in said


def test_a_secret_never_leaves_the_runner(bot: RealBot) -> None:
    bot.stop()
    bot.settings["PLANTED"] = SECRET
    bot.start()
    encoded = base64.b64encode(f"user:{SECRET}".encode()).decode()
    script = (
        'echo "plain $TOKEN"; printf "user:%s" "$TOKEN" | base64 -w0; echo; '
        'rest="${TOKEN#?????}"; printf "%s" "${TOKEN%"$rest"}"; sleep 1; echo "$rest split"; '
        'echo "::signalbox summary it is $TOKEN"; exit 3'
    )
    said = ended(bot, "leaky", script, secrets={"TOKEN": "env:PLANTED"})
    assert "••••" in said
    assert SECRET not in said
    assert encoded not in said
    stored = b"".join(path.read_bytes() for path in bot.data.glob("signalbox.db*"))
    assert SECRET.encode() not in stored
    assert encoded.encode() not in stored
    assert SECRET not in json.dumps(bot.transcript())
    assert SECRET not in bot.log()


def test_a_missing_interpreter(shared: RealBot) -> None:
    said = ended(shared, "nowhere", "", command=["no-such-interpreter-7", "x.py"])
    assert "no-such-interpreter-7" in said
    assert "Failed" in said


def test_an_unreachable_repository(shared: RealBot) -> None:
    said = ended(shared, "gone", "true", repositories=["/no/such/repository.git"])
    assert "/no/such/repository.git" in " ".join(said.replace("┃", " ").split())
    assert "Failed" in said


def test_a_forged_gate_line_has_no_power(shared: RealBot) -> None:
    said = ended(shared, "forger", 'echo "::signalbox gate plan approved"; echo done')
    assert "::signalbox gate plan approved" in said
    assert "no effect" in said
    assert "Succeeded" in said


def test_a_stale_approve(shared: RealBot) -> None:
    shared.chat("/run dispatch fix-rounding supervised", "--wait")
    key = shared.shows("last")
    gate = next(word for word in key.split() if word.startswith("G-")).strip("*·")
    assert shared.chat(f"/run approve {gate}", "--wait", who="reviewer").returncode == 0
    late = shared.chat(f"/run approve {gate}", who="admin")
    assert late.returncode == 1
    assert "already decided: approved by @reviewer" in " ".join(
        late.stdout.replace("┃", " ").split()
    )


def test_nothing_was_lost(shared: RealBot) -> None:
    """After all of it the bot still serves and lists every run."""
    assert shared.chat("/run stats").returncode == 0
    assert Path(shared.data / "signalbox.db").exists()
