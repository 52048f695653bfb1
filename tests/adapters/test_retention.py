"""What is old goes, in batches; what is live, new or referred to stays."""

import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.artifact_folder import ArtifactFolder
from adapters.retention import Retention
from bot.domain.export import ExportFile
from bot.domain.vocabulary import Status
from bot.ports.store import Store, Tx
from tests.contract.rows import job_row, run_row
from tests.fakes.clock import NOON, FakeClock

DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> ArtifactFolder:
    return ArtifactFolder(tmp_path / "artifacts")


async def chunks_of(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def put(folder: ArtifactFolder, content: bytes, *, age: timedelta = timedelta(0)) -> str:
    """Keep a content as if that long before noon; its SHA-256."""
    sha256 = hashlib.sha256(content).hexdigest()
    await folder.put(sha256, chunks_of(content), size=len(content))
    written = (NOON - age).timestamp()
    os.utime(folder.path(sha256), (written, written))
    return sha256


def add_run(tx: Tx, word: str, *sha256s: str) -> None:
    status = Status(word)
    run = tx.runs.create(run_row(status=status))
    job = tx.jobs.create(job_row(run.id, status=status))
    for sha256 in sha256s:
        tx.artifacts.add(run_id=run.id, job_id=job.id, name="n", size=1, sha256=sha256)
    for _ in range(300):
        tx.logs.append(job.id, stream="out", text="x", at=tx.now())


def kept(folder: ArtifactFolder, *sha256s: str) -> list[bool]:
    return [folder.path(sha256).exists() for sha256 in sha256s]


async def left(store: Store, run: int) -> tuple[int, int]:
    return await store.read(
        lambda tx: (len(tx.logs.last(run, limit=999)), len(tx.artifacts.of_run(run)))
    )


async def test_old_output_and_files_go_and_the_rest_stays(
    store: Store, folder: ArtifactFolder, clock: FakeClock
) -> None:
    old, shared, live, stray, fresh = [
        await put(folder, name.encode(), age=3 * DAY if name != "fresh" else timedelta(0))
        for name in ("old", "shared", "live", "stray", "fresh")
    ]
    retention = Retention(store=store, artifacts=folder, log_time=30 * DAY, artifact_time=60 * DAY)
    await store.write(lambda tx: add_run(tx, "failed", old, shared))
    await store.write(lambda tx: add_run(tx, "waiting", live))
    await retention.sweep()
    assert kept(folder, old, shared, live, stray, fresh) == [True, True, True, False, True]
    clock.advance(31 * DAY)
    await store.write(lambda tx: add_run(tx, "succeeded", shared))
    await retention.sweep()
    assert [await left(store, run) for run in (1, 2, 3)] == [(0, 2), (300, 1), (300, 1)]
    clock.advance(30 * DAY)
    await retention.sweep()
    assert [await left(store, run) for run in (1, 2, 3)] == [(0, 0), (300, 1), (300, 1)]
    assert kept(folder, old, shared, live, fresh) == [False, True, True, False]


async def test_an_export_is_kept_as_long_as_files_of_runs(
    store: Store, folder: ArtifactFolder, clock: FakeClock
) -> None:
    sha256 = await put(folder, b"export", age=3 * DAY)
    file = ExportFile(name="R-1.json", size=6, sha256=sha256)
    retention = Retention(store=store, artifacts=folder, log_time=DAY, artifact_time=10 * DAY)
    for left in (True, True, False):
        if left:  # made anew, it is kept anew
            await store.write(lambda tx: tx.exports.add("ana", file))
        clock.advance(9 * DAY)
        await retention.sweep()
        assert kept(folder, sha256) == [left]


async def test_nothing_goes_where_it_is_kept_for_ever(
    store: Store, folder: ArtifactFolder, clock: FakeClock
) -> None:
    sha256 = await put(folder, b"x")
    await store.write(lambda tx: add_run(tx, "failed", sha256))
    clock.advance(10_000 * DAY)
    none = timedelta(0)
    await Retention(store=store, artifacts=folder, log_time=none, artifact_time=none).sweep()
    assert await left(store, 1) == (300, 1)
    assert kept(folder, sha256) == [True]


async def test_unfinished_and_foreign_files(folder: ArtifactFolder, tmp_path: Path) -> None:
    sha256 = await put(folder, b"x", age=3 * DAY)
    home = folder.path(sha256).parent
    for name in ("tmpabc_1.part", "tmpnew_2.part", "notes.txt"):
        (home / name).write_text("x")
        if name != "tmpnew_2.part":
            os.utime(home / name, (1, 1))

    async def knows(sha256s: object) -> list[str]:
        assert "notes.txt" not in sha256s  # type: ignore[operator]
        return [sha256]

    assert await folder.collect(knows, before=NOON) == 1
    assert sorted(path.name for path in home.iterdir()) == sorted(
        [sha256, "notes.txt", "tmpnew_2.part"]
    )
    assert await ArtifactFolder(tmp_path / "none").collect(knows, before=NOON) == 0


async def test_what_is_written_anew_meanwhile_stays(folder: ArtifactFolder) -> None:
    sha256 = await put(folder, b"x", age=3 * DAY)

    async def knows(_: object) -> list[str]:
        await put(folder, b"x")
        return []

    assert await folder.collect(knows, before=NOON - DAY) == 0
    assert kept(folder, sha256) == [True]
