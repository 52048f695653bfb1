"""The HTTP surface: borders, the agent API, the console API."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from adapters.vault import FernetVault
from bot.domain.errors import ConflictError, NotFoundError, RefusedError, UnavailableError
from bot.domain.invocation import Invocation
from bot.domain.order import OrderKind
from bot.domain.vocabulary import Status
from bot.grammar.words import LONGEST_TEXT
from bot.messages.reply import Reply
from bot.ports.store import Tx
from bot.services.claiming import hash_token
from tests.adapters.console_world import CLAIM, World, http_client, open_world
from tests.contract.rows import gate_row
from tests.fakes.stage import VAULT_KEY

ENOUGH = 20
"""Seconds that no call of these tests should ever need."""
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


# --- borders


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


# --- agent API


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


# --- console API


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
