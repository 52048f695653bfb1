"""What jobs leave behind: logs, artifacts, workspaces; and the blueprints they were made of."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError

from bot.domain.blueprint import Blueprint, GateSpec, InputSpec, InputType, Limits, Replies
from bot.domain.errors import NotFoundError
from bot.domain.job import Job
from bot.domain.vocabulary import Profile
from bot.ports.output_store import LogChunk
from bot.ports.store import Store, Tx
from tests.contract.rows import add_job
from tests.fakes.clock import NOON

KIB_64 = 64 * 1024


def say(tx: Tx, *texts: str) -> None:
    for text in texts:
        tx.logs.append(1, stream="out", text=text, at=NOON)


def add_job_saying(tx: Tx, *texts: str) -> Job:
    job = add_job(tx)
    say(tx, *texts)
    return job


def texts(chunks: tuple[LogChunk, ...]) -> list[str]:
    return [chunk.text for chunk in chunks]


async def test_log_chunks_are_numbered_for_each_job(store: Store) -> None:
    await store.write(lambda tx: (add_job_saying(tx, "a"), add_job(tx)))
    await store.write(lambda tx: tx.logs.append(2, stream="runner", text="x", at=NOON))
    await store.write(lambda tx: say(tx, "b"))
    chunks = await store.read(lambda tx: tx.logs.since(1, after=0, limit=9))
    assert chunks == (
        LogChunk(job_id=1, seq=1, at=NOON, stream="out", text="a"),
        LogChunk(job_id=1, seq=2, at=NOON, stream="out", text="b"),
    )
    (other,) = await store.read(lambda tx: tx.logs.last(2, limit=9))
    assert (other.seq, other.stream) == (1, "runner")


async def test_reading_a_log_from_both_ends(store: Store) -> None:
    await store.write(lambda tx: add_job_saying(tx, *"abcde"))

    async def last(limit: int, before: int | None = None) -> list[str]:
        return texts(await store.read(lambda tx: tx.logs.last(1, limit=limit, before=before)))

    assert await last(2) == ["d", "e"]
    assert await last(2, before=4) == ["b", "c"]
    assert await last(2, before=1) == []
    assert await last(2, before=10**12) == ["d", "e"]
    assert await store.read(lambda tx: tx.logs.since(1, after=10**12, limit=9)) == ()
    assert texts(await store.read(lambda tx: tx.logs.since(1, after=1, limit=2))) == ["b", "c"]


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("", []),
        ("a" * KIB_64, [KIB_64]),
        ("a" * (KIB_64 + 1), [KIB_64, 1]),
        ("a" + "ä" * KIB_64, [KIB_64 - 1, KIB_64, 2]),
        ("€" * KIB_64, [KIB_64 - 1] * 3 + [3]),
    ],
)
async def test_large_output_is_cut_between_characters(
    store: Store, text: str, sizes: list[int]
) -> None:
    await store.write(lambda tx: add_job_saying(tx, text))
    chunks = texts(await store.read(lambda tx: tx.logs.since(1, after=0, limit=9)))
    assert "".join(chunks) == text
    assert [len(chunk.encode()) for chunk in chunks] == sizes


async def test_half_a_character_does_not_stop_a_log(store: Store) -> None:
    await store.write(lambda tx: add_job_saying(tx, "a\ud800b\x00c"))
    assert texts(await store.read(lambda tx: tx.logs.last(1, limit=1))) == ["a?b\x00c"]


async def test_output_needs_its_job(store: Store) -> None:
    with pytest.raises(IntegrityError):
        await store.write(lambda tx: say(tx, "a"))


async def test_the_same_artifact_is_one_row(store: Store) -> None:
    def add(sha256: str, tx: Tx) -> int:
        return tx.artifacts.add(run_id=1, job_id=1, name="n", size=3 << 40, sha256=sha256).id

    await store.write(add_job)
    ids = [await store.write(partial(add, sha256)) for sha256 in ("x", "x", "y")]
    assert ids[0] == ids[1] < ids[2]
    first, second = await store.read(lambda tx: tx.artifacts.of_run(1))
    assert (first.name, first.size, first.sha256, first.created_at) == ("n", 3 << 40, "x", NOON)
    assert second.sha256 == "y"


BLUEPRINT = Blueprint(
    name="fix",
    profile=Profile.POD,
    title="Fix",
    project="shop",
    command=("python", "fix.py"),
    inputs=(InputSpec(name="n", type=InputType.NUMBER, default=3),),
    gates=(GateSpec(checkpoint="plan", prompt="Shall it?", always=True),),
    limits=Limits(cpu=2.0),
    replies=Replies.FILE,
    env={"A": "b"},
    keep_alive=timedelta(minutes=5),
)


async def test_blueprint_versions_are_kept_once(store: Store) -> None:
    for _ in range(2):
        await store.write(lambda tx: tx.blueprints.keep(BLUEPRINT))
    loaded = await store.read(lambda tx: tx.blueprints.load(BLUEPRINT.version))
    assert loaded == BLUEPRINT
    assert loaded.version == BLUEPRINT.version
    with pytest.raises(NotFoundError):
        await store.read(lambda tx: tx.blueprints.load("0" * 64))


async def test_workspaces_go_when_they_are_not_needed(store: Store) -> None:
    async def removable(agent: str = "a") -> tuple[int, ...]:
        return await store.read(lambda tx: tx.workspaces.removable(agent, NOON))

    def unit(tx: Tx) -> None:
        for agent in ("a", "a", "b"):
            tx.workspaces.keep(add_job(tx).id, agent)

    def release(job_id: int, tx: Tx) -> None:
        tx.workspaces.remove_at(job_id, NOON)

    await store.write(unit)
    assert await removable() == ()
    await store.write(lambda tx: tx.workspaces.remove_at(2, NOON + timedelta(seconds=1)))
    assert await removable() == ()
    for job_id in (1, 3, 99):
        await store.write(partial(release, job_id))
    assert await removable() == (1,)
    assert await removable("b") == (3,)

    await store.write(lambda tx: tx.workspaces.keep(1, "b"))
    assert await removable() == ()
    assert await removable("b") == (3,)
    await store.write(lambda tx: tx.workspaces.removed(3))
    assert await removable("b") == ()
