"""The agent API: reports, orders and artifacts under a claim."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from adapters.vault import FernetVault
from bot.domain.errors import NotFoundError
from bot.domain.order import OrderKind
from bot.ports.store import Tx
from bot.services.claiming import hash_token
from tests.adapters.console_world import CLAIM, World, http_client, open_world
from tests.contract.rows import gate_row
from tests.fakes.stage import VAULT_KEY

ENOUGH = 20
"""Seconds that no call of these tests should ever need."""


JOB = "/agent/v1/jobs/R-1.1"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_world(tmp_path) as world:
        yield world


@pytest.fixture
async def runner(world: World) -> AsyncIterator[httpx.AsyncClient]:
    await world.claimed_job()
    async with http_client(world.app(), CLAIM) as client:
        yield client


async def test_reports_are_taken_once_under_the_claim(
    world: World, runner: httpx.AsyncClient
) -> None:
    reports = [
        {"seq": 1, "kind": "log", "data": {"stream": "out", "text": "hello"}},
        {"seq": 2, "kind": "phase", "data": {"name": "testing"}},
    ]
    for _ in range(2):
        answer = await runner.post(f"{JOB}/reports", json={"reports": reports})
        assert (answer.status_code, answer.json()) == (200, {"taken": 2, "results": {}})
    chunks = await world.store.read(lambda tx: tx.logs.last(1, limit=9))
    assert [chunk.text for chunk in chunks] == ["hello"]


WRONG = [
    b"",
    b"[]",
    b"not json",
    b"{}",
    b'{"reports": {}}',
    b'{"reports": [7]}',
    b'{"reports": [{"seq": 1, "kind": "nonsense"}]}',
    b'{"reports": [{"seq": 1, "kind": ["log"]}]}',
    b'{"reports": [{"seq": true, "kind": "log"}]}',
    b'{"reports": [{"seq": 0, "kind": "log"}]}',
    b'{"reports": [{"seq": 1, "kind": "log", "data": []}]}',
    b'{"reports": [{"seq": 1, "kind": "log", "data": {"text": 7}}]}',
    b'{"reports": [{"seq": 2, "kind": "phase", "data": {"name": "x"}}]}',
    b'{"reports": [{"seq": 1, "kind": "cost", "data": {"usd": NaN}}]}',
    b'{"reports": [{"seq": 1, "kind": "phase", "data": {"name": "\\ud800"}}]}',
    b'{"reports": [{"seq": 1, "kind": "phase", "data": {"name": "\xff"}}]}',
    b'{"reports": ' + b"[" * 200_000,
]


@pytest.mark.parametrize("body", WRONG, ids=range(len(WRONG)))
async def test_a_wrong_report_is_refused_for_good(runner: httpx.AsyncClient, body: bytes) -> None:
    answer = await runner.post(f"{JOB}/reports", content=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("job", "token", "status"),
    [
        ("R-1.1", "Bearer wrong", 409),
        ("R-1.1", f"Bearer {CLAIM}é", 409),
        ("R-9.1", f"Bearer {CLAIM}", 401),
        ("nonsense", f"Bearer {CLAIM}", 401),
        ("R-1.1", "", 401),
        ("R-1.1", f"Basic {CLAIM}", 401),
    ],
)
async def test_only_the_present_claim_is_heard(
    runner: httpx.AsyncClient, job: str, token: str, status: int
) -> None:
    headers = {b"Authorization": token.encode("latin-1")}
    base = f"/agent/v1/jobs/{job}"
    answers = [
        await runner.post(f"{base}/reports", json={"reports": []}, headers=headers),
        await runner.get(f"{base}/orders", headers=headers),
        await runner.put(f"{base}/artifacts/{'0' * 64}", content=b"x", headers=headers),
    ]
    assert [answer.status_code for answer in answers] == [status] * 3
    if status == 409:
        assert answers[0].json() == {"error": "stale"}


async def test_asking_for_orders_renews_the_lease(world: World, runner: httpx.AsyncClient) -> None:
    answer = await runner.get(f"{JOB}/orders?alive=1")
    assert (answer.status_code, answer.json()) == (200, {"orders": []})
    job = await world.store.read(lambda tx: tx.jobs.load(1))
    assert job.lease_expires_at is not None
    assert job.heartbeat_at is not None


async def test_a_held_call_is_answered_by_the_next_order(
    world: World, runner: httpx.AsyncClient
) -> None:
    async with asyncio.timeout(ENOUGH), asyncio.TaskGroup() as group:
        call = group.create_task(runner.get(f"{JOB}/orders?after=0&wait=25&alive=0", timeout=None))
        await asyncio.sleep(0.05)
        data = {"by": "ana", "grace": 10}
        await world.store.write(lambda tx: tx.orders.give(1, OrderKind.STOP, data))
    orders = call.result().json()["orders"]
    assert orders == [{"id": 1, "kind": "stop", "data": data}]
    assert (await runner.get(f"{JOB}/orders?after=1")).json() == {"orders": []}


async def test_a_held_call_ends_when_the_claim_is_lost(
    world: World, runner: httpx.AsyncClient
) -> None:
    async with asyncio.timeout(ENOUGH), asyncio.TaskGroup() as group:
        call = group.create_task(runner.get(f"{JOB}/orders?wait=25", timeout=None))
        await asyncio.sleep(0.05)
        await world.store.write(_claim_anew)
    assert call.result().status_code == 409


def _claim_anew(tx: Tx) -> None:
    tx.jobs.save(replace(tx.jobs.load(1), fence=2, token_hash=hash_token("next")))
    tx.orders.give(1, OrderKind.RESTART, {})


async def test_held_calls_are_answered_when_the_server_closes(
    world: World, runner: httpx.AsyncClient
) -> None:
    async with asyncio.timeout(ENOUGH), asyncio.TaskGroup() as group:
        call = group.create_task(runner.get(f"{JOB}/orders?wait=25", timeout=None))
        await asyncio.sleep(0.05)
        world.closing.set()
    assert call.result().json() == {"orders": []}


@pytest.mark.parametrize("query", ["wait=26", "wait=nan", "wait=-1", "after=x", "alive=maybe"])
async def test_wrong_parameters_are_named(runner: httpx.AsyncClient, query: str) -> None:
    answer = await runner.get(f"{JOB}/orders?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(query.partition("=")[0])


async def test_an_artifact_is_stored_under_its_hash(
    world: World, runner: httpx.AsyncClient
) -> None:
    content = b"result" * 100_000
    sha256 = hashlib.sha256(content).hexdigest()
    for _ in range(2):
        answer = await runner.put(f"{JOB}/artifacts/{sha256}", content=content)
        assert answer.status_code == 200
    assert world.artifacts.path(sha256).read_bytes() == content


async def test_an_artifact_needs_its_length_and_its_hash(
    world: World, runner: httpx.AsyncClient
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"abc"

    sha256 = "0" * 64
    address = f"{JOB}/artifacts/{sha256}"
    assert (await runner.put(address, content=b"abc")).status_code == 400
    assert (await runner.put(address, content=chunks())).status_code == 411
    assert (await runner.put(f"{JOB}/artifacts/xyz", content=b"abc")).status_code == 400
    large = {"Content-Length": str(100 * 1024 * 1024 + 1)}
    assert (await runner.put(address, content=b"abc", headers=large)).status_code == 413
    assert not world.artifacts.path(sha256).exists()


async def test_a_secret_answer_is_opened_for_its_runner_until_it_was_taken(
    world: World, runner: httpx.AsyncClient
) -> None:
    def answered(tx: Tx) -> None:
        job = tx.jobs.load(1)
        gate = tx.gates.create(gate_row(job))
        number = tx.sealed.keep(gate.id, FernetVault(VAULT_KEY).seal("hunter2"))
        data = {"gate": gate.key, "answers": {"token": "••••"}, "sealed": {"token": number}}
        tx.orders.give(job.id, OrderKind.DECISION, data)

    await world.store.write(answered)
    told = {"gate": "G-1", "answers": {"token": "hunter2"}, "secrets": ["token"]}
    for _ in range(2):
        (order,) = (await runner.get(f"{JOB}/orders")).json()["orders"]
        assert order["data"] == told
    report = {"seq": 1, "kind": "consumed", "data": {"orders": [order["id"]]}}
    assert (await runner.post(f"{JOB}/reports", json={"reports": [report]})).is_success
    assert (await runner.get(f"{JOB}/orders")).json() == {"orders": []}
    with pytest.raises(NotFoundError):
        await world.store.read(lambda tx: tx.sealed.load(1, 1))
