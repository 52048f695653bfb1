"""Postings: what is due, in which order, and what became of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.errors import NotFoundError
from bot.domain.posting import CARD, Posting
from bot.ports.store import Store, Tx
from tests.contract.rows import add_run
from tests.fakes.clock import NOON, FakeClock

SLACK = Conversation(surface="slack", tenant="T1", channel="C1")
SECOND = timedelta(seconds=1)


async def due(store: Store, *, late: timedelta = timedelta(0), limit: int = 10) -> list[Posting]:
    return list(await store.read(lambda tx: tx.postings.due(NOON + late, limit=limit)))


async def told(store: Store, posting: Posting) -> None:
    await store.write(lambda tx: tx.postings.save(replace(posting, told=posting.wanted)))


async def want(store: Store, *subjects: str, run: int = 1, where: Conversation = CONSOLE) -> None:
    def unit(tx: Tx) -> None:
        for subject in subjects:
            tx.postings.want(run, where, subject)

    await store.write(unit)


@pytest.fixture(autouse=True)
async def _two_runs(store: Store) -> None:
    await store.write(lambda tx: (add_run(tx), add_run(tx)))


async def test_a_wanted_subject_is_due_at_once(store: Store) -> None:
    await want(store, CARD)
    expected = Posting(id=1, run_id=1, conversation=CONSOLE, subject=CARD, due_at=NOON)
    assert await due(store) == [expected]
    assert await store.read(lambda tx: tx.postings.find(1, CONSOLE, CARD)) == expected
    assert await store.read(lambda tx: tx.postings.find(1, CONSOLE, "gate:1")) is None
    assert await store.read(lambda tx: tx.postings.find(1, SLACK, CARD)) is None


async def test_what_was_told_is_due_no_more_until_wanted_again(
    store: Store, clock: FakeClock
) -> None:
    await want(store, CARD)
    (posting,) = await due(store)
    receipt = replace(posting, told=1, attempts=2, message_id="m1", fingerprint="f")
    await store.write(lambda tx: tx.postings.save(receipt))
    assert await due(store) == []
    clock.advance(SECOND)
    await want(store, CARD)
    assert await due(store) == []
    assert await due(store, late=SECOND) == [replace(receipt, wanted=2, due_at=NOON + SECOND)]


async def test_wanting_again_keeps_the_back_off(store: Store, clock: FakeClock) -> None:
    await want(store, CARD)
    (posting,) = await due(store)
    backing_off = replace(posting, attempts=1, due_at=NOON + 60 * SECOND)
    await store.write(lambda tx: tx.postings.save(backing_off))
    clock.advance(SECOND)
    await want(store, CARD)
    assert await due(store, late=59 * SECOND) == []
    assert await due(store, late=60 * SECOND) == [replace(backing_off, wanted=2)]


async def test_saving_never_takes_back_what_is_wanted(store: Store) -> None:
    await want(store, CARD)
    (seen,) = await due(store)
    await want(store, CARD)
    await told(store, seen)
    (again,) = await due(store)
    assert (again.wanted, again.told) == (2, 1)


async def test_one_after_the_other_in_a_conversation(store: Store) -> None:
    await want(store, CARD, "event:1", "event:2")
    for subject in (CARD, "event:1", "event:2"):
        (posting,) = await due(store)
        assert posting.subject == subject
        await told(store, posting)
    assert await due(store) == []


async def test_the_thread_of_a_channel_waits_for_the_channel(store: Store) -> None:
    await want(store, CARD, where=SLACK)
    await want(store, "event:1", where=replace(SLACK, thread="m1"))
    assert [posting.subject for posting in await due(store)] == [CARD]


async def test_the_first_keeps_the_rest_waiting_but_no_other_run_or_channel(store: Store) -> None:
    await want(store, CARD, "event:1")
    (posting,) = await due(store)
    await store.write(lambda tx: tx.postings.save(replace(posting, due_at=NOON + 60 * SECOND)))
    await want(store, CARD, run=2)
    await want(store, CARD, where=SLACK)
    found = [(posting.run_id, posting.conversation) for posting in await due(store)]
    assert found == [(2, CONSOLE), (1, SLACK)]


async def test_what_was_given_up_blocks_nothing(store: Store) -> None:
    await want(store, CARD, "event:1")
    (posting,) = await due(store)
    await store.write(lambda tx: tx.postings.save(replace(posting, given_up="no such channel")))
    assert [posting.subject for posting in await due(store)] == ["event:1"]


async def test_no_more_than_asked_for(store: Store) -> None:
    await want(store, CARD)
    await want(store, CARD, run=2)
    assert [posting.run_id for posting in await due(store, limit=1)] == [1]


async def test_the_run_of_a_thread(store: Store) -> None:
    thread = replace(SLACK, thread="m1")

    async def found(conversation: Conversation) -> int | None:
        return await store.read(lambda tx: tx.postings.find_run(conversation))

    await want(store, CARD, "event:1", run=2, where=SLACK)
    card = await store.read(lambda tx: tx.postings.find(2, SLACK, CARD))
    note = await store.read(lambda tx: tx.postings.find(2, SLACK, "event:1"))
    assert card is not None
    assert note is not None
    await store.write(lambda tx: tx.postings.save(replace(card, message_id="m1")))
    await store.write(lambda tx: tx.postings.save(replace(note, message_id="m2")))
    assert await found(thread) == 2
    assert await found(SLACK) is None
    assert await found(replace(thread, thread="m2")) is None
    assert await found(replace(thread, channel="C2")) is None


async def test_postings_that_are_not_there(store: Store) -> None:
    await want(store, CARD)
    (posting,) = await due(store)
    with pytest.raises(NotFoundError):
        await store.write(lambda tx: tx.postings.save(replace(posting, id=99)))


async def order(store: Store) -> list[tuple[int, str]]:
    return [(posting.run_id, posting.subject) for posting in await due(store)]


async def test_a_told_card_waits_for_the_rest_of_its_run_unless_it_is_urgent(store: Store) -> None:
    await want(store, CARD)
    (card,) = await due(store)
    receipt = replace(card, told=1, message_id="m1")
    await store.write(lambda tx: tx.postings.save(receipt))
    await want(store, CARD, "event:1")
    assert await order(store) == [(1, "event:1")]
    await store.write(lambda tx: tx.postings.want(1, CONSOLE, CARD, urgency=1))
    assert await order(store) == [(1, CARD)]
    (urgent,) = await due(store)
    assert urgent.urgency == 1
    await told(store, urgent)
    found = await store.read(lambda tx: tx.postings.find(1, CONSOLE, CARD))
    assert found is not None
    assert found.urgency == 0, "what is told is urgent no more"


async def test_what_is_urgent_is_told_before_other_runs_and_edits_come_last(
    store: Store, clock: FakeClock
) -> None:
    await store.write(lambda tx: (add_run(tx), add_run(tx)))
    await want(store, CARD)
    (card,) = await due(store)
    receipt = replace(card, told=1, message_id="m1")
    await store.write(lambda tx: tx.postings.save(receipt))
    await want(store, CARD)
    clock.advance(SECOND)
    await want(store, CARD, run=2)
    await want(store, CARD, run=3)
    await store.write(lambda tx: tx.postings.want(3, CONSOLE, "gate:1", urgency=1))
    later = [posting.run_id for posting in await due(store, late=SECOND)]
    assert later == [3, 2, 1]


async def test_an_urgent_wish_is_not_taken_back_by_a_later_one(store: Store) -> None:
    await store.write(lambda tx: tx.postings.want(1, CONSOLE, "gate:1", urgency=1))
    await want(store, "gate:1")
    (posting,) = await due(store)
    assert (posting.urgency, posting.wanted) == (1, 2)
    seen_before = replace(posting, told=1)
    await store.write(lambda tx: tx.postings.save(seen_before))
    (again,) = await due(store)
    assert again.urgency == 1, "the newer state is still to be told"


async def test_that_a_telling_was_begun_is_kept(store: Store) -> None:
    await want(store, CARD)
    (posting,) = await due(store)
    await store.write(lambda tx: tx.postings.save(replace(posting, started_at=NOON)))
    (begun,) = await due(store)
    assert begun.started_at == NOON
