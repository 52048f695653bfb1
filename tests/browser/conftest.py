"""A real bot, a real Chromium, and people who look at the chat side by side."""

import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from tests.fakes.real_bot import RealBot

DESK = ViewportSize(width=1280, height=800)
PHONE = ViewportSize(width=390, height=844)
PATIENCE = 20_000
"""Milliseconds that a run may take to come to what a test waits for."""

_SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Stage:
    """Opens the chat as different people, each with cookies of their own."""

    browser: Browser
    link: str
    faults: list[str] = field(default_factory=list)
    """What a page complained about: scripts that failed, things that its policy forbade."""

    async def enters(
        self, person: str, *, channel: str = "shop", size: ViewportSize = DESK, dark: bool = False
    ) -> Page:
        """Somebody signs in by the printed link and opens a channel."""
        context = await self.browser.new_context(
            viewport=size,
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            timezone_id="Asia/Tokyo",
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.faults.append(f"{person}: {error}"))
        page.on("console", lambda said: self._hear(person, said.type, said.text))
        await page.goto(self.link)
        await page.click(f'[data-person="{person}"]')
        await page.wait_for_url("**/chat/channels/*")
        await page.goto(f"{page.url.rpartition('/')[0]}/{channel}")
        await page.wait_for_selector('[data-state="live"]')
        return page

    def _hear(self, person: str, kind: str, text: str) -> None:
        if kind == "error" and "Failed to load resource" not in text:
            self.faults.append(f"{person}: {text}")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; where there is none, what needs it cannot run."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("There is no chromium; “make setup” installs it where it may.")
    return found


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[RealBot]:
    """A bot of its own for each file of tests."""
    assert chromium
    running = RealBot(tmp_path_factory.mktemp("bot") / "data").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def link(bot: RealBot) -> str:
    """The sign-in link."""
    return bot.sign_in_link()


@pytest.fixture
async def stage(link: str, chromium: str) -> AsyncIterator[Stage]:
    """An empty stage; whatever a page complains about in the end fails the test."""
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=chromium, args=_SWITCHES)
        stage = Stage(browser, link)
        yield stage
        await browser.close()
    assert stage.faults == []


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Where screenshots go."""
    return tmp_path
