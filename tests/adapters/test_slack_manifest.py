"""The manifest is what Slack takes: its own schema, and its limits."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from adapters.slack.manifest import App, build_manifest, write_manifest
from adapters.slack.scopes import SCOPES
from bot.__main__ import main
from bot.domain.errors import UserError

DATA = Path(__file__).parents[1] / "data" / "slack"
SOCKET = App()
HTTP = App(name="Örtchen", command="/signalbox", public_url="https://bot.example.org/")


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    return Draft7Validator(json.loads((DATA / "slack.manifest.schema.2.0.0.json").read_text()))


@pytest.mark.parametrize("app", [SOCKET, HTTP])
def test_the_manifest_fits_slacks_schema(app: App, schema: Draft7Validator) -> None:
    errors = [error.message for error in schema.iter_errors(build_manifest(app))]
    assert errors == []


@pytest.mark.parametrize("app", [SOCKET, HTTP])
def test_the_manifest_keeps_slacks_limits(app: App) -> None:
    manifest = build_manifest(app)
    shown, features = manifest["display_information"], manifest["features"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    (command,) = features["slash_commands"]
    assert len(command["usage_hint"]) <= 1000
    for shortcut in features["shortcuts"]:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
    assert len(features["agent_view"]["agent_description"]) <= 300
    assert len(features["agent_view"]["suggested_prompts"]) <= 4
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert len(set(events)) == len(events) <= 100


@pytest.mark.parametrize(
    ("name", "user"), [("Signalbox", "signalbox"), ("Our Örtchen 2!", "our-rtchen-2"), ("Ö", "bot")]
)
def test_the_bots_user_has_a_plain_name(name: str, user: str) -> None:
    features = build_manifest(App(name=name))["features"]
    assert features["bot_user"]["display_name"] == user


def test_by_socket_it_names_no_address() -> None:
    written = write_manifest(SOCKET, as_json=True)
    assert "https://" not in written
    assert "request_url" not in written
    assert build_manifest(SOCKET)["settings"]["socket_mode_enabled"] is True


def test_by_http_every_request_has_its_address() -> None:
    manifest = build_manifest(HTTP)
    (command,) = manifest["features"]["slash_commands"]
    settings = manifest["settings"]
    url = "https://bot.example.org/slack/events"
    assert (command["command"], command["url"]) == ("/signalbox", url)
    assert settings["event_subscriptions"]["request_url"] == url
    assert settings["interactivity"]["request_url"] == url
    assert settings["socket_mode_enabled"] is False
    redirect = "https://bot.example.org/slack/oauth_redirect"
    assert manifest["oauth_config"]["redirect_urls"] == [redirect]


def test_it_asks_for_the_scopes_that_are_explained() -> None:
    assert build_manifest(SOCKET)["oauth_config"]["scopes"] == {
        "bot": [scope.name for scope in SCOPES]
    }
    assert len({scope.name for scope in SCOPES}) == len(SCOPES)


def test_it_hears_of_people_and_groups_that_change() -> None:
    heard = build_manifest(SOCKET)["settings"]["event_subscriptions"]["bot_events"]
    assert {"user_change", "subteam_updated", "subteam_members_changed"} <= set(heard)


def test_yaml_and_json_say_the_same() -> None:
    assert yaml.safe_load(write_manifest(HTTP, as_json=False)) == build_manifest(HTTP)
    assert json.loads(write_manifest(HTTP, as_json=True)) == build_manifest(HTTP)
    assert "Örtchen" in write_manifest(HTTP, as_json=False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 36},
        {"command": "run"},
        {"command": "/"},
        {"command": "/run it"},
        {"command": "//run"},
        {"command": "/" + "x" * 32},
        {"public_url": "http://bot.example.org"},
    ],
)
def test_what_slack_would_not_take_is_said(wrong: dict[str, Any]) -> None:
    with pytest.raises(UserError):
        build_manifest(App(**wrong))


def test_the_command_line_prints_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGNALBOX_PUBLIC_URL", "https://bot.example.org")
    assert main(["manifest", "slack", "--json", "--name", "Bot", "--command", "/bot"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["display_information"]["name"] == "Bot"
    assert printed["settings"]["socket_mode_enabled"] is False
    assert main(["manifest", "slack", "--socket"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == build_manifest(SOCKET)
    assert main(["manifest", "slack", "--name", ""]) == 2
    assert "1 to 35" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "by_socket"),
    [
        ({}, False),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}, True),
        ({"SLACK_CLIENT_ID": "1", "SLACK_CLIENT_SECRET": "s", "SLACK_APP_TOKEN": "xapp-1"}, False),
    ],
)
def test_whoever_uses_socket_mode_keeps_it_though_the_bot_has_an_address(
    settings: dict[str, str],
    by_socket: bool,  # noqa: FBT001  # pytest names it in each case
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {**settings, "PUBLIC_URL": "https://bot.example.org"}.items():
        monkeypatch.setenv(f"SIGNALBOX_{name}", value)
    assert main(["manifest", "slack", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["settings"]["socket_mode_enabled"] is by_socket
