"""Sealing: secret answers are stored sealed, delivered to the program once, then erased."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.form import HIDDEN
from bot.domain.gate import Gate, GateState
from bot.domain.job import Job
from bot.domain.order import OrderKind
from bot.domain.vocabulary import Status
from bot.ports.store import Tx
from bot.ports.vault import Vault

_MARK = "sealed"


@dataclass(frozen=True, kw_only=True)
class GivenAnswers:
    """What a person gave: in clear, for the moment of checking, and what of it is stored sealed."""

    values: Mapping[str, JSON] = field(repr=False)
    sealed: Mapping[str, int] = field(default_factory=dict)
    """Field name → number of its sealed value."""


def seal_given(tx: Tx, vault: Vault, gate: Gate, given: Mapping[str, JSON]) -> dict[str, JSON]:
    """The answers as they may be stored: secrets as numbers of sealed values."""
    secrets = gate.form.secrets if gate.form else frozenset()
    return {
        name: _seal(tx, vault, gate, value) if name in secrets else value
        for name, value in given.items()
    }


def _seal(tx: Tx, vault: Vault, gate: Gate, value: JSON) -> JSON:
    if not isinstance(value, str) or not value:
        return ""
    return {_MARK: tx.sealed.keep(gate.id, vault.seal(value))}


def unseal_given(tx: Tx, vault: Vault, gate: Gate, given: Mapping[str, JSON]) -> GivenAnswers:
    """The answers as they were given.

    Raises UserError for a secret that was typed in words, where others may have read it.
    """
    secrets = gate.form.secrets if gate.form else frozenset()
    values, numbers = dict(given), dict[str, int]()
    for name in secrets & given.keys():
        number = sealed_number(given[name])
        if number is not None:
            numbers[name] = number
            values[name] = vault.open(tx.sealed.load(gate.id, number))
        elif given[name]:
            raise UserError(_advice(gate))
    return GivenAnswers(values=values, sealed=numbers)


def require_no_secret(gates: Sequence[Gate]) -> None:
    """Raise UserError while a secret is asked for: words might be it."""
    for gate in gates:
        if gate.state is GateState.OPEN and gate.form and gate.form.secrets:
            raise UserError(_advice(gate))


def _advice(gate: Gate) -> str:
    names = ", ".join(sorted(gate.form.secrets)) if gate.form else ""
    return (
        f"{gate.key} asks for a secret ({names}), which is not taken in words: use the form of "
        "its card instead (Answer…). What you typed was not stored; if others can read it, "
        "change the secret."
    )


def sealed_number(value: JSON) -> int | None:
    """The number of the sealed value that stands in place of a secret, if one does."""
    number = value.get(_MARK) if isinstance(value, dict) else None
    return number if isinstance(number, int) else None


def deliver(tx: Tx, vault: Vault, decision: Mapping[str, JSON]) -> dict[str, JSON]:
    """A decision as its program gets it: secrets opened, and named in `secrets` for the runner.

    A secret that cannot be opened any more is null, and the note says why.
    """
    told = {name: value for name, value in decision.items() if name != _MARK}
    sealed = decision.get(_MARK) or {}
    if not sealed:
        return told
    gate_id = int(str(decision["gate"]).removeprefix("G-"))
    answers = dict(decision["answers"])
    for name, number in sealed.items():
        try:
            answers[name] = vault.open(tx.sealed.load(gate_id, number))
        except UserError as error:
            answers[name] = None
            told["note"] = f"{name} could not be read: {error.text}"
    return {**told, "answers": answers, "secrets": sorted(sealed)}


def forget_delivered(tx: Tx, job: Job, orders: Sequence[int]) -> None:
    """The program has been given these decisions: erase their secrets.

    One that a program is only about to be started with may be needed again.
    """
    if job.status is Status.CLAIMED:
        return
    for order in tx.orders.after(job.id, 0):
        if order.id in orders and order.kind is OrderKind.DECISION and order.data.get(_MARK):
            tx.sealed.erase_all(int(str(order.data["gate"]).removeprefix("G-")))


def forget_resumed(tx: Tx, job: Job) -> None:
    """The program was started with the decision it had left for: it needs no second delivery."""
    if job.resume_gate is None:
        return
    gate = tx.gates.load(job.resume_gate)
    tx.sealed.erase_all(gate.id)
    told = [
        order.id
        for order in tx.orders.after(job.id, 0)
        if order.kind is OrderKind.DECISION and order.data["gate"] == gate.key
    ]
    if told:
        tx.orders.consume(job.id, told, tx.now())


def hide(values: Mapping[str, JSON]) -> dict[str, JSON]:
    """Answers to nobody knows what: nothing of them is stored."""
    return {name: HIDDEN if value else value for name, value in values.items()}
