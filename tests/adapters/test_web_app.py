"""The HTTP surface: whom it serves, how much it reads, how it fails."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from bot.domain.errors import ConflictError, RefusedError, UnavailableError
from bot.domain.invocation import Invocation
from bot.messages.reply import Reply
from tests.adapters.console_world import CLAIM, World, http_client, open_world

JOB = "/agent/v1/jobs/R-1.1"
CONSOLE = "/console/v1"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as world:
        yield world


@pytest.fixture
async def console(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with http_client(world.app()) as client:
        yield client


@pytest.fixture
async def runner(world: World) -> AsyncIterator[httpx.AsyncClient]:
    await world.claimed_job()
    async with http_client(world.app(), CLAIM) as client:
        yield client


async def test_ready_says_whether_it_can_serve(world: World, console: httpx.AsyncClient) -> None:
    assert (await console.get("/readyz")).json() == {"ready": True}
    world.fit = False
    refused = await console.get("/readyz")
    assert (refused.status_code, refused.json()) == (503, {"ready": False})
    assert (await console.get("/healthz")).status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/nothing"])
async def test_there_are_no_pages_about_the_internal_apis(
    console: httpx.AsyncClient, path: str
) -> None:
    answer = await console.get(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "Not Found"})


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8321", 200),
        ("[::1]:8321", 200),
        ("bot.example:443", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
    ],
)
async def test_only_hosts_of_ours_are_served(
    console: httpx.AsyncClient, host: str, status: int
) -> None:
    answer = await console.get(f"{CONSOLE}/transcript", headers={"Host": host})
    assert answer.status_code == status


async def test_probes_may_name_any_host(console: httpx.AsyncClient) -> None:
    answer = await console.get("/readyz", headers={"Host": "10.1.2.3:8321"})
    assert answer.status_code == 200


async def test_an_announced_body_that_is_too_large_is_not_read(runner: httpx.AsyncClient) -> None:
    answer = await runner.post(f"{JOB}/reports", content=b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 413


async def test_a_body_is_counted_while_it_comes(runner: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    answer = await runner.post(f"{JOB}/reports", content=endless())
    assert answer.status_code == 413
    assert sent <= 2 * 1024 * 1024


async def test_what_nobody_foresaw_gets_an_incident_that_the_log_has(
    world: World, console: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    async def stumble(_: Invocation) -> Reply:
        raise ZeroDivisionError("secret detail")

    world.requests.act = stumble
    with caplog.at_level(logging.ERROR):
        answer = await console.post(f"{CONSOLE}/invocations", json={"key": "k", "text": "list"})
    assert answer.status_code == 500
    assert answer.json()["incident"] == "I-1"
    assert "secret detail" not in answer.text
    assert "I-1" in caplog.text
    assert "secret detail" in caplog.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RefusedError("no"), 403),
        (ConflictError("lost"), 503),
        (UnavailableError("away"), 503),
    ],
)
async def test_errors_of_the_core_have_their_status(
    world: World, console: httpx.AsyncClient, error: Exception, status: int
) -> None:
    async def fail(_: Invocation) -> Reply:
        raise error

    world.requests.act = fail
    answer = await console.post(f"{CONSOLE}/invocations", json={"key": "k", "text": "list"})
    assert answer.status_code == status
    assert "error" in answer.json()
