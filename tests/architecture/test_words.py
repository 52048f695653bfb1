"""Whatever can happen has words, and whatever can be asked is explained."""

import re

import jinja2
import pytest

from bot.domain.events import EventType
from tests.architecture.pages import PAGE, commands_page
from tests.architecture.source import ROOT

BLOCKS = {"title", "body", "fallback"}


@pytest.mark.parametrize("event", EventType)
def test_every_event_has_a_template_with_all_its_blocks(event: EventType) -> None:
    file = ROOT / "templates" / "messages" / f"{event.value}.md.j2"
    tree = jinja2.Environment(autoescape=False).parse(file.read_text(encoding="utf-8"))
    assert {block.name for block in tree.find_all(jinja2.nodes.Block)} >= BLOCKS


def test_every_command_is_documented() -> None:
    assert PAGE.read_text(encoding="utf-8") == commands_page(), "run make docs"


def test_every_link_between_documents_leads_somewhere() -> None:
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{document.relative_to(ROOT)} → {target}"
        for document in documents
        for target in re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
        if "://" not in target and not (document.parent / target).exists()
    ]
    assert dead == []
