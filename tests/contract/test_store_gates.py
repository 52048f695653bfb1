"""Gates and their decisions."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy.exc import IntegrityError

from bot.domain.actor import person
from bot.domain.blueprint import OnExpiry
from bot.domain.errors import NotFoundError
from bot.domain.gate import Choice, Decision, Gate, GateKind, GateState
from bot.domain.plan import Plan
from bot.ports.store import Store, Tx
from tests.contract.rows import ANA, add_job, gate_row
from tests.fakes.clock import NOON

PLAN = Plan(summary="s", base="b", files=("a.py", "src/**"), budget={"usd": 2.0})


def add_gate(tx: Tx, **changes: object) -> Gate:
    return tx.gates.create(gate_row(add_job(tx), **changes))


def save(gate: Gate, tx: Tx) -> None:
    tx.gates.save(gate)


async def test_every_field_comes_back(store: Store) -> None:
    plain = await store.write(add_gate)
    full = await store.write(
        lambda tx: add_gate(
            tx,
            kind=GateKind.QUESTION,
            cause="always",
            plan=PLAN,
            outside=("x", "y"),
            quorum=2,
            four_eyes=False,
            on_expiry=OnExpiry.CANCEL,
            state=GateState.EXPIRED,
            decided_at=NOON,
            decisions=(Decision(actor=ANA, choice=Choice.APPROVE, at=NOON, note="n"),),
        )
    )
    assert await store.read(lambda tx: tx.gates.load(plain.id)) == plain
    assert await store.read(lambda tx: tx.gates.load(full.id)) == full


async def test_decisions_are_added_one_by_one(store: Store) -> None:
    gate = await store.write(add_gate)
    approved = gate
    for name in ("ana", "bob", "cy"):
        said = Decision(actor=person(name, "web"), choice=Choice.APPROVE, at=NOON)
        approved = replace(approved, decisions=(*approved.decisions, said))
        await store.write(partial(save, approved))
    closed = replace(approved, state=GateState.SATISFIED, decided_at=NOON)
    await store.write(lambda tx: tx.gates.save(closed))
    assert await store.read(lambda tx: tx.gates.load(gate.id)) == closed


async def test_nobody_decides_twice(store: Store) -> None:
    gate = await store.write(add_gate)
    said = Decision(actor=ANA, choice=Choice.APPROVE, at=NOON)
    twice = replace(gate, decisions=(said, said))
    with pytest.raises(IntegrityError):
        await store.write(lambda tx: tx.gates.save(twice))
    assert await store.read(lambda tx: tx.gates.load(gate.id)) == gate


async def test_gates_of_a_run(store: Store) -> None:
    said = Decision(actor=ANA, choice=Choice.DENY, at=NOON)

    def unit(tx: Tx) -> tuple[Gate, ...]:
        job = add_job(tx)
        add_gate(tx)
        first = tx.gates.create(gate_row(job, decisions=(said,)))
        return first, tx.gates.create(gate_row(job))

    gates = await store.write(unit)
    assert await store.read(lambda tx: tx.gates.of_run(gates[0].run_id)) == gates
    assert await store.read(lambda tx: tx.gates.of_run(99)) == ()


async def test_open_gates_past_their_deadline(store: Store) -> None:
    def unit(tx: Tx) -> list[Gate]:
        return [
            add_gate(tx),
            add_gate(tx, expires_at=NOON),
            add_gate(tx, expires_at=NOON, state=GateState.VOID),
        ]

    later, sooner, _ = await store.write(unit)
    assert await store.read(lambda tx: tx.gates.expired(NOON - timedelta(microseconds=1))) == ()
    assert await store.read(lambda tx: tx.gates.expired(NOON)) == (sooner,)
    assert await store.read(lambda tx: tx.gates.expired(later.expires_at)) == (sooner, later)


async def test_gates_that_are_not_there(store: Store) -> None:
    job = await store.write(add_job)
    with pytest.raises(NotFoundError):
        await store.read(lambda tx: tx.gates.load(1))
    with pytest.raises(NotFoundError):
        await store.write(lambda tx: tx.gates.save(gate_row(job, id=1)))
