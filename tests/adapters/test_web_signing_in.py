"""Signing in to the browser chat, and what a change must prove."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from adapters.web.sessions import Sessions, keep_signing_key
from bot.config import load_settings
from bot.domain.errors import UserError
from bot.domain.invocation import Press
from bot.messages.message import Button
from tests.adapters.chat_world import KEY, ChatWorld, open_chat, sign_in
from tests.adapters.console_world import CountedIds
from tests.fakes.stage import rules

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
