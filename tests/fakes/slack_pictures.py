"""Draws the pictures of docs/slack.md: real messages, laid out by the fake Slack's page.

`make pictures` needs chromium. What is drawn was said by the real core and the real messenger.
"""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters.slack.answers import Answers, Asker
from adapters.slack.dispatch_form import dispatch_modal
from adapters.slack.forms import Place, modal_for
from adapters.slack.home import HomeData, home_view
from adapters.slack.text import Links
from adapters.slack.values import read_value
from bot.messages.message import Button, Message
from bot.messages.reply import Reply
from tests.architecture.source import ROOT
from tests.fakes.slack.page import channel_page, home_page, modal_page, thread_page
from tests.fakes.slack.shown import FakeView
from tests.fakes.slack_delivery import SlackStage, slack_stage
from tests.fakes.small_png import shrink
from tests.fakes.stage import FIX, Runner

PICTURES = ROOT / "docs" / "pictures"
_HIGHEST = 2_000
"""Pixels that the browser draws; what is empty at their end is cut off."""
PLAN = {
    "summary": "Round half up instead of to even, in the one place that rounds.",
    "base": "c0ffee",
    "files": ["shop/money.py", "tests/test_money.py"],
    "diffstat": " shop/money.py       | 2 +-\n tests/test_money.py | 9 +++++++++",
    "commands": ["pytest -q"],
    "risks": ["Invoices of past months show other cents when printed anew."],
}
QUESTION = {
    "prompt": "Which release?",
    "why": "Two of them have the fault.",
    "fields": [
        {"name": "release", "label": "Release", "type": "choice", "choices": list("abcdef")},
        {"name": "note", "label": "Note for the changelog", "type": "text", "required": False},
        {"name": "token", "label": "Token of the registry", "type": "secret"},
    ],
}


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is drawn, and how wide it is in pixels; it is as high as it has to be."""

    html: str
    width: int = 660


async def pages() -> Mapping[str, Page]:
    """The pages by the name of their picture."""
    with TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'signalbox.db'}"
        async with slack_stage(database, public_url="https://signalbox.example.com") as world:
            for user, name in (("UDEV", "developer"), ("UREV", "reviewer")):
                world.slack.world.users[user].name = name
            return await _story(world)


async def _story(world: SlackStage) -> Mapping[str, Page]:
    slack, found = world.slack.world, dict[str, Page]()
    await world.dispatches("fix-rounding")
    await world.tells()
    runner = await (await world.stage.claims()).starts()
    for phase in ("STARTED", "PLANNING"):
        await runner.reports("phase", name=phase)
    await world.goes_on(90, step=5)
    found["slack-card"] = Page(html=channel_page(slack, "C1"))
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await world.goes_on(10, step=1)
    card = world.said()[0]
    found["slack-approval"] = Page(html=thread_page(slack, "C1", card.ts))
    found["slack-deny"] = Page(html=modal_page(slack, _modal(_button(world, "deny"))))
    await world.stage.says("reviewer", "approve R-1 ship it")
    await runner.reports("phase", name="EXECUTING")
    await runner.reports("cost", model="sonnet", input_tokens=18_400, output_tokens=2_100)
    await _answers(world, found)
    await runner.ends()
    await world.goes_on(10, step=1)
    found["slack-done"] = Page(html=thread_page(slack, "C1", card.ts))
    await _second(world, found)
    return found


async def _answers(world: SlackStage, found: dict[str, Page]) -> None:
    for _ in range(3):
        await world.dispatches("hello")
    await world.goes_on(20, step=1)
    other: Runner = await (await world.stage.claims()).starts()
    await other.ends("failed", reason="npm ERR 403: the registry refused the token")
    await world.goes_on(20, step=1)
    answers = Answers(world.calls, world.stage.clock)
    asker = Asker(tenant="T0001", channel="C1", user="UDEV", asked_at=world.stage.clock.now())
    listed = await world.stage.says("developer", "list")
    await answers.answer(asker, listed, key="k")
    slack = world.slack.world
    listing = [said for said in slack.unseen if said.channel == "C1"][-1]
    kept, slack.posted["C1"] = slack.posted["C1"], {}
    slack.unseen[:] = [listing]
    found["slack-list"] = Page(html=channel_page(slack, "C1"))
    slack.posted["C1"], slack.unseen[:] = kept, []
    await _home(world, listed, found)


async def _home(world: SlackStage, listed: Reply, found: dict[str, Page]) -> None:
    stats = await world.stage.says("developer", "stats")
    inbox = await world.stage.says("developer", "inbox")
    agents = Message(title="", body="**local** · 1 of 4 slots · here a moment ago")
    data = HomeData(stats=stats.message, inbox=inbox.message, latest=listed.message, agents=agents)
    view = _view(home_view(data, Links()))
    found["slack-home"] = Page(html=home_page(world.slack.world, view))
    form = dispatch_modal(Place(), blueprint=FIX)
    found["slack-dispatch"] = Page(html=modal_page(world.slack.world, _view(form)))


async def _second(world: SlackStage, found: dict[str, Page]) -> None:
    """A run that asks its people something."""
    await world.dispatches("fix-rounding")
    await world.goes_on(5, step=1)
    runner = await world.stage.claims()
    while runner.assignment.job != "R-5.1":
        runner = await world.stage.claims()
    await runner.starts()
    await runner.reports("question", name="release", form=QUESTION)
    await world.goes_on(10, step=1)
    root = next(said for said in world.said() if said.text.startswith("R-5 "))
    slack = world.slack.world
    found["slack-question"] = Page(html=thread_page(slack, "C1", root.ts))
    answer = modal_page(slack, _modal(_button(world, "answer")))
    found["slack-answer"] = Page(html=answer)


def _button(world: SlackStage, verb: str) -> Button:
    """The newest button of a verb in the channel."""
    for said in reversed(world.said()):
        for block in said.blocks:
            for element in block.get("elements", ()):
                read = read_value(element["value"]) if element.get("value") else None
                if isinstance(read, Button) and read.press.verb == verb:
                    return read
    raise LookupError(verb)


def _modal(button: Button) -> FakeView:
    return _view(modal_for(button, Place()))


def _view(given: dict[str, Any]) -> FakeView:
    for number, block in enumerate(given["blocks"]):
        block.setdefault("block_id", f"b{number}")
    return FakeView(id="V1", team_id="T0001", user="UDEV", given=given, hash="", root_view_id="V1")


def draw(name: str, page: Page, chromium: str) -> None:
    """Let the browser draw a page into docs/pictures."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(page.html, encoding="utf-8")
        subprocess.run(
            [
                *(chromium, "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"),
                "--disable-lcd-text",
                f"--user-data-dir={folder}",
                f"--window-size={page.width},{_HIGHEST}",
                f"--screenshot={PICTURES / name}.png",
                file.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    picture = PICTURES / f"{name}.png"
    picture.write_bytes(shrink(picture.read_bytes()))


def main() -> int:
    """Draw them all."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.stderr.write("chromium is needed to draw the pictures\n")
        return 1
    PICTURES.mkdir(exist_ok=True)
    for name, page in asyncio.run(pages()).items():
        draw(name, page, chromium)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
