"""A whole `/run dispatch hello` in process: accepted, parsed, permitted, queued, answered.

usage: python -m bench.dispatch [--runs 300] [--rounds 3]
The anchor of the same run: its two durable commits alone, by the sqlite3 module.
"""

import argparse
import asyncio
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

from adapters.artifact_folder import ArtifactFolder
from adapters.rehearsal import create_world
from adapters.rulebook import Rulebook
from adapters.system import RandomIds, SystemClock
from adapters.vault import open_vault
from bot.dispatch.dispatcher import Dispatcher
from bot.domain.actor import person
from bot.domain.conversation import CONSOLE
from bot.messages.reply import Outcome
from bot.services.rules import Periods
from commands import COMMANDS
from storage.sqlite_store import SqliteStore


async def dispatches(folder: Path, runs: int) -> list[float]:
    """Milliseconds of each dispatch, from its words to its durable answer."""
    data = folder / "data"
    create_world(data)
    book = Rulebook(
        blueprints=data / "blueprints",
        policy=data / "policy.yaml",
        prices=data / "prices.yaml",
        base=data,
        periods=Periods(),
    )
    store = SqliteStore(folder / f"dispatch-{time.monotonic_ns()}.db", SystemClock())
    await store.open()
    vault = open_vault(folder, "", rehearsal=True)
    files = ArtifactFolder(folder / "artifacts")
    dispatcher = Dispatcher(
        store, COMMANDS, rules=book.current, ids=RandomIds(), vault=vault, files=files
    )
    taken = []
    for number in range(runs + 20):
        begun = time.perf_counter()
        invocation = await dispatcher.accept(
            key=f"bench:{number}",
            actor=person("developer", "console"),
            conversation=CONSOLE,
            text="/run dispatch hello autopilot name=Ana",
        )
        reply = await dispatcher.perform(invocation)
        taken.append((time.perf_counter() - begun) * 1e3)
        assert reply.outcome is Outcome.DONE
    await store.close()
    return taken[20:]


def commits(folder: Path, runs: int) -> list[float]:
    """Milliseconds of two plain commits of a small row each, as durable as ours."""
    connection = sqlite3.connect(folder / f"anchor-{time.monotonic_ns()}.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, text TEXT)")
    taken = []
    for _ in range(runs):
        begun = time.perf_counter()
        for _ in range(2):
            connection.execute("INSERT INTO t(text) VALUES (?)", ("x" * 200,))
        taken.append((time.perf_counter() - begun) * 1e3)
    connection.close()
    return taken


def main() -> None:
    """Interleave the rounds and print medians and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    ours: list[tuple[float, float]] = []
    anchor: list[tuple[float, float]] = []
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            anchor.append(_percentiles(commits(folder, given.runs)))
            ours.append(_percentiles(asyncio.run(dispatches(folder, given.runs))))
    for label, rounds in (("two plain commits", anchor), ("/run dispatch, whole core", ours)):
        middle = [statistics.median(column) for column in zip(*rounds, strict=True)]
        print(f"{label:28}p50 {middle[0]:7.3f} ms   p99 {middle[1]:7.3f} ms")
    ratio = statistics.median(row[0] for row in ours) / statistics.median(row[0] for row in anchor)
    print(f"ratio of the p50: {ratio:.1f}")


def _percentiles(taken: list[float]) -> tuple[float, float]:
    ordered = sorted(taken)
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]


if __name__ == "__main__":
    main()
