"""The browser chat over HTTP: signing in, what a change must prove, channels, answers, runs."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from adapters.web.sessions import Sessions, keep_signing_key
from bot.config import load_settings
from bot.domain.blueprint import Blueprint
from bot.domain.conversation import CONSOLE
from bot.domain.errors import UserError
from bot.domain.invocation import Invocation, Press
from bot.domain.posting import CARD
from bot.domain.vocabulary import Profile
from bot.messages.message import Button, Field, FieldKind, Message, Row
from bot.messages.reply import Outcome, Reply
from bot.ports.store import Tx
from tests.adapters.chat_world import KEY, SHOP, ChatWorld, open_chat, sign_in
from tests.adapters.console_world import CountedIds
from tests.fakes.stage import FIX, rules

PAGES = ["/chat", "/chat/people", "/chat/channels/shop", "/chat/runs/R-1"]
CALLS = ["/chat/events", "/chat/complete?text=x", "/chat/channels/shop/threads/1"]
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


# --- signing in


@pytest.mark.parametrize("path", PAGES)
async def test_signed_out_a_page_says_how_to_sign_in_and_nothing_else(
    world: ChatWorld, path: str
) -> None:
    await world.says("a secret plan")
    async with world.browser() as stranger:
        answer = await stranger.get(path)
    assert answer.status_code == 401
    assert "Open the link that the bot printed" in answer.text
    assert not {"secret plan", "developer", "shop"} & set(re.findall(r"[\w ]+", answer.text))


@pytest.mark.parametrize("path", CALLS)
async def test_signed_out_no_call_is_answered(world: ChatWorld, path: str) -> None:
    async with world.browser() as stranger:
        assert (await stranger.get(path)).status_code == 401
        refused = await stranger.post(ASK, json={"key": "k", "text": "list"})
    assert refused.status_code == 401
    assert world.bot.requests.accepted == {}


async def test_the_printed_link_signs_in_and_the_person_is_chosen(world: ChatWorld) -> None:
    async with world.browser() as browser:
        answer = await browser.get(world.sessions.sign_in_path)
        cookie = answer.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        # No redirect: a strict cookie would not go along with it from another site's link.
        assert answer.status_code == 200
        assert 'http-equiv="refresh" content="0; url=/chat"' in answer.text
        assert (await browser.get("/chat")).headers["location"] == "/chat/people"
        assert (await browser.get("/chat/channels/shop")).headers["location"] == "/chat/people"
        assert (await browser.get("/chat/runs/R-1")).headers["location"] == "/chat/people"
        choice = (await browser.get("/chat/people")).text
        assert all(f'data-person="{name}"' in choice for name in world.rules.policy.people)
        assert (await browser.get("/chat/events")).status_code == 403
        await sign_in(world, browser, "viewer")
        assert (await browser.get("/")).headers["location"] == "/chat"
        assert (await browser.get("/chat")).headers["location"] == "/chat/channels/shop"
        assert 'data-me="viewer"' in (await browser.get("/chat/channels/shop")).text


@pytest.mark.parametrize("key", ["", "token", "token-1x", "ключ"])
async def test_another_key_signs_nobody_in(world: ChatWorld, key: str) -> None:
    async with world.browser() as stranger:
        answer = await stranger.get("/sign-in", params={"key": key})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_cookie_that_was_changed_or_is_old_is_none(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    name, cookie = world.sessions.cookie, browser.cookies[world.sessions.cookie]
    content, _, signature = cookie.partition(".")
    forged = bytes.fromhex(content).replace(b"developer", b"admin").hex()
    other = Sessions("another key, also of 32 letters or more", clock=world.clock, ids=CountedIds())
    begun = other.start("token-1")
    assert begun is not None
    for wrong in (f"{forged}.{signature}", content, "", ".", "zz.zz", "é.é", other.seal(begun)):
        assert world.sessions.open(wrong) is None, wrong
    assert other.cookie != name
    world.clock.advance(timedelta(days=7))
    assert (await browser.get("/chat")).status_code == 401


async def test_sessions_outlive_a_restart_but_the_link_does_not(world: ChatWorld) -> None:
    later = Sessions(KEY, clock=world.clock, ids=CountedIds())
    later.sign_in_key = "new"
    begun = world.sessions.start("token-1")
    assert begun is not None
    assert later.open(world.sessions.seal(begun)) == begun
    assert later.start("token-1") is None


def test_the_signing_key_is_kept_while_it_is_private(tmp_path: Path) -> None:
    ids = CountedIds()
    key = keep_signing_key(tmp_path, ids)
    file = tmp_path / "signing-key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert keep_signing_key(tmp_path, ids) == key
    file.chmod(0o644)
    assert keep_signing_key(tmp_path, ids) != key


def test_a_signing_key_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(UserError, match="SIGNING_KEY needs at least 32 characters"):
        load_settings({"SIGNALBOX_SIGNING_KEY": "secret"})
    settings = load_settings({"SIGNALBOX_SIGNING_KEY": KEY})
    assert settings.signing_key == KEY
    assert KEY not in repr(settings)


async def test_signing_out(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/sign-out")).status_code == 200
    assert (await browser.get("/chat")).status_code == 401


async def test_only_people_of_the_policy_can_be_chosen(browser: httpx.AsyncClient) -> None:
    for wrong in ("outsider", "", None, ["admin"]):
        answer = await browser.post("/chat/person", json={"person": wrong})
        assert answer.status_code == 400, wrong


async def test_who_left_the_policy_is_asked_again(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    world.rules = rules(policy=replace(world.rules.policy, people={}))
    assert (await browser.get("/chat")).headers["location"] == "/chat/people"
    answer = await browser.post(ASK, json={"key": "k", "text": "list"})
    assert answer.status_code == 403
    assert "Choose first who you are" in answer.json()["error"]


# --- what every answer says, and what a change must prove


@pytest.mark.parametrize("path", ["/chat", "/chat/channels/shop", "/static/chat.js", "/nothing"])
async def test_every_answer_binds_the_browser(browser: httpx.AsyncClient, path: str) -> None:
    headers = (await browser.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == ("no-cache" if "static" in path else "no-store")


@pytest.mark.parametrize("path", ["/chat/channels/shop", "/chat/people", "/sign-in"])
async def test_pages_have_nothing_that_the_policy_forbids(
    world: ChatWorld, browser: httpx.AsyncClient, path: str
) -> None:
    await world.says("card", buttons=(Button(label="Stop", press=Press(verb="stop")),))
    text = (await browser.get(path)).text
    assert re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=|javascript:", text) is None
    assert set(re.findall(r'(?:src|href)="([^"]{2})', text)) <= {"/s", "/c", "#s", "#m"}


@pytest.mark.parametrize(
    "headers",
    [
        {"X-CSRF-Token": ""},
        {"X-CSRF-Token": "0" * 64},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://127.0.0.1:8321"},
        {"Origin": "http://127.0.0.1:9999"},
    ],
)
@pytest.mark.parametrize("path", [ASK, "/chat/person", "/sign-out"])
async def test_a_change_must_come_from_our_own_page(
    world: ChatWorld, browser: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    body = {"key": "k", "text": "list", "person": "admin"}
    answer = await browser.post(path, json=body, headers=headers)
    assert answer.status_code == 403
    assert world.bot.requests.accepted == {}


async def test_a_token_of_another_session_proves_nothing(
    world: ChatWorld, browser: httpx.AsyncClient
) -> None:
    async with world.browser() as other:
        token = await sign_in(world, other)
    answer = await browser.post(ASK, json={"key": "k"}, headers={"X-CSRF-Token": token})
    assert answer.status_code == 403


async def test_static_files_are_not_sent_twice(browser: httpx.AsyncClient) -> None:
    first = await browser.get("/static/chat.css")
    assert first.headers["content-type"] == "text/css; charset=utf-8"
    again = await browser.get("/static/chat.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.text) == (304, "")
    assert (await browser.get("/static/%2e%2e")).status_code == 404


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
