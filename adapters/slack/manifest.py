"""The manifest: the app as Slack creates it, for Socket Mode or for requests over HTTP."""

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import yaml

from adapters.slack.names import (
    COMMAND,
    DISPATCH_RUN,
    EVENTS_PATH,
    REDIRECT_PATH,
    RUN_FROM_MESSAGE,
    START_RUN,
)
from adapters.slack.scopes import EVENTS, SCOPES
from bot.domain.errors import UserError
from bot.messages.render import word

Part: TypeAlias = dict[str, Any]

_NAME = 35
_COMMAND = range(2, 33)
"""Characters that Slack takes."""
_PROMPTS = ("prompt_start", "prompt_inbox", "prompt_active")
_words = partial(word, "slack_app")


@dataclass(frozen=True, kw_only=True)
class App:
    """What differs from one deployment to another."""

    name: str = "Signalbox"
    command: str = COMMAND
    public_url: str = ""
    """Where Slack sends requests; empty for Socket Mode."""


def write_manifest(app: App, *, as_json: bool) -> str:
    """The manifest as YAML or JSON. Raises UserError for what Slack would not take."""
    manifest = build_manifest(app)
    if as_json:
        return json.dumps(manifest, indent=2, ensure_ascii=False)
    return yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=100).rstrip()


def build_manifest(app: App) -> Part:
    """The manifest, version 2. Raises UserError for what Slack would not take."""
    _check(app)
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": app.name,
            "description": _words("description"),
            "background_color": "#1f2937",
        },
        "features": _features(app),
        "oauth_config": {
            **({"redirect_urls": [_url(app, REDIRECT_PATH)]} if app.public_url else {}),
            "scopes": {"bot": [scope.name for scope in SCOPES]},
        },
        "settings": _settings(app),
        "functions": {DISPATCH_RUN: _step()},
    }


def _check(app: App) -> None:
    if not 1 <= len(app.name) <= _NAME:
        raise UserError(f"The app's name has 1 to {_NAME} characters.")
    word_of = app.command.removeprefix("/")
    if word_of == app.command or len(app.command) not in _COMMAND or set(word_of) & set(" /\t"):
        raise UserError("The command begins with / and has 1 to 31 more characters, no space.")
    if app.public_url and urlsplit(app.public_url).scheme != "https":
        raise UserError(
            "Slack sends requests to https alone; set SIGNALBOX_PUBLIC_URL to an https address, "
            "or use --socket."
        )


def _features(app: App) -> Part:
    request = {"url": _url(app, EVENTS_PATH)} if app.public_url else {}
    return {
        "app_home": {
            "home_tab_enabled": True,
            "messages_tab_enabled": True,
            "messages_tab_read_only_enabled": False,
        },
        "bot_user": {"display_name": _user_name(app.name), "always_online": True},
        "slash_commands": [
            {
                "command": app.command,
                "description": _words("command"),
                "usage_hint": _words("usage_hint"),
                "should_escape": True,
                **request,
            }
        ],
        "shortcuts": [_shortcut(START_RUN, "global"), _shortcut(RUN_FROM_MESSAGE, "message")],
        "agent_view": {
            "agent_description": _words("agent"),
            "suggested_prompts": [
                {"title": _words(prompt), "message": _words(f"{prompt}_message")}
                for prompt in _PROMPTS
            ],
        },
    }


def _user_name(name: str) -> str:
    """The letters that Slack takes in the name of a bot's user."""
    kept = re.sub(r"[^a-z0-9._-]", "", re.sub(r"\s+", "-", name.lower()))
    return kept.strip("-") or "bot"


def _shortcut(callback_id: str, kind: str) -> Part:
    return {
        "name": _words(callback_id),
        "type": kind,
        "callback_id": callback_id,
        "description": _words(f"{callback_id}_help"),
    }


def _settings(app: App) -> Part:
    request = {"request_url": _url(app, EVENTS_PATH)} if app.public_url else {}
    return {
        "event_subscriptions": {**request, "bot_events": list(EVENTS)},
        "interactivity": {"is_enabled": True, **request},
        "org_deploy_enabled": True,
        "socket_mode_enabled": not app.public_url,
        "token_rotation_enabled": False,
        "is_hosted": False,
        "function_runtime": "remote",
    }


def _step() -> Part:
    inputs = {
        "job": _parameter("job", "string", required=True),
        "channel": _parameter("channel", "slack#/types/channel_id", required=True),
    }
    outputs = {name: _parameter(name, "string") for name in ("run_id", "status")}
    return {
        "title": _words("step"),
        "description": _words("step_help"),
        "input_parameters": {"properties": inputs, "required": list(inputs)},
        "output_parameters": {"properties": outputs, "required": list(outputs)},
    }


def _parameter(name: str, kind: str, *, required: bool = False) -> Part:
    return {
        "type": kind,
        "title": _words(f"step_{name}"),
        "description": _words(f"step_{name}_help"),
        **({"is_required": True} if required else {}),
    }


def _url(app: App, path: str) -> str:
    return app.public_url.rstrip("/") + path
