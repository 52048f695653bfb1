"""The console API: requests, the transcript, where a run stands."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.domain.vocabulary import Status
from bot.grammar.words import LONGEST_TEXT
from tests.adapters.console_world import World, http_client, open_world

ENOUGH = 20
"""Seconds that no call of these tests should ever need."""
CONSOLE = "/console/v1"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as world:
        yield world


@pytest.fixture
async def console(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(world.app()) as client:
        yield client


@pytest.mark.parametrize("token", ["", "Bearer ", "Bearer wrong", "Bearer é"])
async def test_the_console_needs_its_token(console: httpx.AsyncClient, token: str) -> None:
    headers = {b"Authorization": token.encode("latin-1")}
    paths = ("transcript", "runs/R-1", "complete?text=")
    answers = [await console.get(f"{CONSOLE}/{path}", headers=headers) for path in paths]
    answers.append(await console.post(f"{CONSOLE}/invocations", content=b"{", headers=headers))
    assert {answer.status_code for answer in answers} == {401}


async def test_a_request_is_accepted_then_done(world: World, console: httpx.AsyncClient) -> None:
    body = {"key": "k1", "text": "list", "as": "reviewer", "thread": "12"}
    answer = await console.post(f"{CONSOLE}/invocations", json=body)
    assert answer.json()["id"] == 1
    assert answer.json()["reply"]["message"]["title"] == "list"
    accepted = world.requests.accepted["console:k1"]
    assert (accepted.actor.name, accepted.actor.surface) == ("reviewer", "console")
    assert accepted.conversation.thread == "12"


async def test_a_press_carries_its_arguments(world: World, console: httpx.AsyncClient) -> None:
    press = {"verb": "approve", "arguments": {"gate": 41, "note": "ship it"}}
    answer = await console.post(f"{CONSOLE}/invocations", json={"key": "k", "press": press})
    assert answer.status_code == 200
    accepted = world.requests.accepted["console:k"].press
    assert accepted is not None
    assert (accepted.verb, accepted.arguments) == ("approve", press["arguments"])


@pytest.mark.parametrize(
    "body",
    [
        {"text": "list"},
        {"key": "", "text": "list"},
        {"key": "k" * 101, "text": "list"},
        {"key": "k", "text": 7},
        {"key": "k", "text": "list", "press": {"verb": "list"}},
        {"key": "k", "press": "approve"},
        {"key": "k", "press": {"verb": ""}},
        {"key": "k", "press": {"verb": "approve", "arguments": []}},
        {"key": "k", "text": "list", "as": "a b"},
        {"key": "k", "text": "list", "as": 7},
        {"key": "k", "text": "list", "thread": "../x"},
        {"key": "k", "text": "x" * (LONGEST_TEXT + 1)},
        {"key": "k", "press": {"verb": "deny", "arguments": {"note": "x" * 8_001}}},
    ],
)
async def test_a_wrong_request_is_refused_before_it_is_stored(
    world: World, console: httpx.AsyncClient, body: object
) -> None:
    answer = await console.post(f"{CONSOLE}/invocations", json=body)
    assert answer.status_code == 400
    assert world.requests.accepted == {}


async def test_a_long_text_is_told_its_length(console: httpx.AsyncClient) -> None:
    body = {"key": "k", "text": "x" * 1_000_000}
    answer = await console.post(f"{CONSOLE}/invocations", json=body)
    assert answer.status_code == 400
    assert "1,000,000 characters" in answer.json()["error"]


async def test_outside_a_rehearsal_nobody_acts_as_another(world: World) -> None:
    world.rehearsal = False
    async with http_client(world.app()) as console:
        for name, status in [("reviewer", 403), ("developer", 200), (None, 200)]:
            body = {"key": f"k-{name}", "text": "list", "as": name}
            answer = await console.post(f"{CONSOLE}/invocations", json=body)
            assert answer.status_code == status


async def test_the_transcript_is_read_from_now_on(world: World, console: httpx.AsyncClient) -> None:
    await world.say("before")
    newest = (await console.get(f"{CONSOLE}/transcript")).json()
    assert newest["said"] == []
    async with asyncio.timeout(ENOUGH), asyncio.TaskGroup() as group:
        address = f"{CONSOLE}/transcript?after={newest['change']}&wait=25"
        call = group.create_task(console.get(address, timeout=None))
        await asyncio.sleep(0.05)
        await world.say("after")
    heard = call.result().json()
    assert [said["message"]["title"] for said in heard["said"]] == ["after"]
    assert heard["change"] == heard["said"][-1]["change"] > newest["change"]
    again = await console.get(f"{CONSOLE}/transcript?after={heard['change']}&wait=0")
    assert again.json() == {"change": heard["change"], "said": []}


async def test_where_a_run_stands(world: World, console: httpx.AsyncClient) -> None:
    await world.stand(Status.WAITING, "3", "G-1")
    answer = await console.get(f"{CONSOLE}/runs/R-1")
    assert answer.json() == {
        "key": "R-1",
        "status": "waiting",
        "phase": "",
        "label": "waiting",
        "live": True,
        "waiting_gates": ["G-1"],
        "conversation_thread": "3",
    }
    assert (await console.get(f"{CONSOLE}/runs/R-2")).status_code == 404


async def test_the_last_word_is_completed(console: httpx.AsyncClient) -> None:
    answer = await console.get(f"{CONSOLE}/complete?text=show%20la")
    assert answer.json() == {"completions": ["last"]}
