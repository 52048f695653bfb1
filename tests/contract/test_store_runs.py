"""Runs, their events, their lists and their counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from bot.domain.actor import CLOCK
from bot.domain.conversation import Conversation
from bot.domain.errors import ConflictError, NotFoundError
from bot.domain.events import EventType, NewEvent, chain
from bot.domain.run import Cost, Run
from bot.domain.selection import Filter
from bot.domain.vocabulary import Disposition, Mode, Profile, Reason, Status
from bot.ports.store import Store, Tx
from tests.contract.rows import ANA, REQUESTED, add_run, run_row
from tests.fakes.clock import NOON, FakeClock

FULL = run_row(
    profile=Profile.AGENT,
    mode=Mode.AUTOPILOT,
    status=Status.FAILED,
    chosen_because="named",
    owner_fallback=True,
    inputs={"count": 3, "ratio": 0.5, "force": True, "text": "ä"},
    branch="b",
    phase="EXECUTING",
    reason_code=Reason.STEP_FAILED,
    reason="npm 403",
    disposition=Disposition.REVIEWED,
    attempt=2,
    attempt_by="bob",
    steerers=("bob", "cy"),
    retry_of=7,
    cost=Cost(input_tokens=5, output_tokens=6, usd=0.25, model="m"),
    pushed_commit="c",
    pr_url="https://example.org/1",
    conversation=Conversation(surface="s", tenant="t", channel="c", thread="9"),
    created_at=datetime(2026, 3, 1, 1, 2, 3, 456789, tzinfo=UTC),
    started_at=NOON,
    ended_at=NOON,
)


@pytest.mark.parametrize("run", [run_row(), FULL])
async def test_every_field_comes_back(store: Store, run: Run) -> None:
    created = await store.write(lambda tx: tx.runs.create(run))
    assert created == replace(run, id=created.id)
    assert await store.read(lambda tx: tx.runs.load(created.id)) == created


async def test_a_new_run_begins_without_history(store: Store) -> None:
    copied = replace(run_row(), id=99, version=4, last_seq=3, head="old")
    created = await store.write(lambda tx: tx.runs.create(copied))
    assert (created.id, created.version, created.last_seq, created.head) == (1, 0, 0, "")


@pytest.mark.parametrize("number", [1, 0, -1, 10**30])
async def test_loading_what_is_not_there(store: Store, number: int) -> None:
    with pytest.raises(NotFoundError, match=f"no run {number};"):
        await store.read(lambda tx: tx.runs.load(number))


async def test_saving_appends_chained_events(store: Store, clock: FakeClock) -> None:
    created = await store.write(add_run)
    later = clock.advance(timedelta(seconds=1))
    started = NewEvent(type=EventType.JOB_STARTED, actor=CLOCK, data={"minutes": (7, 8)})
    changed = replace(created, status=Status.RUNNING, title="New")
    saved, events = await store.write(lambda tx: tx.runs.save(changed, [REQUESTED, started]))
    assert [event.seq for event in events] == [1, 2]
    assert [event.at for event in events] == [later, later]
    assert events[1].hash == chain(events[0].hash, replace(events[1], hash=""))
    assert events[1].data == {"minutes": [7, 8]}
    assert (saved.version, saved.last_seq, saved.head) == (1, 2, events[1].hash)
    assert saved.updated_at == later
    assert await store.read(lambda tx: tx.runs.load(created.id)) == saved
    assert await store.read(lambda tx: tx.runs.events(created.id)) == events
    assert await store.read(lambda tx: tx.runs.events(created.id, after=1)) == events[1:]


async def test_saving_without_events_keeps_the_chain(store: Store) -> None:
    def unit(tx: Tx) -> tuple[Run, Run]:
        first, _ = tx.runs.save(add_run(tx), [REQUESTED])
        second, _ = tx.runs.save(first, [])
        return first, second

    first, second = await store.write(unit)
    assert (second.version, second.last_seq, second.head) == (2, 1, first.head)


async def test_an_older_version_is_refused(store: Store) -> None:
    created = await store.write(add_run)
    await store.write(lambda tx: tx.runs.save(created, [REQUESTED]))
    with pytest.raises(ConflictError):
        await store.write(lambda tx: tx.runs.save(created, [REQUESTED]))
    assert len(await store.read(lambda tx: tx.runs.events(created.id))) == 1


async def test_the_history_that_a_caller_claims_is_not_believed(store: Store) -> None:
    created = await store.write(add_run)
    forged = replace(created, last_seq=40, head="forged")
    _, events = await store.write(lambda tx: tx.runs.save(forged, [REQUESTED]))
    assert events[0].seq == 1
    assert events[0].hash == chain("", replace(events[0], hash=""))


async def test_a_savepoint_undone_leaves_the_run_savable(store: Store) -> None:
    def save_in_vain(tx: Tx, run: Run) -> None:
        with tx.savepoint():
            tx.runs.save(replace(run, title="undone"), [REQUESTED])
            raise LookupError

    def unit(tx: Tx) -> Run:
        run = add_run(tx)
        with pytest.raises(LookupError):
            save_in_vain(tx, run)
        return tx.runs.save(run, [REQUESTED])[0]

    saved = await store.write(unit)
    assert await store.read(lambda tx: tx.runs.load(saved.id)) == saved
    assert [event.seq for event in await store.read(lambda tx: tx.runs.events(saved.id))] == [1]


MANY: tuple[dict[str, Any], ...] = (
    {},
    {"status": Status.RUNNING, "owner": "bob"},
    {"status": Status.FAILED, "reason_code": Reason.NETWORK, "project": "api"},
    {"status": Status.SUCCEEDED, "disposition": Disposition.PR_OPEN, "blueprint": "deploy"},
    {"profile": Profile.FLOW, "title": "Größe 100%_sure", "created_at": NOON + timedelta(days=1)},
    {"disposition": Disposition.DELETED},
    {"status": Status.RUNNING},
)


@pytest.mark.parametrize(
    ("filter_", "ids"),
    [
        (Filter(), [7, 5, 4, 3, 2, 1]),
        (Filter(statuses=frozenset({Status.RUNNING})), [7, 2]),
        (Filter(statuses=frozenset({Status.RUNNING, Status.FAILED})), [7, 3, 2]),
        (Filter(statuses=frozenset(Status)), [7, 5, 4, 3, 2, 1]),
        (Filter(statuses=frozenset(Status), owner="bob"), [2]),
        (Filter(profiles=frozenset({Profile.FLOW})), [5]),
        (Filter(dispositions=frozenset({Disposition.PR_OPEN, Disposition.DELETED})), [4]),
        (Filter(reasons=frozenset({Reason.NETWORK})), [3]),
        (Filter(owner="bob"), [2]),
        (Filter(project="api"), [3]),
        (Filter(blueprint="deploy"), [4]),
        (Filter(words="gRÖSSE"), [5]),
        (Filter(words="ROUNDING fix"), [7, 4, 3, 2, 1]),
        (Filter(words="100%_"), [5]),
        (Filter(words="%"), [5]),
        (Filter(words="_"), [5]),
        (Filter(words="/"), []),
        (Filter(since=NOON + timedelta(seconds=1)), [5]),
        (Filter(until=NOON + timedelta(days=1)), [7, 4, 3, 2, 1]),
        (Filter(issue="ENG-142"), []),
    ],
)
async def test_filters(store: Store, filter_: Filter, ids: list[int]) -> None:
    await store.write(lambda tx: [add_run(tx, **changes) for changes in MANY])
    found = await store.read(lambda tx: tx.runs.find(filter_, limit=10))
    assert [run.id for run in found] == ids


LIVE = Filter(statuses=frozenset({Status.RUNNING, Status.QUEUED}))


@pytest.mark.parametrize(
    ("filter_", "pages"), [(Filter(), [[7, 5], [4, 3], [2, 1], []]), (LIVE, [[7, 5], [2, 1], []])]
)
async def test_pages_follow_each_other(
    store: Store, filter_: Filter, pages: list[list[int]]
) -> None:
    def page(before: int | None, tx: Tx) -> list[int]:
        return [run.id for run in tx.runs.find(filter_, limit=2, before=before)]

    await store.write(lambda tx: [add_run(tx, **changes) for changes in MANY])
    ends = [None, *(page[-1] for page in pages if page)]
    assert [await store.read(partial(page, end)) for end in ends] == pages


async def test_finding_by_title(store: Store) -> None:
    await store.write(lambda tx: [add_run(tx, **changes) for changes in MANY])
    found = await store.read(lambda tx: tx.runs.find_titled("checkout ROUND", limit=2))
    assert [run.id for run in found] == [7, 4]


async def test_counts_follow_every_change(store: Store) -> None:
    async def counts() -> dict[tuple[Profile, Status], int]:
        return dict(await store.read(lambda tx: tx.runs.stats()))

    first = await store.write(add_run)
    second = await store.write(lambda tx: add_run(tx, profile=Profile.FLOW))
    await store.write(lambda tx: add_run(tx, disposition=Disposition.DELETED))
    both = {(Profile.POD, Status.QUEUED): 1, (Profile.FLOW, Status.QUEUED): 1}
    assert await counts() == both

    failed = replace(first, status=Status.FAILED)
    saved, _ = await store.write(lambda tx: tx.runs.save(failed, []))
    await store.write(lambda tx: tx.runs.save(second, []))
    after = {(Profile.POD, Status.FAILED): 1, (Profile.FLOW, Status.QUEUED): 1}
    assert await counts() == after

    await store.write(lambda tx: tx.runs.fold_stats())
    assert await counts() == after

    gone = replace(saved, disposition=Disposition.DELETED)
    await store.write(lambda tx: tx.runs.save(gone, []))
    await store.write(lambda tx: tx.runs.fold_stats())
    assert await counts() == {(Profile.FLOW, Status.QUEUED): 1}


async def test_a_conflict_counts_nothing(store: Store) -> None:
    created = await store.write(add_run)
    stale = replace(created, version=5, status=Status.FAILED)
    with pytest.raises(ConflictError):
        await store.write(lambda tx: tx.runs.save(stale, []))
    assert await store.read(lambda tx: dict(tx.runs.stats())) == {(Profile.POD, Status.QUEUED): 1}


async def test_the_actor_of_an_event_comes_back(store: Store) -> None:
    saved = await store.write(lambda tx: tx.runs.save(add_run(tx), [REQUESTED])[0])
    (event,) = await store.read(lambda tx: tx.runs.events(saved.id))
    assert event.actor == ANA
