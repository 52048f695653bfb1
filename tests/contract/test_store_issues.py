"""Issues as they were read, the threads that runs are told in, and one live run per key."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from functools import partial

from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.issue import IssueAttachment, IssueComment
from bot.domain.posting import CARD
from bot.domain.selection import Filter
from bot.domain.vocabulary import Disposition, Status
from bot.ports.issue_store import KeptIssue
from bot.ports.store import Store, Tx
from tests.contract.rows import add_run, run_row
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.tracker import ENG_142

FULL = replace(
    ENG_142,
    labels=("Bug", "ä"),
    assignee="u1",
    assignee_email="ana@x.example",
    project="Shop",
    comments=(IssueComment(by="ana", text="\x00 “so”", at="2026-11-20"),),
    attachments=(IssueAttachment(title="page", url="https://x.example"),),
)
THREAD = Conversation(surface="slack", tenant="T1", channel="C1", thread="7.7")


async def find(store: Store, name: str) -> KeptIssue | None:
    return await store.read(lambda tx: tx.issues.find(name))


async def test_an_issue_comes_back_by_key_and_id(store: Store) -> None:
    await store.write(lambda tx: tx.issues.keep(FULL))
    kept = KeptIssue(issue=FULL, read_at=NOON)
    for name in ("ENG-142", "eng-142", FULL.id):
        assert await find(store, name) == kept
    assert await find(store, "ENG-1") is None


async def test_what_was_read_last_counts(store: Store, clock: FakeClock) -> None:
    await store.write(lambda tx: tx.issues.keep(FULL))
    clock.advance(timedelta(minutes=1))
    moved = replace(FULL, key="OPS-7")
    await store.write(lambda tx: tx.issues.keep(moved))
    assert await find(store, "ENG-142") is None
    found = await find(store, "ops-7")
    assert found == KeptIssue(issue=moved, read_at=NOON + timedelta(minutes=1))
    clock.advance(timedelta(minutes=1))
    twin = replace(FULL, tenant="other", key="OPS-7")
    await store.write(lambda tx: tx.issues.keep(twin))
    latest = await find(store, "OPS-7")
    assert latest is not None
    assert latest.issue == twin
    assert await store.read(lambda tx: tx.issues.recent(limit=5)) == (twin, moved)
    assert await store.read(lambda tx: tx.issues.recent(limit=1)) == (twin,)


async def test_issues_are_forgotten_after_a_month(store: Store, clock: FakeClock) -> None:
    await store.write(lambda tx: tx.issues.keep(FULL))
    clock.advance(timedelta(days=31))
    await store.write(lambda tx: tx.issues.keep(replace(FULL, id="2", key="ENG-2")))
    assert await find(store, "ENG-142") is None
    assert await find(store, "ENG-2") is not None


async def test_a_run_keeps_its_issue_and_mirrors(store: Store) -> None:
    run = run_row(issue=FULL, mirrors=(FULL.conversation, THREAD), dedupe_key=FULL.dedupe_key)
    created = await store.write(lambda tx: tx.runs.create(run))
    assert await store.read(lambda tx: tx.runs.load(1)) == created == replace(run, id=1)
    found = await store.read(lambda tx: tx.runs.find(Filter(issue="eng-142"), limit=5))
    assert found == (created,)


async def test_only_a_live_run_holds_its_key(store: Store) -> None:
    live = run_row(dedupe_key="issue:1")
    await store.write(lambda tx: tx.runs.create(replace(live, status=Status.FAILED)))
    assert await store.read(lambda tx: tx.runs.find_live("issue:1")) is None
    await store.write(lambda tx: tx.runs.create(live))
    assert await store.read(lambda tx: tx.runs.find_live("issue:1")) == 2
    assert await store.read(lambda tx: tx.runs.find_live("issue:2")) is None


async def test_of_many_at_once_one_gets_the_key(store: Store) -> None:
    def unit(number: int, tx: Tx) -> tuple[int, bool]:
        live = tx.runs.find_live("issue:1")
        if live is not None:
            return live, False
        title = f"Run {number}"
        return tx.runs.create(run_row(title=title, dedupe_key="issue:1")).id, True

    answers = await asyncio.gather(*(store.write(partial(unit, number)) for number in range(8)))
    assert len({run for run, _ in answers}) == 1
    assert sum(fresh for _, fresh in answers) == 1


async def test_a_deleted_run_takes_its_issue_along(store: Store) -> None:
    def unit(tx: Tx) -> None:
        tx.issues.keep(FULL)
        tx.issues.keep(replace(FULL, id="2", key="ENG-2"))
        gone = {"status": Status.FAILED, "disposition": Disposition.DELETED}
        tx.runs.create(run_row(issue=replace(FULL, key="eng-142"), **gone))
        tx.runs.purge(1)

    await store.write(unit)
    assert await find(store, "ENG-142") is None
    assert await find(store, "ENG-2") is not None


async def test_a_thread_means_the_newest_run_that_is_told_in_it(store: Store) -> None:
    def unit(tx: Tx) -> None:
        for number in (1, 2, 3):
            add_run(tx)
            tx.postings.want(number, CONSOLE if number == 3 else THREAD, CARD)
        tx.postings.want(3, replace(THREAD, thread="8.8"), "gate:1")

    await store.write(unit)
    ask = partial(_find_run, store)
    assert await ask(THREAD) == 2
    assert await ask(replace(THREAD, thread="8.8")) is None
    assert await ask(replace(THREAD, channel="C2")) is None
    assert await ask(THREAD.root) is None


async def test_the_card_at_a_threads_root_comes_first(store: Store) -> None:
    def unit(tx: Tx) -> None:
        for number, place in ((1, THREAD.root), (2, THREAD)):
            add_run(tx)
            tx.postings.want(number, place, CARD)
        root = tx.postings.find(1, THREAD.root, CARD)
        assert root is not None
        tx.postings.save(replace(root, told=1, message_id="7.7"))

    await store.write(unit)
    assert await _find_run(store, THREAD) == 1


async def _find_run(store: Store, place: Conversation) -> int | None:
    return await store.read(lambda tx: tx.postings.find_run(place))
