"""Searching and removing output and artifacts, and the states of blueprints."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.blueprint_state import BlueprintState, ToldFile
from bot.domain.selection import Filter
from bot.domain.vocabulary import Disposition, Status
from bot.ports.store import Store, Topic, Tx
from tests.contract.rows import ANA, job_row, run_row
from tests.fakes.clock import NOON

DAY = timedelta(days=1)


def add(tx: Tx, *, status: Status = Status.SUCCEEDED, **changes: object) -> int:
    """A run with one job, both in this status; the run's id is also the job's."""
    run = tx.runs.create(run_row(status=status, **changes))
    return tx.jobs.create(job_row(run.id, status=status)).id


def say(tx: Tx, job: int, *texts: str) -> None:
    for text in texts:
        tx.logs.append(job, stream="out", text=text, at=NOON)


def keep(tx: Tx, run: int, *names: str) -> None:
    for name in names:
        tx.artifacts.add(run_id=run, job_id=run, name=name, size=1, sha256=name * 3)


async def holding(
    store: Store, *words: str, before: int | None = None, limit: int = 99
) -> tuple[list[int], int | None]:
    found, older = await store.read(
        lambda tx: tx.logs.holding(1, words, before=before, limit=limit)
    )
    return [chunk.seq for chunk in found], older


@pytest.mark.parametrize(
    ("words", "seqs"),
    [
        (["error"], [1, 3]),
        (["ERROR", "npm"], [1, 3]),
        (["straße"], [2, 3]),
        (["50%"], [3, 4]),
        (["a_b"], [3, 4]),
        (["c:\\temp"], [3, 4]),
        (["nothing"], [3]),
    ],
)
async def test_chunks_that_may_hold_words(store: Store, words: list[str], seqs: list[int]) -> None:
    texts = ("npm Error 403\n", "STRASSE Straße\n", "er\x1b[31mror\n", "a_b at 50% of C:\\Temp\n")
    await store.write(lambda tx: say(tx, add(tx), *texts, "500 of axb\n"))
    assert await holding(store, *words) == (seqs, None)


async def test_a_search_goes_back_a_bounded_stretch_at_a_time(store: Store) -> None:
    await store.write(lambda tx: say(tx, add(tx), *"xoxoo"))
    await store.write(lambda tx: say(tx, add(tx), "x"))
    assert await holding(store, "x", limit=2) == ([], 4)
    assert await holding(store, "x", before=4, limit=2) == ([3], 2)
    assert await holding(store, "x", before=2, limit=2) == ([1], None)
    assert await holding(store, "x", before=1, limit=2) == ([], None)


async def test_output_and_the_end_of_a_job_wake_those_who_follow(store: Store) -> None:
    watch = store.watch(Topic.OUTPUT)

    async def woken() -> bool:
        before = watch._woken  # type: ignore[attr-defined]
        await watch.wait(0)
        return bool(before)

    await store.write(lambda tx: add(tx, status=Status.RUNNING))
    assert not await woken()
    await store.write(lambda tx: say(tx, 1, "x"))
    assert await woken()
    await store.write(lambda tx: tx.jobs.save(replace(tx.jobs.load(1), phase="x")))
    assert not await woken()
    await store.write(lambda tx: tx.jobs.save(replace(tx.jobs.load(1), status=Status.FAILED)))
    assert await woken()


async def test_old_output_of_ended_jobs_goes_in_batches(store: Store) -> None:
    def unit(tx: Tx) -> None:
        say(tx, add(tx), *"abc")
        say(tx, add(tx, status=Status.RUNNING), *"de")
        tx.logs.append(1, stream="out", text="new", at=NOON + DAY)

    await store.write(unit)
    removed = [
        await store.write(lambda tx: tx.logs.remove_before(NOON + DAY, limit=2)) for _ in range(3)
    ]
    assert removed == [2, 1, 0]
    left = await store.read(lambda tx: (*tx.logs.last(1, limit=9), *tx.logs.last(2, limit=9)))
    assert [(chunk.seq, chunk.text) for chunk in left] == [(4, "new"), (1, "d"), (2, "e")]


async def test_old_artifacts_of_ended_runs_go_in_batches(store: Store) -> None:
    def unit(tx: Tx) -> None:
        keep(tx, add(tx), *"abc")
        keep(tx, add(tx, status=Status.WAITING), *"bd")

    await store.write(unit)
    until = NOON + timedelta(seconds=1)
    assert await store.write(lambda tx: tx.artifacts.remove_before(NOON, limit=9)) == 0
    removed = [
        await store.write(lambda tx: tx.artifacts.remove_before(until, limit=2)) for _ in range(3)
    ]
    assert removed == [2, 1, 0]
    known = await store.read(lambda tx: tx.artifacts.known(["aaa", "bbb", "ddd"]))
    assert known == {"bbb", "ddd"}


async def test_artifacts_are_found_over_runs_newest_first(store: Store) -> None:
    def unit(tx: Tx) -> None:
        keep(tx, add(tx), "a", "b")
        keep(tx, add(tx, project="tea", status=Status.FAILED, title="Other"), "b", "c")
        keep(tx, add(tx, disposition=Disposition.DELETED), "d")

    await store.write(unit)

    async def names(filter_: Filter, run_id: int | None = None, before: int | None = None) -> str:
        found = await store.read(
            lambda tx: tx.artifacts.find(filter_, run_id=run_id, limit=3, before=before)
        )
        return "".join(artifact.name for artifact in found)

    assert await names(Filter()) == "cbb"
    assert await names(Filter(), before=3) == "ba"
    assert await names(Filter(), run_id=1) == "ba"
    assert await names(Filter(project="tea")) == "cb"
    assert await names(Filter(statuses=frozenset({Status.SUCCEEDED}))) == "ba"
    assert await names(Filter(words="no title")) == "cbb"
    rows = await store.read(lambda tx: tx.artifacts.of_content("bbb"))
    assert [row.run_id for row in rows] == [2, 1]


async def test_the_last_word_on_a_blueprint_counts(store: Store) -> None:
    off = BlueprintState(name="fix", enabled=False, actor=ANA, at=NOON, reason="flaky")
    counted = replace(off, ignored=3)
    other = replace(off, name="a", enabled=True)
    for state in (off, counted, other):
        await store.write(lambda tx, state=state: tx.blueprints.save_state(state))  # type: ignore[misc]
    assert await store.read(lambda tx: tx.blueprints.find_state("fix")) == counted
    assert await store.read(lambda tx: tx.blueprints.find_state("no")) is None
    assert await store.read(lambda tx: tx.blueprints.states()) == {"a": other, "fix": counted}


async def test_what_was_told_of_a_file_is_kept(store: Store) -> None:
    told = ToldFile(file="fix.yaml", sha256="1", broken=True, owner="ana", told_to="ana", changes=1)
    for state in (told, replace(told, broken=False, changes=2)):
        await store.write(lambda tx, state=state: tx.blueprints.save_told_file(state))  # type: ignore[misc]
    kept = await store.read(lambda tx: tx.blueprints.told_files())
    assert kept == {"fix.yaml": replace(told, broken=False, changes=2)}
