"""What changes reaches a browser as it happens, once, and from where it left off."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.web import feed
from adapters.web.channels import GENERAL
from adapters.web.server import serve
from bot.domain.conversation import CONSOLE
from bot.domain.invocation import Press
from bot.domain.policy import ProjectTerms
from bot.messages.message import Button
from tests.adapters.chat_world import SHOP, ChatWorld, open_chat, sign_in
from tests.contract.rows import run_row
from tests.fakes.stage import POLICY, rules

ENOUGH = 20


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ChatWorld]:
    async with open_chat(tmp_path) as world:
        yield world


@pytest.fixture
async def browser(world: ChatWorld) -> AsyncIterator[httpx.AsyncClient]:
    """Signed in as reviewer, over a real connection: only such a one shows what streams."""
    app = world.app()
    async with (
        asyncio.timeout(ENOUGH),
        serve(app, world.bot.data, host="127.0.0.1", port=0, closing=world.bot.closing) as address,
        world.browser(address, network=True) as browser,
    ):
        await sign_in(world, browser, "reviewer")
        yield browser


@asynccontextmanager
async def following(
    browser: httpx.AsyncClient, after: int, *, header: bool = False
) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """Events past a change, each with its id and name."""
    headers = {"Last-Event-ID": str(after)} if header else {}
    path = f"/chat/events?after={0 if header else after}"
    async with browser.stream("GET", path, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.aiter_lines())


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "data":
            yield {**event, **json.loads(value)}
            event = {}
        elif name in {"id", "event"}:
            event["change" if name == "id" else "event"] = value


async def test_what_is_said_and_edited_comes_at_once(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    async with following(browser, 0) as events:
        card = await world.says("card")
        first = await anext(events)
        assert (first["event"], first["id"], first["channel"]) == ("said", int(card), "shop")
        assert "card</h3>" in first["html"]
        approve = Button(label="Approve", press=Press(verb="approve"))
        gate = await world.says("gate", thread=card, buttons=(approve,), mentions=("reviewer",))
        opened = await anext(events)
        assert (opened["thread"], opened["mentions"]) == (card, ["reviewer"])
        assert "Waits for a decision" in opened["footer"]
        assert "Approve</button>" in opened["html"]
        await world.edits(gate, "approved")
        decided = await anext(events)
        assert decided["id"] == opened["id"]
        assert decided["at"] == opened["at"]
        assert "<button" not in decided["html"]
        assert "Waits for a decision" not in decided["footer"]
        await world.says("terminal", where=CONSOLE)
        assert (await anext(events))["channel"] == "console"


@pytest.mark.parametrize("header", [False, True])
async def test_a_reader_goes_on_where_it_left_off(
    world: ChatWorld, browser: httpx.AsyncClient, *, header: bool
) -> None:
    for number in range(4):
        await world.says(f"card {number}")
    async with following(browser, 0) as events:
        seen = [await anext(events) for _ in range(2)]
    await world.edits("1", "card 0, edited")
    async with following(browser, int(seen[-1]["change"]), header=header) as events:
        words = [(await anext(events))["words"] for _ in range(3)]
    assert words == ["card 2", "card 3", "card 0, edited"]


async def test_a_channel_with_much_to_say_keeps_the_order(
    world: ChatWorld, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_BATCH", 3)
    said = []
    for number in range(20):
        where = CONSOLE if number % 5 == 0 else SHOP
        await world.says(f"{number}", where=where)
        said.append(f"{number}")
    async with following(browser, 0) as events:
        assert [(await anext(events))["words"] for _ in said] == said


async def test_a_new_channel_needs_no_reload(world: ChatWorld, browser: httpx.AsyncClient) -> None:
    async with following(browser, 0) as events:
        await world.says("first", where=replace(SHOP, channel="till"))
        assert (await anext(events))["channel"] == "till"


async def test_silence_shows_that_it_lives(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_PULSE", 0.05)
    async with browser.stream("GET", "/chat/events") as answer:
        lines = answer.aiter_lines()
        while await anext(lines) != ": alive":
            pass


async def test_who_has_seen_more_than_there_is_begins_anew(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    await world.says("card")
    async with following(browser, 99) as events:
        assert (await anext(events))["event"] == "reset"
        assert [event async for event in events] == []


async def test_a_stream_ends_with_the_right_to_read_it(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    async with following(browser, 0) as events:
        await world.says("card")
        await anext(events)
        world.rules = rules(policy=replace(world.rules.policy, people={}))
        await world.says("for others")
        assert [event async for event in events] == []


async def test_a_stream_does_not_hold_up_the_end(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    async with following(browser, 0) as events:
        world.bot.closing.set()
        assert [event async for event in events] == []


@pytest.mark.parametrize("after", ["-1", "x", str(1 << 63)])
async def test_a_change_that_is_none(browser: httpx.AsyncClient, after: str) -> None:
    assert (await browser.get(f"/chat/events?after={after}")).status_code == 400


async def test_hidden_runs_are_neither_shown_nor_streamed(
    world: ChatWorld, browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.bot.store.write(lambda tx: tx.runs.create(run_row(project="payroll")))
    hidden = {"run": "R-1"}
    own = replace(SHOP, channel="payroll")
    secret = await world.says("salaries", where=GENERAL, attributes=hidden)
    await world.says("raise", where=GENERAL, thread=secret, attributes=hidden)
    await world.says("in its own channel", where=own, attributes=hidden)
    await world.says("of nobody", where=GENERAL, attributes={"run": "R-9"})
    seen = await browser.get("/chat/channels/general")
    assert "salaries" in seen.text
    policy = replace(POLICY, projects={"payroll": ProjectTerms(see=("admin",))})
    world.rules = rules(policy=policy)
    page = await browser.get("/chat/channels/general")
    assert "salaries" not in page.text
    assert "payroll" not in page.text
    assert "of nobody" in page.text
    for path in (
        "/chat/channels/payroll",
        f"/chat/channels/general/threads/{secret}",
        "/chat/runs/R-1",
    ):
        assert (await browser.get(path)).status_code == 404, path
    monkeypatch.setattr(feed, "_BATCH", 1)
    async with following(browser, 0) as events:
        first = await anext(events)
    assert first["words"] == "of nobody"
