"""One list of scopes: explained in docs/slack.md, and enough for everything that is called."""

import re

from adapters.slack.scopes import SCOPES
from tests.architecture.source import ROOT
from tests.fakes.slack.server import METHODS

WRAPPED = {
    "files_upload_v2": {"files:write"},
    "auth_test": set(),
    "apps_connections_open": set(),
    "issue_new_wss_url": set(),
}
"""Methods of the client that are no single method of Slack's, or need no scope of the bot."""
CALLED = re.compile(
    r"\bclient\.(?!api_call)([a-z]+_[A-Za-z_0-9]+)\(|\b(?:api_)?call\(\s*\"([a-z]+\.[A-Za-z.]+)\""
)


def test_every_scope_is_explained_as_the_doctor_does() -> None:
    page = (ROOT / "docs" / "slack.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z_]+(?::[a-z.]+)*)` \| (.+?)( \(vital\))? \|$", page, re.MULTILINE)
    assert rows == [(one.name, one.lets, " (vital)" if one.vital else "") for one in SCOPES]


def test_what_is_called_is_allowed() -> None:
    needs = {name.replace(".", "_"): set(method.scopes) for name, method in METHODS.items()}
    granted = {scope.name for scope in SCOPES}
    lacking: dict[str, set[str]] = {}
    for file in sorted((ROOT / "adapters" / "slack").rglob("*.py")):
        for by_attribute, by_name in CALLED.findall(file.read_text("utf-8")):
            method = by_attribute or by_name.replace(".", "_")
            needed = WRAPPED[method] if method in WRAPPED else needs[method]
            lacking |= {f"{file.name}: {method}": needed - granted} if needed - granted else {}
    assert lacking == {}
