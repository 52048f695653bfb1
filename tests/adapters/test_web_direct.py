"""Plain routes: served past FastAPI, behind the same borders."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.web.app import build_app
from tests.adapters.console_world import CountedIds, http_client


class Echo:
    """Answers with what it was sent; stumbles over one word."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        if body == b"stumble":
            raise ZeroDivisionError("secret detail")
        await PlainTextResponse(body)(scope, receive, send)


async def _ready() -> bool:
    return True


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter()
    router.routes.append(Route("/echo", Echo(), methods=["POST"]))
    async with http_client(build_app([router], CountedIds(), ready=_ready)) as client:
        yield client


async def test_answers_have_the_headers_of_all_pages(client: httpx.AsyncClient) -> None:
    answer = await client.post("/echo", content=b"hello")
    assert (answer.status_code, answer.text) == (200, "hello")
    plain = await client.get("/healthz")
    for name in ("content-security-policy", "x-frame-options", "cache-control"):
        assert answer.headers[name] == plain.headers[name]


async def test_only_its_methods_and_our_hosts_are_served(client: httpx.AsyncClient) -> None:
    assert (await client.get("/echo")).status_code == 405
    answer = await client.post("/echo", headers={"Host": "evil.example"})
    assert answer.status_code == 421


async def test_bodies_have_a_limit_announced_or_not(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 65_536

    for content in (b"x" * (1024 * 1024 + 1), endless()):
        answer = await client.post("/echo", content=content)
        assert answer.status_code == 413
        assert "too large" in answer.json()["error"]


async def test_what_nobody_foresaw_has_an_incident(client: httpx.AsyncClient) -> None:
    answer = await client.post("/echo", content=b"stumble")
    assert (answer.status_code, answer.json()["incident"]) == (500, "I-1")
    assert "secret detail" not in answer.text
