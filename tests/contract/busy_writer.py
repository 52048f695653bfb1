"""A process that writes until it is killed, and says which runs it was told are durable."""

import asyncio
import sys
from pathlib import Path

from bot.domain.conversation import CONSOLE
from bot.ports.store import Tx
from storage.store import SqliteStore
from tests.contract.rows import REQUESTED, add_run, job_row
from tests.fakes.clock import FakeClock


def unit(tx: Tx) -> int:
    run = add_run(tx)
    job = tx.jobs.create(job_row(run.id))
    tx.runs.save(run, [REQUESTED, REQUESTED])
    tx.postings.want(run.id, CONSOLE, "card")
    tx.logs.append(job.id, stream="out", text="x" * 5000, at=tx.now())
    return run.id


async def write_for_ever(store: SqliteStore) -> None:
    while True:
        print(await store.write(unit), flush=True)  # noqa: T201  # its parent reads it


async def main(path: Path) -> None:
    store = SqliteStore(path, FakeClock())
    await store.open()
    await asyncio.gather(*(write_for_ever(store) for _ in range(8)))


asyncio.run(main(Path(sys.argv[1])))
