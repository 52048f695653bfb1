"""`signalbox doctor`, `blueprints` and `manifest` as somebody types them."""

import json
import subprocess
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.wiring.doctor import examine_deployment
from tests.fakes.real_bot import RealBot
from tests.fakes.slack.fake import fake_slack

LOOKS = {"auth.test", "apps.connections.open", "conversations.info", "usergroups.list"}


def report(done: "subprocess.CompletedProcess[str]") -> dict[tuple[str, str], str]:
    findings = json.loads(done.stdout)["findings"]
    return {(one["subject"], one["checked"]): one["level"] for one in findings}


def everything_in(folder: Path) -> dict[str, tuple[int, int]]:
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}


def test_beside_a_running_bot_and_after_it(tmp_path: Path) -> None:
    bot = RealBot(tmp_path / "data").start()
    running = bot.command("doctor", "--json")
    bot.stop()
    before = everything_in(bot.data)
    stopped = bot.command("doctor", "--json")

    assert (running.returncode, stopped.returncode) == (0, 0), running.stdout
    assert report(running)["Bot", "ready"] == "ok"
    assert report(stopped)["Bot", "ready"] == "warning"
    for subject in ("Database", "Rules"):
        told = {level for (about, _), level in report(stopped).items() if about == subject}
        assert told == {"ok"}
    assert report(stopped)["Slack", "app"] == "not set up"
    assert everything_in(bot.data) == before


def test_without_anything_nothing_is_made(tmp_path: Path) -> None:
    done = RealBot(tmp_path / "data", {"SIGNALBOX_SLOT": "1"}).command("doctor")
    assert done.returncode == 0, done.stdout
    assert "Did you mean SIGNALBOX_SLOTS?" in done.stdout
    assert "\x1b" not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_nothing_secret_is_shown(tmp_path: Path) -> None:
    secrets = {
        "SIGNALBOX_SLACK_BOT_TOKEN": "xoxb-secret-1",
        "SIGNALBOX_SLACK_APP_TOKEN": "xapp-secret-2",
        "SIGNALBOX_ENCRYPTION_KEY": "secret-3",
        "SIGNALBOX_DATABASE_URL": f"postgresql://ana:secret-4@/signalbox?host={tmp_path}",
        "SIGNALBOX_SLACK_API_URL": "http://127.0.0.1:9/api/",
    }
    done = RealBot(tmp_path / "data", secrets).command("doctor")
    assert done.returncode == 75, done.stdout
    assert "secret-" not in done.stdout + done.stderr


async def test_slack_is_looked_at_as_settings_and_policy_say(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "schema: signalbox/policy/v1\npeople: {ana: admin}\n"
        "groups: {slack/T0001/S1: approver}\n"
        "projects: {shop: {channels: [slack/T0001/C1, slack/T0001/C2]}}\n"
    )
    async with fake_slack() as slack:
        slack.add_channel("C1", name="builds")
        slack.add_usergroup("S1", "approvers", [])
        environment = {
            "SIGNALBOX_DATA_DIR": str(tmp_path),
            "SIGNALBOX_SLACK_BOT_TOKEN": slack.bot_token,
            "SIGNALBOX_SLACK_APP_TOKEN": slack.app_token,
            "SIGNALBOX_SLACK_API_URL": slack.api_url,
        }
        sections = await examine_deployment(environment)
        changed = [call for call in slack.calls if call.method not in LOOKS]
    (about_slack,) = (section for section in sections if section.subject == "Slack")
    told = [(finding.checked, finding.level.value) for finding in about_slack.findings]
    assert told == [
        ("bot token", "ok"),
        ("scopes", "ok"),
        ("clock", "ok"),
        ("socket mode", "ok"),
        ("channels", "ok"),
        ("channels", "error"),
        ("user groups", "ok"),
    ]
    assert changed == []


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("folder")
def test_a_wrong_setting_is_a_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIGNALBOX_PORT", "eighty")
    assert main(["doctor"]) == 1
    assert "SIGNALBOX_PORT is a whole number" in capsys.readouterr().out


def test_a_folder_of_blueprints_is_checked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["blueprints"]) == 0
    assert "There are no blueprints in data/blueprints" in capsys.readouterr().out
    assert main(["blueprints", "nowhere"]) == 2
    good = {
        "schema": "signalbox/blueprint/v1",
        "name": "tidy",
        "profile": "agent",
        "title": "Tidy up",
        "project": "shop",
        "command": ["true"],
    }
    (folder / "mine").mkdir()
    (folder / "mine" / "a.yaml").write_text(json.dumps(good))
    assert main(["blueprints", "mine"]) == 0
    assert capsys.readouterr().out == "✔ tidy  Tidy up (shop)\n"
    (folder / "mine" / "b.yaml").write_text("name: half\nprofil: agent\n")
    assert main(["blueprints", "mine"]) == 1
    said = capsys.readouterr().out
    assert "✖ b.yaml, line 2, profil: " in said
    assert said.endswith("1 of 2 files cannot be used.\n")
