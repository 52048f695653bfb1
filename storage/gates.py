"""Gates with their decisions, which are only ever added to."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Executable, bindparam, func, insert, select, update

from bot.domain.gate import Decision, Gate
from bot.domain.sight import EVERYTHING
from storage.columns import actor_columns, take_actor, without
from storage.scope import Scope, Values, absent
from storage.search import visible
from storage.tables import OPEN, decisions, gates, runs

_CREATE = insert(gates)
_CHANGE = update(gates).where(gates.c.id == bindparam("of"))
_LOAD = select(gates).where(gates.c.id == bindparam("id"))
_PROJECT = select(runs.c.project).where(runs.c.id == bindparam("run"))
_OF_RUN = select(gates).where(gates.c.run_id == bindparam("run")).order_by(gates.c.id)
_EXPIRED = (
    select(gates)
    .where(OPEN, gates.c.expires_at <= bindparam("now"))
    .order_by(gates.c.expires_at, gates.c.id)
)
_OPEN = select(gates).where(OPEN).order_by(gates.c.expires_at, gates.c.id).limit(bindparam("most"))
_TO_REMIND = (
    select(gates)
    .where(OPEN, gates.c.remind_at <= bindparam("now"))
    .order_by(gates.c.expires_at, gates.c.id)
)
_DECIDE = insert(decisions)
_DECIDED = select(func.count()).where(decisions.c.gate_id == bindparam("gate"))
_DECISIONS = (
    select(decisions)
    .where(decisions.c.gate_id.in_(bindparam("gates", expanding=True)))
    .order_by(decisions.c.id)
)


class SqlGates:
    """The Gates port."""

    def __init__(self, scope: Scope) -> None:
        """Gates within one transaction."""
        self._scope = scope

    def create(self, gate: Gate) -> Gate:
        """Store a new gate and return it with its id."""
        gate_id = self._scope.insert(_CREATE, without(vars(gate), "id", "decisions"))
        created = replace(gate, id=gate_id)
        self._add_decisions(created, known=0)
        return created

    def load(self, gate_id: int) -> Gate:
        """Raises NotFoundError, for a gate of a run that is not seen too."""
        fields = self._scope.load(_LOAD, gate_id, noun="gate")
        if self._scope.sight != EVERYTHING:
            project = self._scope.run(_PROJECT, {"run": fields["run_id"]}).scalar_one()
            if not self._scope.sight.shows(project):
                raise absent("gate", gate_id)
        return Gate(**fields, decisions=self._decisions([gate_id])[gate_id])

    def save(self, gate: Gate) -> None:
        """Store a changed gate and the decisions that are new. Raises NotFoundError."""
        fields = without(vars(gate), "id", "decisions")
        self._scope.change(_CHANGE, {**fields, "of": gate.id}, noun="gate")
        known = self._scope.run(_DECIDED, {"gate": gate.id}).scalar_one()
        self._add_decisions(gate, known=known)

    def of_run(self, run_id: int) -> tuple[Gate, ...]:
        """All gates of a run, oldest first."""
        return self._gates(_OF_RUN, {"run": run_id})

    def expired(self, now: datetime) -> tuple[Gate, ...]:
        """Open gates whose deadline has passed, the oldest deadline first."""
        return self._gates(_EXPIRED, {"now": now})

    def open(self, *, limit: int) -> tuple[Gate, ...]:
        """Open gates of runs that are seen, the nearest deadline first."""
        demands = visible(runs.c.project, self._scope.sight)
        seen = gates.c.run_id.in_(select(runs.c.id).where(*demands))
        return self._gates(_OPEN.where(seen) if demands else _OPEN, {"most": limit})

    def to_remind(self, now: datetime) -> tuple[Gate, ...]:
        """Open gates whose next reminder is due."""
        return self._gates(_TO_REMIND, {"now": now})

    def _gates(self, statement: Executable, values: Values) -> tuple[Gate, ...]:
        found = self._scope.rows(statement, values)
        said = self._decisions([fields["id"] for fields in found])
        return tuple(Gate(**fields, decisions=said[fields["id"]]) for fields in found)

    def _add_decisions(self, gate: Gate, *, known: int) -> None:
        new = [
            {**without(vars(said), "actor"), **actor_columns(said.actor), "gate_id": gate.id}
            for said in gate.decisions[known:]
        ]
        if new:
            self._scope.run(_DECIDE, new)

    def _decisions(self, gate_ids: list[int]) -> defaultdict[int, tuple[Decision, ...]]:
        said: defaultdict[int, tuple[Decision, ...]] = defaultdict(tuple)
        if gate_ids:
            for row in self._scope.rows(_DECISIONS, {"gates": gate_ids}):
                fields = without(row, "id", "gate_id")
                said[row["gate_id"]] += (Decision(actor=take_actor(fields), **fields),)
        return said
