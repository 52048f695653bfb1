"""Views: what cards are made of, gathered by a service in one reading."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.artifact import StoredArtifact
from bot.domain.course import PhaseStep
from bot.domain.effect import Effect
from bot.domain.gate import Gate, GateState
from bot.domain.job import Job
from bot.domain.notes import Notes
from bot.domain.person import LinkRequest
from bot.domain.policy import Ruling
from bot.domain.run import Run
from bot.domain.runbook_log import RunbookLog
from bot.domain.vocabulary import Status


@dataclass(frozen=True, kw_only=True)
class GateView:
    """A gate with the people it concerns: `ruling` says who may decide it, and who not."""

    gate: Gate
    ruling: Ruling


@dataclass(frozen=True, kw_only=True)
class InboxGate:
    """An open gate with the run that it holds."""

    gate: Gate
    run: Run


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """What waits for one person."""

    gates: tuple[InboxGate, ...]
    failed: tuple[Run, ...]
    now: datetime
    links: tuple[LinkRequest, ...] = ()
    """Of an admin: accounts that ask to be linked."""

    @property
    def runs(self) -> tuple[str, ...]:
        """The keys of all runs in it, each once."""
        held = [waiting.run.key for waiting in self.gates]
        return tuple(dict.fromkeys([*held, *(run.key for run in self.failed)]))


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
    notes: Notes = field(default_factory=Notes)
    """What the program says it did; only a detail page has them."""
    course: tuple[PhaseStep, ...] = ()
    """The phases of the latest attempt; only cards and detail pages have them."""
    log: RunbookLog | None = None
    """The steps of a run that carries out a runbook."""
    pending: Effect | None = None
    """What happens to it soon, and can be undone until then."""
    issue_state: str = ""
    """The name of the state that its issue should be in, where policy names one."""

    @property
    def quiet_for(self) -> timedelta | None:
        """How long a running program has given no sign of life, once people were told."""
        since = self.job.quiet_since
        return self.now - since if since and self.run.status is Status.RUNNING else None

    @property
    def open_gate(self) -> GateView | None:
        """The gate that holds it."""
        return next((view for view in self.gates if view.gate.state is GateState.OPEN), None)

    def gate(self, gate_id: int) -> GateView:
        """The view of one gate. Raises StopIteration for a gate that is not the run's."""
        return next(view for view in self.gates if view.gate.id == gate_id)
