"""Webhooks of new agent sessions: acknowledged, and answered by a first activity.

usage: python -m bench.linear [--sessions 100] [--burst 1000]
The stand-in for Linear runs in the same process, over loopback. The anchor of the same run: an
activity sent to it by a plain client.
"""

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from adapters.linear.values import Activity, ActivityType, made_id
from bot.ports.store import Tx
from storage.migrate import migrate
from storage.sqlite import sqlite_url
from tests.fakes.linear.stage import LinearStage, linear_stage
from tests.fakes.linear.world import Session

_MOST_WAITED = 120.0
_CONNECTIONS = 100
"""From which a burst comes."""


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


async def burst(play: LinearStage, sessions: int) -> tuple[list[float], float]:
    """Milliseconds until each of many webhooks is acknowledged; seconds until all have begun."""
    opened = [_mention(play, 10_000 + number) for number in range(sessions)]
    queue = [each for each in play.linear.hooks.queue if each.event == "AgentSessionEvent"]
    play.linear.hooks.queue.clear()
    connections = asyncio.Semaphore(_CONNECTIONS)
    taken: list[float] = []
    begun = time.perf_counter()

    async def send(at: int) -> None:
        async with connections:
            sent = time.perf_counter()
            assert await play.linear.hooks.attempt(queue[at]) == 200  # noqa: PLR2004  # OK
            taken.append((time.perf_counter() - sent) * 1e3)

    async with asyncio.TaskGroup() as group:
        for at in range(len(queue)):
            group.create_task(send(at))
    async with asyncio.timeout(_MOST_WAITED):
        while not all(session.activities for session in opened):  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.05)
    return taken, time.perf_counter() - begun


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
    """Return once every event is worked through."""

    def look(tx: Tx) -> bool:
        later = tx.now() + timedelta(days=1)
        return not tx.tracker_events.pending("linear", before=later, limit=1)

    async with asyncio.timeout(_MOST_WAITED):
        while not await play.stage.store.read(look):  # noqa: ASYNC110  # a database is asked
            await asyncio.sleep(0.2)


def _mention(play: LinearStage, number: int) -> Session:
    issue = play.linear.world.add_issue(f"Issue {number}")
    return play.linear.people.mentions_app(issue)


async def measure(folder: Path, sessions: int, many: int) -> None:
    """All three on one stage, its inbox at work."""
    database = shutil.copy(folder / "blank.db", folder / "bench.db")
    async with linear_stage(f"sqlite:///{database}") as play, asyncio.TaskGroup() as group:
        play.linear.buckets.limits |= {"Requests": 10_000_000, "Complexity": 2_000_000_000}
        await play.ours.identity.viewer()
        working = group.create_task(play.ours.inbox.run())
        _say("plain activity", await plain(play, sessions))
        _say("webhook → first activity", (await one_by_one(play, sessions)))
        acknowledged, began = await burst(play, many)
        _say(f"burst of {len(acknowledged)}, acknowledged", acknowledged)
        print(f"all {many} sessions had their first word after {began:.1f} s")
        await _done(play)
        working.cancel()


def _say(label: str, taken: list[float]) -> None:
    cuts = statistics.quantiles(taken, n=100)
    print(f"{label:32}p50 {cuts[49]:8.2f} ms   p95 {cuts[94]:8.2f} ms   p99 {cuts[98]:8.2f} ms")


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
