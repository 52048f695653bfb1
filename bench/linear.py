"""Webhooks of new agent sessions: acknowledged, and answered by a first activity.

usage: python -m bench.linear [--sessions 100] [--burst 1000]
The stand-in for Linear runs in the same process, over loopback. The anchors of the same run: an
endpoint that checks the signature and commits the body, nothing else, under the same webhooks; and
an activity sent to the stand-in by a plain client. A burst comes over 100 connections, and another
one all at once. Python's collector is set as the bot sets it. Aims: first activity p95 ≤ 150 ms,
bursts acknowledged p99 ≤ 500 ms, none lost.
"""

import argparse
import asyncio
import hmac
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Message

from adapters.linear.values import Activity, ActivityType, made_id
from adapters.system import RandomIds, spare_what_stays
from adapters.web.app import build_app
from bot.ports.store import Tx
from storage.migrate import migrate
from storage.sqlite import sqlite_url
from tests.fakes.linear.hooks import Delivery, Hooks, sign
from tests.fakes.linear.stage import LinearStage, linear_stage
from tests.fakes.linear.world import Session

_MOST_WAITED = 120.0
_CONNECTIONS = 100
"""From which the first burst comes."""


async def one_by_one(play: LinearStage, sessions: int) -> list[float]:
    """Milliseconds from each webhook's sending to the stand-in's taking of the first activity."""
    taken = []
    for number in range(sessions):
        begun = time.perf_counter()
        session = _mention(play, number)
        await play.linear.hooks.deliver()
        async with asyncio.timeout(_MOST_WAITED):
            while not session.activities:  # noqa: ASYNC110  # the stand-in tells nobody
                await asyncio.sleep(0.0005)
        first = next(
            call
            for call in play.linear.called("CreateActivity")
            if call.variables["input"]["agentSessionId"] == session.id
        )
        taken.append((first.at - begun) * 1e3)
    return taken


@dataclass(frozen=True, kw_only=True)
class Burst:
    """Milliseconds until each of many webhooks is acknowledged, by the anchor and by us."""

    anchor: list[float]
    ours: list[float]
    began: float
    """Seconds until all of their sessions have had a first word."""


async def burst(play: LinearStage, sessions: int, *, connections: int) -> Burst:
    """Many webhooks at once, over so many connections."""
    first = 10_000 + len(play.linear.world.issues)
    opened = [_mention(play, first + number) for number in range(sessions)]
    queue = [each for each in play.linear.hooks.queue if each.event == "AgentSessionEvent"]
    play.linear.hooks.queue.clear()
    assert len(queue) == sessions
    async with plain_endpoint(play) as hooks:
        copies = [replace(each, answers=[]) for each in queue]
        anchor = await _all_at_once(hooks, copies, connections)
    begun = time.perf_counter()
    ours = await _all_at_once(play.linear.hooks, queue, connections)
    async with asyncio.timeout(_MOST_WAITED):
        while not all(session.activities for session in opened):  # noqa: ASYNC110  # the stand-in tells nobody
            await asyncio.sleep(0.05)
    return Burst(anchor=anchor, ours=ours, began=time.perf_counter() - begun)


async def _all_at_once(hooks: Hooks, deliveries: list[Delivery], connections: int) -> list[float]:
    free = asyncio.Semaphore(connections)
    taken: list[float] = []

    async def send(delivery: Delivery) -> None:
        async with free:
            sent = time.perf_counter()
            assert await hooks.attempt(delivery) == httpx.codes.OK
            taken.append((time.perf_counter() - sent) * 1e3)

    async with asyncio.TaskGroup() as group:
        for delivery in deliveries:
            group.create_task(send(delivery))
    return taken


class Straight(httpx.AsyncBaseTransport):
    """Hands requests to an application in this process.

    httpx has one too; for each request it looks in all folders for packages that are not there.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Serve one request."""
        body, said = await request.aread(), list[Message]()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            said.append(message)

        scope = {
            "type": "http",
            "method": request.method,
            "path": request.url.path,
            "query_string": request.url.query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
        }
        await self._app(scope, receive, send)
        return httpx.Response(said[0]["status"], content=said[-1].get("body", b""))


async def _ready() -> bool:
    return True


@asynccontextmanager
async def plain_endpoint(play: LinearStage) -> AsyncIterator[Hooks]:
    """Webhooks that are checked and committed by the sqlite3 module, as durably as ours."""
    app, kept, turn = FastAPI(), Path(tempfile.mkdtemp()) / "anchor.db", asyncio.Lock()
    with closing(sqlite3.connect(kept, isolation_level=None, check_same_thread=False)) as rows:
        rows.execute("PRAGMA journal_mode=WAL")
        rows.execute("PRAGMA synchronous=FULL")
        rows.execute("CREATE TABLE t(id TEXT PRIMARY KEY, body BLOB)")

        @app.post("/")
        async def take(request: Request) -> Response:
            body, headers = await request.body(), request.headers
            made = sign(play.linear.hooks.secret, body)
            assert hmac.compare_digest(made, headers["Linear-Signature"])
            row = (headers["Linear-Delivery"], body)
            async with turn:
                await asyncio.to_thread(rows.execute, "INSERT INTO t VALUES (?, ?)", row)
            return Response()

        hooks = Hooks(play.linear.hooks.clock, play.linear.hooks.organization)
        hooks.connect(httpx.AsyncClient(transport=Straight(app)), "http://plain/")
        try:
            yield hooks
        finally:
            await hooks.close()
    shutil.rmtree(kept.parent)


async def plain(play: LinearStage, sessions: int) -> list[float]:
    """Milliseconds of one activity each, by a plain client."""
    session, taken = _mention(play, 50_000), []
    play.linear.hooks.queue.clear()
    thought = Activity(type=ActivityType.THOUGHT, body="On it")
    for number in range(sessions):
        begun = time.perf_counter()
        await play.ours.client.act(session.id, thought, made=made_id("bench", str(number)))
        taken.append((time.perf_counter() - begun) * 1e3)
    return taken


async def _done(play: LinearStage) -> None:
    """Return once every event is worked through, those too that could not be done at once."""

    def look(tx: Tx) -> bool:
        later = tx.now() + timedelta(days=1)
        return not tx.tracker_events.pending("linear", before=later, limit=1)

    async with asyncio.timeout(_MOST_WAITED):
        while not await play.stage.store.read(look):  # a database is asked
            await asyncio.sleep(0.2)
            play.stage.clock.advance(timedelta(seconds=10))
            await play.ours.inbox.sweep()


def _mention(play: LinearStage, number: int) -> Session:
    issue = play.linear.world.add_issue(f"Issue {number}")
    return play.linear.people.mentions_app(issue)


async def measure(folder: Path, sessions: int, many: int) -> None:
    """All three on one stage, its inbox at work."""
    database = shutil.copy(folder / "blank.db", folder / "bench.db")
    async with linear_stage(f"sqlite:///{database}") as play, asyncio.TaskGroup() as group:
        play.linear.buckets.limits |= {"Requests": 10_000_000, "Complexity": 2_000_000_000}
        await play.ours.identity.viewer()
        app = build_app([play.ours.router], RandomIds(), ready=_ready, hosts=["bot.test"])
        sender = httpx.AsyncClient(transport=Straight(app))
        play.linear.hooks.connect(sender, "http://bot.test/linear/webhook")
        spare_what_stays()
        working = group.create_task(play.ours.inbox.run())
        _say("plain activity", await plain(play, sessions))
        _say("webhook → first activity", await one_by_one(play, sessions))
        for connections in (_CONNECTIONS, many):
            found = await burst(play, many, connections=connections)
            _say(f"{many} over {connections}, plain endpoint", found.anchor)
            _say(f"{many} over {connections}, acknowledged", found.ours)
            print(f"ratio of the p99: {_cut(found.ours, 99) / _cut(found.anchor, 99):.1f}")
            print(f"all {many} sessions had their first word after {found.began:.1f} s")
            await _done(play)
        working.cancel()


def _say(label: str, taken: list[float]) -> None:
    cuts = "   ".join(f"p{at} {_cut(taken, at):8.2f} ms" for at in (50, 95, 99))
    print(f"{label:32}{cuts}")


def _cut(taken: list[float], percent: int) -> float:
    return statistics.quantiles(taken, n=100)[percent - 1]


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--burst", type=int, default=1_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        migrate(sqlite_url(folder / "blank.db"))
        asyncio.run(measure(folder, given.sessions, given.burst))


if __name__ == "__main__":
    main()
