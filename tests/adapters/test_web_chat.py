"""The browser chat over HTTP: asking, channels, threads, forms."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bot.domain.blueprint import Blueprint
from bot.domain.conversation import CONSOLE
from bot.domain.invocation import Invocation, Press
from bot.domain.posting import CARD
from bot.domain.vocabulary import Profile
from bot.messages.message import Button, Field, FieldKind, Message, Row
from bot.messages.reply import Outcome, Reply
from bot.ports.store import Tx
from tests.adapters.chat_world import SHOP, ChatWorld, open_chat, sign_in
from tests.fakes.stage import FIX, rules

ASK = "/chat/channels/shop/requests"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[ChatWorld]:
    async with open_chat(tmp_path) as world:
        yield world


@pytest.fixture
async def browser(world: ChatWorld) -> AsyncIterator[httpx.AsyncClient]:
    """Signed in as developer."""
    async with world.browser() as browser:
        await sign_in(world, browser)
        yield browser


# --- asking


async def test_words_become_a_request_of_the_channel(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    answer = await browser.post(ASK, json={"key": "k1", "text": "list", "thread": "7"})
    assert answer.json() == {
        "outcome": "done",
        "words": "",
        "brief": True,
        "html": answer.json()["html"],
    }
    (asked,) = world.bot.requests.accepted.values()
    assert asked.key == "web:developer:k1"
    assert (asked.actor.name, asked.actor.surface) == ("developer", "web")
    assert asked.conversation == replace(SHOP, thread="7")
    assert asked.text == "list"


async def test_what_is_asked_in_the_console_channel_is_told_to_terminals(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    press = {"verb": "stop", "arguments": {"runs": ["R-1"]}}
    await browser.post("/chat/channels/console/requests", json={"key": "k", "press": press})
    (asked,) = world.bot.requests.accepted.values()
    assert asked.conversation == CONSOLE
    assert asked.actor.surface == "web"
    assert asked.press == Press(verb="stop", arguments={"runs": ["R-1"]})


async def test_the_same_key_of_two_people_is_two_requests(world: ChatWorld) -> None:
    for person in ("developer", "reviewer"):
        async with world.browser() as browser:
            await sign_in(world, browser, person)
            await browser.post(ASK, json={"key": "k", "text": "approve last"})
    assert set(world.bot.requests.accepted) == {"web:developer:k", "web:reviewer:k"}


@pytest.mark.parametrize(
    "body",
    [
        {"text": "list"},
        {"key": "k", "text": 1},
        {"key": "k", "text": "x" * 8_001},
        {"key": "k", "press": {"verb": 1}},
        {"key": "k", "press": {"verb": "deny", "arguments": {"reason": "x" * 8_001}}},
        {"key": "k", "text": "list", "thread": "x"},
    ],
)
async def test_a_malformed_request_is_refused(
    world: ChatWorld, browser: httpx.AsyncClient, body: dict[str, object]
) -> None:
    answer = await browser.post(ASK, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert world.bot.requests.accepted == {}


async def test_a_channel_that_is_none(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/chat/channels/x/requests", json={"key": "k"})).status_code == 404
    page = await browser.get("/chat/channels/<b>")
    assert page.status_code == 404
    assert "There is no channel #&lt;b&gt;" in page.text


async def test_a_refusal_has_plain_words_for_a_form(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    async def refuse(_: Invocation) -> Reply:
        message = Message(title="deny needs **words**", fallback="deny needs words")
        return Reply(message=message, outcome=Outcome.USAGE)

    world.bot.requests.act = refuse
    answer = (await browser.post(ASK, json={"key": "k", "press": {"verb": "deny"}})).json()
    assert (answer["outcome"], answer["words"]) == ("usage", "deny needs words")
    assert not answer["brief"]
    assert "deny needs <strong>words</strong>" in answer["html"]
    assert "Only you see this" in answer["html"]


async def test_completion_is_the_dispatchers(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/chat/complete", params={"text": "/run li"})
    assert answer.json() == {"completions": ["list"]}
    too_long = await browser.get("/chat/complete", params={"text": "x" * 8_001})
    assert too_long.status_code == 400


# --- channels and threads


async def test_channels_are_projects_and_what_was_talked_in(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    await world.says("old", where=replace(SHOP, channel="gone"))
    odd = Blueprint(name="x", profile=Profile.AGENT, title="x", project="console", command=("x",))
    world.rules = rules(FIX, odd)
    page = (await browser.get("/chat/channels/gone")).text
    listed = re.findall(r'href="/chat/channels/(\w+)" data-channel', page)
    assert listed == ["gone", "shop", "general", "console"]
    assert "old" in page
    world.rules = rules(replace(FIX, project="general"))
    assert (await browser.get("/chat/channels/gone")).status_code == 200
    assert "/run dispatch fix-rounding" in (await browser.get("/chat/channels/general")).text


async def test_a_channel_begins_with_its_newest_page(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    ids = [await world.says(f"card {number}") for number in range(1, 66)]
    page = (await browser.get("/chat/channels/shop")).text
    assert re.findall(r'<article[^>]* id="m(\d+)"', page) == ids[35:]
    assert f'data-before="{ids[35]}"' in page
    earlier = (await browser.get("/chat/channels/shop/earlier", params={"before": ids[35]})).json()
    assert re.findall(r' id="m(\d+)"', earlier["html"]) == ids[5:35]
    assert (earlier["first"], earlier["more"]) == (int(ids[5]), True)
    first = (await browser.get("/chat/channels/shop/earlier", params={"before": ids[5]})).json()
    assert not first["more"]
    nothing = (await browser.get("/chat/channels/shop/earlier", params={"before": 1})).json()
    assert nothing == {"html": "", "first": 0, "more": False}


async def test_a_thread_hangs_on_its_card(world: ChatWorld, browser: httpx.AsyncClient) -> None:
    card, other = await world.says("card"), await world.says("other")
    approve = Button(label="Approve", press=Press(verb="approve"))
    gate = await world.says("gate", thread=card, buttons=(approve,), mentions=("reviewer",))
    page = (await browser.get("/chat/channels/shop")).text
    assert "Waits for a decision" in page
    assert f'data-open="{card}" data-mentions="reviewer"' in page
    assert "gate</h3>" not in page
    thread = (await browser.get(f"/chat/channels/shop/threads/{card}")).json()["html"]
    assert re.findall(r' id="m(\d+)"', thread) == [card, gate]
    await world.edits(gate, "approved")
    page = (await browser.get("/chat/channels/shop")).text
    assert "Waits for a decision" not in page
    assert "1 in the thread" in page
    for none in (gate, "99", "0", str(1 << 63), f"{other}/x"):
        answer = await browser.get(f"/chat/channels/shop/threads/{none}")
        assert answer.status_code == 404, none


async def test_a_runs_link_leads_to_its_thread(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    await world.bot.claimed_job()
    card = await world.says("card", where=CONSOLE)
    missing = await browser.get("/chat/runs/R-1")
    assert missing.status_code == 404
    assert "it is told elsewhere" in missing.text

    def told(tx: Tx) -> None:
        tx.postings.want(1, CONSOLE, CARD)
        posting = tx.postings.find(1, CONSOLE, CARD)
        assert posting
        tx.postings.save(replace(posting, told=1, message_id=card))

    await world.bot.store.write(told)
    found = await browser.get("/chat/runs/r-1")
    assert found.headers["location"] == f"/chat/channels/console?thread={card}"
    for none in ("R-9", "x", "R-²"):
        assert (await browser.get(f"/chat/runs/{none}")).status_code == 404


async def test_forms_lists_and_confirmations_are_drawn(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    form = (
        Field(name="reason", label="Why?", kind=FieldKind.LONG_TEXT),
        Field(name="note", label="Note", required=False),
        Field(name="who", label="Who?", kind=FieldKind.PERSON),
        Field(name="how", label="How?", kind=FieldKind.CHOICE, choices=("fast", "<slow>")),
    )
    press = Press(verb="deny", arguments={"runs": ['"R-1"']})
    deny = Button(label="Deny…", press=press, form=form, confirm='Really "deny"?')
    await world.says("card", rows=(Row(text="one", button=deny),), buttons=(deny,))
    page = (await browser.get("/chat/channels/shop")).text
    assert page.count("<template data-form>") == 2
    assert 'data-confirm="Really &#34;deny&#34;?"' in page
    assert "&#34;verb&#34;: &#34;deny&#34;" in page
    assert '<textarea id="field-reason"' in page
    assert "(may be left empty)" in page
    assert 'list="people"' in page
    assert 'value="&lt;slow&gt;"' in page
