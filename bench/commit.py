"""The transaction of a dispatch, against the bare commit that no store can beat: `make bench`.

The anchor is Python's sqlite3 module with synchronous=FULL: one row of a run and one of an event
are inserted and committed. Ours is the whole of it: policy, inputs, run, job, event chained by
hash, statistics and posting, through the writer thread. Both take turns within one run, because
figures of different runs or machines say nothing about each other.
"""

import argparse
import asyncio
import sqlite3
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from adapters.system import SystemClock
from bot.domain.actor import person
from bot.domain.blueprint import Blueprint
from bot.domain.catalog import Catalog
from bot.domain.conversation import CONSOLE
from bot.domain.policy import Policy, Role
from bot.domain.vocabulary import Profile
from bot.ports.store import Tx
from bot.services.dispatching import DispatchRequest, dispatch
from bot.services.rules import Rules
from storage.stores import store_at

CLIENTS = 64
STEADY = 1.3
"""The anchor's slowest round over its fastest: beyond this the machine was too busy to tell."""

HELLO = Blueprint(name="hello", profile=Profile.POD, title="Hello", project="bench", command=("x",))
POLICY = Policy(people={"ana": Role.ADMIN})
RULES = Rules(policy=POLICY, catalog=Catalog(blueprints={"hello": HELLO}))
ANA = person("ana", CONSOLE.surface)

RUN = "CREATE TABLE run (id INTEGER PRIMARY KEY, title TEXT, status TEXT, owner TEXT, at TEXT)"
EVENT = "CREATE TABLE event (run INTEGER, seq INTEGER, type TEXT, data TEXT, UNIQUE (run, seq))"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A round: seconds of each commit or call, and runs per second over all."""

    seconds: list[float]
    rate: float


Rows = dict[str, Callable[[], Awaitable[Measured]]]


def anchor(folder: Path, duration: float, *, together: int) -> Measured:
    """Insert and commit `together` runs at a time with the bare module."""
    connection = sqlite3.connect(folder / "anchor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    for table in (RUN, EVENT):
        connection.execute(table.replace("TABLE", "TABLE IF NOT EXISTS"))
    seconds: list[float] = []
    begun = perf_counter()
    while perf_counter() < begun + duration:
        at = perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(together):
            values = ("Hello", "queued", "ana", str(datetime.now(UTC)))
            run = connection.execute("INSERT INTO run VALUES (NULL,?,?,?,?)", values).lastrowid
            event = (run, 1, "run_requested", '{"by": "ana"}')
            connection.execute("INSERT INTO event VALUES (?,?,?,?)", event)
        connection.execute("COMMIT")
        seconds.append(perf_counter() - at)
    rate = together * len(seconds) / (perf_counter() - begun)
    connection.close()
    return Measured(seconds=seconds, rate=rate)


async def ours(url: str, duration: float, *, clients: int) -> Measured:
    """Dispatch from `clients` at the same time, each waiting for its commit."""
    store = store_at(url, SystemClock())
    await store.open()
    seconds: list[float] = []
    begun = perf_counter()

    async def client() -> None:
        while perf_counter() < begun + duration:
            at = perf_counter()
            await store.write(_unit)
            seconds.append(perf_counter() - at)

    try:
        await asyncio.gather(*(client() for _ in range(clients)))
        return Measured(seconds=seconds, rate=len(seconds) / (perf_counter() - begun))
    finally:
        await store.close()


def _unit(tx: Tx) -> None:
    dispatch(tx, RULES, DispatchRequest(blueprint="hello"), actor=ANA, conversation=CONSOLE)


async def _anchor(folder: Path, duration: float, *, together: int) -> Measured:
    return await asyncio.to_thread(anchor, folder, duration, together=together)


def rows_of(folder: Path, duration: float) -> Rows:
    """What is measured, by name."""
    url = f"sqlite:///{folder / 'ours.db'}"
    return {
        "anchor, a run a commit": lambda: _anchor(folder, duration, together=1),
        "ours, 1 client": lambda: ours(url, duration, clients=1),
        f"anchor, {CLIENTS} runs a commit": lambda: _anchor(folder, duration, together=CLIENTS),
        f"ours, {CLIENTS} clients": lambda: ours(url, duration, clients=CLIENTS),
    }


def measure(rows: Rows, rounds: int) -> dict[str, list[Measured]]:
    """Every row once a round, in turn."""

    async def all_rounds() -> dict[str, list[Measured]]:
        measured: dict[str, list[Measured]] = {name: [] for name in rows}
        for _ in range(rounds):
            for name, row in rows.items():
                measured[name].append(await row())
        return measured

    return asyncio.run(all_rounds())


def show(measured: dict[str, list[Measured]]) -> None:
    """Print a table of the medians, each of ours beside the anchor above it."""
    print(f"{'':<26}{'runs/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'time of anchor':>16}")
    bare: list[float] = []
    for name, rounds in measured.items():
        rates = [one.rate for one in rounds]
        p50 = median(median(one.seconds) for one in rounds) * 1e3
        p99 = median(quantiles(one.seconds, n=100)[98] for one in rounds) * 1e3
        bare = rates if name.startswith("anchor") else bare
        ratio = median(anchor / here for anchor, here in zip(bare, rates, strict=True))
        print(f"{name:<26}{median(rates):>9.0f}{p50:>9.3f}{p99:>9.3f}{f'× {ratio:.1f}':>16}")
        if bare is rates and max(rates) > STEADY * min(rates):
            print("  the anchor moved by more than 30% between rounds: do not count this run")


def main() -> None:
    """Measure and print a table; the medians of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--dir", type=Path, help="a folder on the disk to measure")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each row in each round")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.dir) as folder:
        show(measure(rows_of(Path(folder), given.seconds), given.rounds))


if __name__ == "__main__":
    main()
