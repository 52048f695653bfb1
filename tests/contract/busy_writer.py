"""A process that writes until it is killed, and says which runs it was told are durable."""

import asyncio
import sys

from bot.domain.conversation import CONSOLE
from bot.ports.store import Store, Tx
from storage.stores import store_at
from tests.contract.rows import REQUESTED, add_run, job_row
from tests.fakes.clock import FakeClock


def unit(tx: Tx) -> int:
    run = add_run(tx)
    job = tx.jobs.create(job_row(run.id))
    tx.runs.save(run, [REQUESTED, REQUESTED])
    tx.postings.want(run.id, CONSOLE, "card")
    tx.logs.append(job.id, stream="out", text="x" * 5000, at=tx.now())
    return run.id


async def write_for_ever(store: Store) -> None:
    while True:
        print(await store.write(unit), flush=True)  # noqa: T201  # its parent reads it


async def main(url: str) -> None:
    store = store_at(url, FakeClock())
    await store.open()
    await asyncio.gather(*(write_for_ever(store) for _ in range(8)))


asyncio.run(main(sys.argv[1]))
