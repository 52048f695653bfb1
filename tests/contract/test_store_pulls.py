"""Pull requests and webhook deliveries as they are kept."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from bot.domain.commit_check import CommitCheck
from bot.domain.errors import NotFoundError
from bot.domain.pull_request import PullRequest, PullState
from bot.ports.store import Store, Tx
from tests.contract.rows import add_run
from tests.fakes.clock import NOON


def pull_row(tx: Tx, **changes: object) -> PullRequest:
    row = PullRequest(
        id=0,
        run_id=add_run(tx).id,
        surface="github",
        repository="Acme/shop",
        branch="b",
        commit="c",
        wanted_at=NOON,
        due_at=NOON,
    )
    return tx.pull_requests.create(replace(row, **changes))  # type: ignore[arg-type]  # of any field


async def test_what_is_stored_is_found(store: Store) -> None:
    kept = await store.write(pull_row)
    assert await store.read(lambda tx: tx.pull_requests.find(kept.run_id)) == kept
    changed = replace(kept, state=PullState.CLOSED, number=7, closed_at=NOON, due_at=None)
    await store.write(lambda tx: tx.pull_requests.save(changed))
    assert await store.read(lambda tx: tx.pull_requests.find(kept.run_id)) == changed
    assert await store.read(lambda tx: tx.pull_requests.find(99)) is None
    missing = replace(kept, id=99)
    with pytest.raises(NotFoundError):
        await store.write(lambda tx: tx.pull_requests.save(missing))


async def test_the_longest_due_come_first(store: Store) -> None:
    def fill(tx: Tx) -> None:
        for minutes in (5, -1, -9, 0):
            pull_row(tx, due_at=NOON + timedelta(minutes=minutes))
        pull_row(tx, due_at=None)

    await store.write(fill)
    due = await store.read(lambda tx: tx.pull_requests.due(NOON, limit=9))
    assert [pull.run_id for pull in due] == [3, 2, 4]
    assert len(await store.read(lambda tx: tx.pull_requests.due(NOON, limit=1))) == 1


def _look(surface: str, name: str, number: int, tx: Tx) -> bool:
    return tx.pull_requests.look(surface, name, number)


async def test_a_look_is_asked_for_by_what_the_host_says(store: Store) -> None:
    later = NOON + timedelta(days=1)
    kept = await store.write(lambda tx: pull_row(tx, number=7, due_at=later))
    waiting = await store.write(lambda tx: pull_row(tx, due_at=later))

    for surface, name, number, known in (
        ("github", "acme/SHOP", 7, True),
        ("github", "acme/shop", 8, False),
        ("github", "x/y", 7, False),
        ("other", "acme/shop", 7, False),
    ):
        look = partial(_look, surface, name, number)
        assert await store.write(look) is known
    due = await store.read(lambda tx: tx.pull_requests.due(NOON, limit=9))
    assert [pull.run_id for pull in due] == [kept.run_id]
    await store.write(lambda tx: tx.pull_requests.look_at_all())
    due = await store.read(lambda tx: tx.pull_requests.due(NOON, limit=9))
    assert waiting.run_id not in [pull.run_id for pull in due]


def check_row(tx: Tx, run_id: int, **changes: object) -> CommitCheck:
    row = CommitCheck(
        id=0,
        run_id=run_id,
        surface="github",
        repository="acme/shop",
        commit="c",
        attempt=1,
        due_at=NOON,
    )
    tx.commit_checks.follow(replace(row, **changes))  # type: ignore[arg-type]  # of any field
    return tx.commit_checks.due(NOON + timedelta(days=9), limit=99)[-1]


async def test_a_commit_is_followed_once_a_run(store: Store) -> None:
    run_id = (await store.write(pull_row)).run_id
    first = await store.write(lambda tx: check_row(tx, run_id))
    told = replace(first, ref="7", told="queued", told_at=NOON, failures=2, due_at=None)
    await store.write(lambda tx: tx.commit_checks.save(told))
    assert await store.read(lambda tx: tx.commit_checks.find(first.id)) == told
    assert await store.read(lambda tx: tx.commit_checks.due(NOON, limit=9)) == ()
    again = await store.write(lambda tx: check_row(tx, run_id, attempt=2))
    assert again == replace(told, attempt=2, due_at=NOON)
    missing = replace(told, id=99)
    with pytest.raises(NotFoundError):
        await store.write(lambda tx: tx.commit_checks.save(missing))


async def test_a_changed_run_lets_its_commit_be_looked_at(store: Store) -> None:
    run_id = (await store.write(pull_row)).run_id
    later = NOON + timedelta(hours=1)
    for commit in ("c", "d"):
        await store.write(partial(check_row, run_id=run_id, commit=commit, due_at=later))
    await store.write(lambda tx: tx.commit_checks.look(run_id, "d"))
    due = await store.read(lambda tx: tx.commit_checks.due(NOON, limit=9))
    assert [check.commit for check in due] == ["d"]
    await store.write(lambda tx: tx.runs.purge(run_id))
    assert await store.read(lambda tx: tx.commit_checks.due(later, limit=9)) == ()


async def test_a_delivery_is_taken_once_until_it_is_forgotten(store: Store) -> None:
    def take(tx: Tx) -> bool:
        return tx.deliveries.take("github:1")

    assert [await store.write(take) for _ in range(2)] == [True, False]
    await store.write(lambda tx: tx.deliveries.forget_before(NOON))
    assert not await store.write(take)
    await store.write(lambda tx: tx.deliveries.forget_before(NOON + timedelta(seconds=1)))
    assert await store.write(take)


async def test_a_purged_run_takes_its_pull_request_along(store: Store) -> None:
    kept = await store.write(pull_row)
    await store.write(lambda tx: tx.runs.purge(kept.run_id))
    assert await store.read(lambda tx: tx.pull_requests.find(kept.run_id)) is None
