"""One list of scopes: explained in docs/slack.md, and enough for everything that is called."""

import re

from adapters.slack.scopes import SCOPES
from tests.architecture.source import ROOT
from tests.fakes.slack.server import METHODS


def test_every_scope_is_explained_as_the_doctor_does() -> None:
    page = (ROOT / "docs" / "slack.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z_]+(?::[a-z.]+)*)` \| (.+?)( \(vital\))? \|$", page, re.MULTILINE)
    assert rows == [(one.name, one.lets, " (vital)" if one.vital else "") for one in SCOPES]


def test_what_is_called_is_allowed() -> None:
    files = sorted((ROOT / "adapters" / "slack").rglob("*.py"))
    source = "\n".join(file.read_text("utf-8") for file in files)
    called = {
        name: set(method.scopes)
        for name, method in METHODS.items()
        if method.token == "bot"
        and (f'"{name}"' in source or f".{name.replace('.', '_')}" in source)
    }
    granted = {scope.name for scope in SCOPES}
    assert {name: needed - granted for name, needed in called.items() if needed - granted} == {}
    assert "conversations.info" in called
