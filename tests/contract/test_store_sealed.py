"""Sealed answers: a gate's own, erased for good; and open gates with their reminders."""

from datetime import timedelta

import pytest

from bot.domain.blueprint import OnExpiry
from bot.domain.errors import NotFoundError
from bot.domain.form import FieldType, Form, FormField
from bot.domain.gate import Gate, GateKind, GateState
from bot.ports.store import Store, Tx
from tests.contract.rows import add_job, gate_row
from tests.fakes.clock import NOON

FORM = Form(
    prompt="Which?",
    fields=(
        FormField(name="n", label="N", type=FieldType.NUMBER, default=3, min=1.0),
        FormField(name="s", label="S", type=FieldType.SECRET, max_length=9),
    ),
    deadline=timedelta(hours=1),
    on_expiry=OnExpiry.DEFAULT,
)


def add_gate(tx: Tx, **changes: object) -> Gate:
    return tx.gates.create(gate_row(add_job(tx), **changes))


async def test_a_question_comes_back_whole(store: Store) -> None:
    gate = await store.write(
        lambda tx: add_gate(
            tx,
            kind=GateKind.QUESTION,
            form=FORM,
            answers={"n": 3, "many": ["a"], "s": "••••"},
            sealed={"s": 4},
            remind_at=NOON,
            reminded=1,
        )
    )
    assert await store.read(lambda tx: tx.gates.load(gate.id)) == gate


async def test_sealed_values_are_their_gates_own_until_erased(store: Store) -> None:
    def keep(tx: Tx) -> tuple[int, int, list[int]]:
        one, other = add_gate(tx), add_gate(tx)
        return one.id, other.id, [tx.sealed.keep(one.id, f"sealed {n}") for n in range(3)]

    one, other, (first, second, third) = await store.write(keep)
    assert await store.read(lambda tx: tx.sealed.load(one, second)) == "sealed 1"
    with pytest.raises(NotFoundError):
        await store.read(lambda tx: tx.sealed.load(other, second))
    await store.write(lambda tx: tx.sealed.erase(other, first))
    await store.write(lambda tx: tx.sealed.erase(one, first))
    await store.write(lambda tx: tx.sealed.erase_all(one, but=(third,)))
    assert await store.read(lambda tx: tx.sealed.load(one, third)) == "sealed 2"
    with pytest.raises(NotFoundError, match="erased"):
        await store.read(lambda tx: tx.sealed.load(one, second))
    await store.write(lambda tx: tx.sealed.erase_all(one))
    assert await store.write(lambda tx: tx.sealed.keep(one, "new")) > third


async def test_open_gates_by_deadline_and_by_reminder(store: Store) -> None:
    def unit(tx: Tx) -> list[Gate]:
        return [
            add_gate(tx, expires_at=NOON + timedelta(hours=2), remind_at=NOON),
            add_gate(tx, expires_at=NOON + timedelta(hours=1)),
            add_gate(tx, remind_at=NOON, state=GateState.EXPIRED),
        ]

    later, sooner, _ = await store.write(unit)
    assert await store.read(lambda tx: tx.gates.open(limit=9)) == (sooner, later)
    assert await store.read(lambda tx: tx.gates.open(limit=1)) == (sooner,)
    assert await store.read(lambda tx: tx.gates.to_remind(NOON)) == (later,)
    assert await store.read(lambda tx: tx.gates.to_remind(NOON - timedelta(seconds=1))) == ()
