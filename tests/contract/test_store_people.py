"""Identities and codes, effects, exports, and what a sight leaves of the runs."""

from datetime import timedelta

import pytest

from bot.domain.effect import EffectKind, EffectState
from bot.domain.errors import ConflictError, NotFoundError
from bot.domain.export import ExportFile
from bot.domain.person import REQUEST_LIFE, Account, Identity, LinkRequest
from bot.domain.run import Run
from bot.domain.selection import Filter
from bot.domain.sight import Sight
from bot.domain.vocabulary import Status
from bot.ports.store import Store, Tx
from tests.contract.rows import ANA, add_run, gate_row, job_row
from tests.fakes.clock import NOON, FakeClock

ACCOUNT = Account(surface="slack", tenant="T1", external_id="U1")
SIGHT = Sight(hidden=frozenset({"payroll", "vault"}))


def identity(whose: str, clock: FakeClock) -> Identity:
    return Identity(account=ACCOUNT, person=whose, verified_at=clock.now())


async def test_an_account_is_one_persons(store: Store, clock: FakeClock) -> None:
    assert await store.read(lambda tx: tx.identities.find(ACCOUNT)) is None
    first = identity("ana", clock)
    await store.write(lambda tx: tx.identities.keep(first))
    clock.advance(timedelta(minutes=1))
    await store.write(lambda tx: tx.identities.keep(identity("ana", clock)))
    assert await store.read(lambda tx: tx.identities.find(ACCOUNT)) == first
    other = identity("ben", clock)
    await store.write(lambda tx: tx.identities.keep(other))
    assert await store.read(lambda tx: tx.identities.of("ana")) == ()
    assert await store.read(lambda tx: tx.identities.of("ben")) == (other,)


async def test_a_code_is_taken_once_and_in_time(store: Store, clock: FakeClock) -> None:
    end = NOON + timedelta(minutes=10)

    def give(tx: Tx) -> None:
        for code in ("one", "two"):
            tx.identities.keep_code(code, "ana", expires_at=end)

    await store.write(give)
    assert await store.write(lambda tx: tx.identities.take_code("one")) == "ana"
    assert await store.write(lambda tx: tx.identities.take_code("one")) is None
    clock.advance(timedelta(minutes=10))
    assert await store.write(lambda tx: tx.identities.take_code("two")) is None


async def test_effects_wait_until_they_are_settled(store: Store, clock: FakeClock) -> None:
    def ask(tx: Tx, seconds: int) -> Run:
        run = add_run(tx)
        due = tx.now() + timedelta(seconds=seconds)
        tx.effects.add(EffectKind.DELETE, subject=run.key, run_id=run.id, actor=ANA, due_at=due)
        return run

    late = await store.write(lambda tx: ask(tx, 10))
    soon = await store.write(lambda tx: ask(tx, 5))
    pending = await store.read(lambda tx: tx.effects.pending(limit=9))
    assert [effect.run_id for effect in pending] == [soon.id, late.id]
    assert pending == await store.read(lambda tx: tx.effects.pending_by("ana"))
    assert await store.read(lambda tx: tx.effects.pending_by("ben")) == ()
    assert await store.read(lambda tx: tx.effects.pending(limit=1)) == pending[:1]
    assert await store.read(lambda tx: tx.effects.pending_of(late.id)) == pending[1]
    due = await store.read(lambda tx: tx.effects.due(NOON + timedelta(seconds=5)))
    assert due == pending[:1]
    settle = pending[0].id
    await store.write(lambda tx: tx.effects.settle(settle, EffectState.DONE, by="clock"))
    with pytest.raises(ConflictError):
        await store.write(lambda tx: tx.effects.settle(settle, EffectState.UNDONE, by="ana"))
    assert await store.read(lambda tx: tx.effects.pending_of(soon.id)) is None
    assert clock.now() == pending[0].asked_at


async def test_a_file_is_found_by_whom_it_was_made_for(store: Store) -> None:
    file = ExportFile(name="R-1.json", size=3, sha256="a" * 64)
    for _ in range(2):
        await store.write(lambda tx: tx.exports.add("ana", file))
    assert await store.read(lambda tx: tx.exports.find("ana", "a" * 64)) == file
    assert await store.read(lambda tx: tx.exports.find("ben", "a" * 64)) is None


async def test_what_is_not_seen_is_not_there(store: Store) -> None:
    def unit(tx: Tx) -> None:
        for project in ("shop", "payroll"):
            run = add_run(tx, project=project)
            job = tx.jobs.create(job_row(run.id))
            tx.gates.create(gate_row(job))

    await store.write(unit)

    def look(tx: Tx) -> None:
        seen = tx.seeing(SIGHT)
        assert [run.id for run in seen.runs.find(Filter(), limit=9)] == [1]
        assert [run.id for run in tx.runs.find(Filter(), limit=9)] == [2, 1]
        both = Filter(statuses=frozenset({Status.QUEUED, Status.RUNNING}))
        assert [run.id for run in seen.runs.find(both, limit=9)] == [1]
        assert sum(seen.runs.stats().values()) == 1
        assert (seen.runs.load(1).id, seen.gates.load(1).id) == (1, 1)
        for missing in (lambda: seen.runs.load(2), lambda: seen.gates.load(2)):
            with pytest.raises(NotFoundError, match="2; it may have been deleted"):
                missing()
        nothing = tx.seeing(Sight(nothing=True))
        assert nothing.runs.find(Filter(), limit=9) == ()
        assert nothing.runs.stats() == {}

    await store.read(look)


async def test_every_run_is_paged_in_order(store: Store) -> None:
    for _ in range(3):
        await store.write(add_run)

    def pages(tx: Tx) -> list[list[int]]:
        return [[run.id for run in tx.runs.page(after=after, limit=2)] for after in (0, 2, 3)]

    assert await store.read(pages) == [[1, 2], [3], []]


async def test_a_request_to_be_linked_is_taken_once_and_grows_old(
    store: Store, clock: FakeClock
) -> None:
    def ask(person: str) -> LinkRequest:
        return LinkRequest(account=ACCOUNT, person=person, asked_at=clock.now())

    first, second = ask("ana"), ask("ben")
    await store.write(lambda tx: tx.identities.ask(first))
    await store.write(lambda tx: tx.identities.ask(second))
    assert await store.read(lambda tx: tx.identities.asked(limit=5)) == (second,)
    assert await store.write(lambda tx: tx.identities.take_request(ACCOUNT)) == second
    assert await store.write(lambda tx: tx.identities.take_request(ACCOUNT)) is None
    await store.write(lambda tx: tx.identities.ask(first))
    clock.advance(REQUEST_LIFE)
    assert await store.read(lambda tx: tx.identities.asked(limit=5)) == ()
    assert await store.write(lambda tx: tx.identities.take_request(ACCOUNT)) is None
