"""Serving: where the address is found, and how the server leaves."""

import asyncio
import signal
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from adapters.web.console_token import keep_console_token
from adapters.web.server import serve
from bot.domain.errors import UserError
from tests.adapters.console_world import CLAIM, World, open_world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as world:
        yield world


async def test_the_address_is_told_once_it_listens(world: World) -> None:
    async with serve(
        world.app(), world.data, host="127.0.0.1", port=0, closing=world.closing
    ) as at:
        file = world.data / "address"
        assert file.read_text() == at + "\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(at + "/readyz")
    assert answer.json() == {"ready": True}
    assert "server" not in answer.headers


async def test_every_address_is_told_as_a_near_one(world: World) -> None:
    async with serve(world.app(), world.data, host="0.0.0.0", port=0, closing=world.closing) as at:
        assert at.startswith("http://127.0.0.1:")


async def test_a_held_call_does_not_hold_up_the_end(world: World) -> None:
    await world.claimed_job()
    headers = {"Authorization": f"Bearer {CLAIM}"}
    async with (
        httpx.AsyncClient(headers=headers, timeout=30, trust_env=False) as client,
        asyncio.TaskGroup() as group,
    ):
        served = serve(world.app(), world.data, host="127.0.0.1", port=0, closing=world.closing)
        async with asyncio.timeout(20):
            async with served as at:
                path = "/agent/v1/jobs/R-1.1/orders?wait=25"
                call = group.create_task(client.get(at + path))
                await asyncio.sleep(0.2)
            assert (await call).json() == {"orders": []}


@pytest.mark.parametrize(
    "begun",
    [
        b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nLong: ",
        b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nLong: ",
    ],
)
async def test_nobody_listens_to_endless_headers(world: World, begun: bytes) -> None:
    async with serve(
        world.app(), world.data, host="127.0.0.1", port=0, closing=world.closing
    ) as at:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(at.rpartition(":")[2]))
        writer.write(begun)
        sent = 0
        with suppress(ConnectionError):
            while sent < 64 * 1024 * 1024 and not reader.at_eof():
                writer.write(b"x" * 65_536)
                await writer.drain()
                sent += 65_536
                await asyncio.sleep(0)
        writer.close()
    assert sent < 64 * 1024 * 1024


async def test_large_bodies_are_no_headers(world: World) -> None:
    async with (
        serve(world.app(), world.data, host="127.0.0.1", port=0, closing=world.closing) as at,
        httpx.AsyncClient(trust_env=False) as client,
    ):
        answers = [await client.post(f"{at}/none", content=b"x" * 900_000) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [404, 404]


async def test_signals_are_left_to_their_owner(world: World) -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with serve(world.app(), world.data, host="127.0.0.1", port=0, closing=world.closing):
        assert signal.getsignal(signal.SIGTERM) is before


async def test_a_taken_port_is_said(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        served = serve(world.app(), world.data, host="127.0.0.1", port=port, closing=world.closing)
        with pytest.raises(UserError, match=f"port {port}"):
            async with served:
                pass


def test_the_console_token_is_kept_while_it_is_private(tmp_path: Path) -> None:
    token = keep_console_token(tmp_path)
    file = tmp_path / "console-token"
    assert len(token) >= 43
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert keep_console_token(tmp_path) == token
    file.chmod(0o644)
    assert keep_console_token(tmp_path) != token
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
