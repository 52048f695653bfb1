"""The browser chat for tests of its HTTP side: a real store, a scripted dispatcher, held time."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from adapters.transcript import TranscriptMessenger
from adapters.web.app import build_app
from adapters.web.channels import GENERAL
from adapters.web.chat import chat_router
from adapters.web.sessions import Sessions
from bot.domain.conversation import Conversation
from bot.messages.message import Message
from bot.services.rules import Rules
from tests.adapters.console_world import CountedIds, World, open_world
from tests.fakes.clock import FakeClock
from tests.fakes.stage import rules

ORIGIN = "http://127.0.0.1:8321"
SHOP = Conversation(surface="web", tenant="local", channel="shop")
KEY = "a signing key of more than 32 letters"


@dataclass(kw_only=True)
class ChatWorld:
    """The chat with everything a test may turn."""

    bot: World
    clock: FakeClock = field(default_factory=FakeClock)
    rules: Rules = field(default_factory=rules)

    def __post_init__(self) -> None:
        self.sessions = Sessions(KEY, clock=self.clock, ids=CountedIds())

    def app(self) -> FastAPI:
        router = chat_router(
            self.bot.store,
            self.bot.requests,
            rules=lambda: self.rules,
            sessions=self.sessions,
            closing=self.bot.closing,
        )
        return build_app([router], CountedIds(), ready=self.fit)

    async def fit(self) -> bool:
        return True

    def browser(self, at: str = ORIGIN, *, network: bool = False) -> httpx.AsyncClient:
        """A browser that has not signed in."""
        transport = None if network else httpx.ASGITransport(self.app())
        return httpx.AsyncClient(transport=transport, base_url=at, timeout=20, trust_env=False)

    async def says(
        self, title: str, *, where: Conversation = SHOP, thread: str | None = None, **parts: Any
    ) -> str:
        """Put a message into a channel; its id."""
        messenger = TranscriptMessenger(self.bot.store, where.surface)
        message = Message(title=title, fallback=title, **parts)
        return await messenger.post(where, message, key=f"{where.channel}:{title}", thread=thread)

    async def edits(self, id_: str, title: str, **parts: Any) -> None:
        """Let a message say something else."""
        messenger = TranscriptMessenger(self.bot.store, "web")
        await messenger.edit(GENERAL, id_, Message(title=title, fallback=title, **parts))


@asynccontextmanager
async def open_chat(data: Path) -> AsyncIterator[ChatWorld]:
    """A chat over a fresh store in this folder."""
    async with open_world(data) as bot:
        yield ChatWorld(bot=bot)


async def sign_in(world: ChatWorld, browser: httpx.AsyncClient, person: str = "developer") -> str:
    """Follow the printed link and become somebody; the token that changes must carry."""
    assert (await browser.get(world.sessions.sign_in_path)).status_code == 200
    page = await browser.get("/chat/people")
    found = re.search(r'name="csrf" content="(\w+)"', page.text)
    assert found, page.text
    browser.headers.update({"Origin": str(browser.base_url).rstrip("/"), "X-CSRF-Token": found[1]})
    if person:
        answer = await browser.post("/chat/person", json={"person": person})
        assert answer.status_code == 200, answer.text
    return found[1]
