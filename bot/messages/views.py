"""Views: what cards are made of, gathered by a service in one reading."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.artifact import StoredArtifact
from bot.domain.effect import Effect
from bot.domain.gate import Gate, GateState
from bot.domain.job import Job
from bot.domain.policy import Ruling
from bot.domain.run import Run


@dataclass(frozen=True, kw_only=True)
class GateView:
    """A gate with the people it concerns: `ruling` says who may decide it, and who not."""

    gate: Gate
    ruling: Ruling


@dataclass(frozen=True, kw_only=True)
class RunView:
    """All that a card or a detail page says of a run."""

    run: Run
    job: Job
    now: datetime
    gates: tuple[GateView, ...]
    artifacts: tuple[StoredArtifact, ...]
    queue_position: int | None
    verbs: frozenset[str]
    """What the status allows; who may is decided when it is done."""
    pending: Effect | None = None
    """What happens to it soon, and can be undone until then."""

    @property
    def open_gate(self) -> GateView | None:
        """The gate that holds it."""
        return next((view for view in self.gates if view.gate.state is GateState.OPEN), None)

    def gate(self, gate_id: int) -> GateView:
        """The view of one gate. Raises StopIteration for a gate that is not the run's."""
        return next(view for view in self.gates if view.gate.id == gate_id)
