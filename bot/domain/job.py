"""Job: the unit that an agent claims; one per target, pipeline job or whole run."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.vocabulary import Reason, Status

RANK_GAP = 1 << 20
"""Distance between the ranks of neighbours in the queue, so that moving one touches one."""

CLAIM_LIMIT = 3
"""Deliveries of a job that end before its start, until it is given up."""

_PAUSE = timedelta(seconds=2)
"""After the first delivery that ended so; after each further one as much more."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job as stored. Times are aware UTC; None means that it has not happened."""

    id: int
    run_id: int
    number: int
    """Counts the jobs of a run over all attempts: R-81.2."""
    attempt: int
    status: Status
    queued_at: datetime
    target: str = ""
    labels: tuple[str, ...] = ()
    phase: str = ""
    held_phase: str = ""
    """The phase that a gate interrupted: where it goes on."""
    reason_code: Reason | None = None
    reason: str = ""
    ends_as: Status | None = None
    """The outcome that a cancelling job is heading for."""
    priority: int = 0
    rank: int = 0
    agent: str | None = None
    workspace_agent: str | None = None
    """The agent whose machine holds the workspace; a parked job resumes only there."""
    fence: int = 0
    """Rises with every claim; whoever holds an older one is not heard."""
    token_hash: str = ""
    """SHA-256 of the claim's token; empty when there is no claim."""
    claim_count: int = 0
    lease_expires_at: datetime | None = None
    heartbeat_at: datetime | None = None
    claimed_at: datetime | None = None
    started_at: datetime | None = None
    reported_at: datetime | None = None
    """The last sign of life of the program: output or a report."""
    quiet_since: datetime | None = None
    """The last sign of life before a silence that people were told of."""
    waiting_since: datetime | None = None
    waited: timedelta = timedelta(0)
    """Time since its start that was spent waiting for people and for a slot after them."""
    cancelling_since: datetime | None = None
    ended_at: datetime | None = None
    program_present: bool = False
    """Whether a program is alive behind the claim; False for a parked job."""
    resume_gate: int | None = None
    """The gate whose decision the next claim resumes with."""
    report_seq: int = 0
    """The highest report taken from the current claim."""
    exit_code: int | None = None
    base: str = ""
    """The commit that the workspace was made from."""
    compute_rate: float = 0.0
    """US dollars per hour of the machine, as of the claim."""
    may_push: str = ""
    """The commit that the present claim was allowed to push."""

    @property
    def claimable_at(self) -> datetime:
        """From when on it may be claimed: after a delivery that failed not at once."""
        return self.queued_at + self.claim_count * _PAUSE

    @property
    def unclaimed(self) -> bool:
        """Whether nothing runs for it, so that its end is immediate."""
        return self.status in {Status.SCHEDULED, Status.QUEUED} or (
            self.status is Status.WAITING and not self.program_present
        )


def job_key(run_id: int, number: int) -> str:
    """How people and programs name a job: R-81.2."""
    return f"R-{run_id}.{number}"
