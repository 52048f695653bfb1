"""Following output and fetching files over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from bot.domain.codec import JSON
from bot.domain.vocabulary import Status
from tests.adapters.console_world import World, http_client, open_world

OUTPUT = "/console/v1/runs/R-1/output"
ENOUGH = 20


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as world:
        await world.claimed_job()
        yield world


@pytest.fixture
async def console(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(world.app()) as client:
        yield client


def said(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return "".join(chunk["text"] for chunk in answer.json()["chunks"])


# --- output


async def test_output_is_followed_from_its_last_stretch_to_the_end(
    world: World, console: httpx.AsyncClient
) -> None:
    for number in range(8):
        await world.says(f"{number}\n")
    first = await console.get(OUTPUT)
    assert said(first) == "3\n4\n5\n6\n7\n"
    assert (first.json()["job"], first.json()["ended"]) == ("R-1.1", False)
    after = first.json()["after"]
    assert said(await console.get(OUTPUT, params={"after": after})) == ""
    async with asyncio.timeout(ENOUGH), asyncio.TaskGroup() as group:
        held = group.create_task(console.get(OUTPUT, params={"after": after, "wait": 20}))
        await asyncio.sleep(0.1)
        assert not held.done()
        await world.says("more\n")
    assert said(held.result()) == "more\n"
    async with asyncio.timeout(ENOUGH), asyncio.TaskGroup() as group:
        held = group.create_task(console.get(OUTPUT, params={"after": after + 1, "wait": 20}))
        await asyncio.sleep(0.1)
        await world.says("", ends=Status.FAILED)
    assert (held.result().json()["ended"], held.result().json()["status"]) == (True, "failed")


async def test_much_output_is_handed_out_whole_before_the_end_is_said(
    world: World, console: httpx.AsyncClient
) -> None:
    for number in range(120):
        await world.says(f"{number},")
    await world.says("end", ends=Status.SUCCEEDED)
    text, answer = "", await console.get(OUTPUT, params={"after": 0})
    text += said(answer)
    while not answer.json()["ended"]:
        answer = await console.get(OUTPUT, params={"after": answer.json()["after"]})
        text += said(answer)
    assert text == ",".join(map(str, range(120))) + ",end"


async def test_a_held_call_ends_with_the_server(world: World, console: httpx.AsyncClient) -> None:
    async with asyncio.timeout(ENOUGH), asyncio.TaskGroup() as group:
        held = group.create_task(console.get(OUTPUT, params={"after": 0, "wait": 20}))
        await asyncio.sleep(0.1)
        world.closing.set()
    assert said(held.result()) == ""


@pytest.mark.parametrize(
    ("path", "params", "status", "words"),
    [
        (OUTPUT, {"as": "stranger"}, 403, "I do not know who you are"),
        (OUTPUT, {"job": 7}, 404, "has no job 7"),
        (OUTPUT, {"wait": 99}, 400, "wait"),
        ("/console/v1/runs/R-9/output", {}, 404, "no run 9"),
        ("/console/v1/runs/zzz/output", {}, 404, "no run's key"),
        ("/console/v1/runs/R-1/artifacts", {"as": "stranger"}, 403, "I do not know who you are"),
    ],
)
async def test_policy_and_sense_are_asked_for(
    console: httpx.AsyncClient, path: str, params: dict[str, str], status: int, words: str
) -> None:
    answer = await console.get(path, params=params)
    assert answer.status_code == status
    assert words in answer.json()["error"]


async def test_output_needs_the_token(world: World) -> None:
    async with http_client(world.app(), "wrong") as stranger:
        for path in (OUTPUT, "/console/v1/runs/R-1/artifacts", f"/artifacts/{'0' * 64}/x"):
            assert (await stranger.get(path)).status_code == 401


# --- what is addressed to one person


async def test_what_is_for_one_person_is_told_to_nobody_else(
    world: World, console: httpx.AsyncClient
) -> None:
    await world.say("for all")
    await world.say("private", attributes={"to": "viewer"})

    async def heard(**params: JSON) -> list[str]:
        answer = await console.get("/console/v1/transcript", params={"after": 0, **params})
        assert answer.json()["change"] == 2
        return [entry["message"]["title"] for entry in answer.json()["said"]]

    assert await heard() == ["for all"]
    assert await heard(**{"as": "developer"}) == ["for all"]
    assert await heard(**{"as": "viewer"}) == ["for all", "private"]


# --- files


@pytest.mark.parametrize(
    ("name", "type_", "disposition"),
    [
        ("report.txt", "text/plain; charset=utf-8", 'attachment; filename="report.txt"'),
        ("page.html", "application/octet-stream", 'attachment; filename="page.html"'),
        ("image.svg", "application/octet-stream", 'attachment; filename="image.svg"'),
        ("noending", "application/octet-stream", 'attachment; filename="noending"'),
        (
            "größe & 50%?.log",
            "text/plain; charset=utf-8",
            "attachment; filename*=utf-8''gr%C3%B6%C3%9Fe%20%26%2050%25%3F.log",
        ),
        (
            'a"b\r\nX-Evil: 1',
            "application/octet-stream",
            "attachment; filename*=utf-8''a%22b%0D%0AX-Evil%3A%201",
        ),
    ],
)
async def test_a_file_is_handed_out_to_be_kept(
    world: World, console: httpx.AsyncClient, name: str, type_: str, disposition: str
) -> None:
    sha256 = await world.leaves(name, b"<script>")
    path = f"/artifacts/{sha256}/{quote(name, safe='')}"
    answer = await console.get(path, params={"as": "viewer"})
    assert (answer.status_code, answer.content) == (200, b"<script>")
    assert answer.headers["content-type"] == type_
    assert answer.headers["content-disposition"] == disposition
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "x-evil" not in answer.headers
    listed = (await console.get("/console/v1/runs/R-1/artifacts")).json()["artifacts"]
    assert [(entry["name"], entry["sha256"]) for entry in listed] == [(name, sha256)]


async def test_only_what_a_run_left_is_handed_out(world: World, console: httpx.AsyncClient) -> None:
    sha256 = await world.leaves("report.txt", b"x")
    for path, status in (
        (f"/artifacts/{sha256}/other.txt", 404),
        (f"/artifacts/{'0' * 64}/report.txt", 404),
        ("/artifacts/../../etc/passwd", 404),
        ("/artifacts/abc/report.txt", 400),
        (f"/artifacts/{sha256}/report.txt?as=stranger", 404),
        (f"/artifacts/{sha256}/report.txt?as=Not%20a%20handle", 400),
    ):
        assert (await console.get(path)).status_code == status, path
    world.artifacts.path(sha256).unlink()
    gone = await console.get(f"/artifacts/{sha256}/report.txt")
    assert (gone.status_code, "no longer kept" in gone.json()["error"]) == (404, True)
