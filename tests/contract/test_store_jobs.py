"""Jobs and the order of the queue."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import NotFoundError
from bot.domain.job import RANK_GAP, Job
from bot.domain.vocabulary import Reason, Status
from bot.ports.store import Store, Tx
from tests.contract.rows import add_job, add_run, job_row
from tests.fakes.clock import NOON

FULL = job_row(
    1,
    number=3,
    attempt=2,
    status=Status.CANCELLING,
    target="repo",
    labels=("gpu", "linux"),
    phase="EXECUTING",
    held_phase="PLANNING",
    reason_code=Reason.STOPPED,
    reason="why",
    ends_as=Status.TIMED_OUT,
    priority=5,
    rank=9,
    agent="a1",
    workspace_agent="a2",
    fence=4,
    token_hash="h",
    claim_count=2,
    lease_expires_at=NOON,
    heartbeat_at=NOON,
    claimed_at=NOON,
    started_at=NOON,
    reported_at=NOON,
    waiting_since=NOON,
    waited=timedelta(seconds=90, microseconds=1),
    cancelling_since=NOON,
    ended_at=NOON,
    program_present=True,
    resume_gate=41,
    report_seq=12,
    exit_code=-9,
    base="c",
)


async def test_every_field_comes_back(store: Store) -> None:
    def unit(tx: Tx) -> tuple[Job, Job]:
        add_run(tx)
        return tx.jobs.create(job_row(1)), tx.jobs.create(FULL)

    plain, full = await store.write(unit)
    assert plain == replace(job_row(1), id=plain.id, rank=RANK_GAP)
    assert full == replace(FULL, id=full.id)
    assert await store.read(lambda tx: tx.jobs.of_run(1)) == (plain, full)
    assert await store.read(lambda tx: tx.jobs.load(full.id)) == full

    await store.write(lambda tx: tx.jobs.save(replace(FULL, id=plain.id, number=1)))
    assert await store.read(lambda tx: tx.jobs.load(plain.id)) == replace(
        FULL, id=plain.id, number=1
    )


async def test_jobs_by_key(store: Store) -> None:
    job = await store.write(lambda tx: add_job(tx, number=2))
    assert await store.read(lambda tx: tx.jobs.by_key("R-1.2")) == job


@pytest.mark.parametrize(
    "key", ["R-1.1", "R-2.2", "1.2", "R-1", "r-1.2", "R-1.2\n", "", "R-١.٢", f"R-{10**30}.2"]
)
async def test_keys_of_nothing(store: Store, key: str) -> None:
    await store.write(lambda tx: add_job(tx, number=2))
    with pytest.raises(NotFoundError, match="no job"):
        await store.read(lambda tx: tx.jobs.by_key(key))


async def test_jobs_that_are_not_there(store: Store) -> None:
    with pytest.raises(NotFoundError):
        await store.read(lambda tx: tx.jobs.load(1))
    with pytest.raises(NotFoundError):
        await store.write(lambda tx: tx.jobs.save(job_row(1, id=1)))
    with pytest.raises(NotFoundError):
        await store.write(lambda tx: tx.jobs.touch(1, lease_expires_at=NOON, at=NOON, alive=False))


async def test_the_order_of_the_queue(store: Store) -> None:
    def unit(tx: Tx) -> list[Job]:
        return [
            add_job(tx),
            add_job(tx),
            add_job(tx, priority=1, rank=7),
            add_job(tx, status=Status.RUNNING),
            add_job(tx, rank=tx.jobs.front_rank()),
            add_job(tx, rank=tx.jobs.front_rank()),
            add_job(tx, rank=RANK_GAP),
        ]

    first, second, urgent, _, before, foremost, same = await store.write(unit)
    expected = (urgent, foremost, before, first, same, second)
    assert await store.read(lambda tx: tx.jobs.queued(limit=10)) == expected
    assert await store.read(lambda tx: tx.jobs.queued(limit=2)) == expected[:2]


async def test_ranks_at_both_ends(store: Store) -> None:
    assert await store.read(lambda tx: tx.jobs.front_rank()) == -RANK_GAP
    job = await store.write(add_job)
    assert job.rank == RANK_GAP
    assert await store.read(lambda tx: tx.jobs.front_rank()) < job.rank
    assert (await store.write(add_job)).rank == 2 * RANK_GAP


async def test_jobs_by_status_and_claim(store: Store) -> None:
    def unit(tx: Tx) -> list[Job]:
        return [
            add_job(tx),
            add_job(tx, status=Status.CLAIMED, agent="a", token_hash="t"),
            add_job(tx, status=Status.WAITING, agent="a"),
            add_job(tx, status=Status.RUNNING, agent="b", token_hash="t"),
        ]

    queued, claimed, waiting, running = await store.write(unit)
    live = await store.read(lambda tx: tx.jobs.in_status(Status.RUNNING, Status.QUEUED))
    assert live == (queued, running)
    assert await store.read(lambda tx: tx.jobs.in_status()) == ()
    assert await store.read(lambda tx: tx.jobs.in_status(Status.WAITING)) == (waiting,)
    assert await store.read(lambda tx: tx.jobs.held_by("a")) == (claimed,)
    assert await store.read(lambda tx: tx.jobs.held_by("c")) == ()


async def test_renewing_a_lease(store: Store) -> None:
    job = await store.write(add_job)
    lease, later = NOON + timedelta(seconds=30), NOON + timedelta(seconds=1)

    def renew(tx: Tx, *, alive: bool) -> Job:
        tx.jobs.touch(job.id, lease_expires_at=lease, at=later, alive=alive)
        return tx.jobs.load(job.id)

    heard = replace(job, lease_expires_at=lease, heartbeat_at=later)
    assert await store.write(lambda tx: renew(tx, alive=False)) == heard
    assert await store.write(lambda tx: renew(tx, alive=True)) == replace(heard, reported_at=later)
