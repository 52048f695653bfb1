"""Replay: a run's state from its events alone, to prove that the stored state is their sum."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bot.domain.aggregation import derive_status
from bot.domain.codec import JSON
from bot.domain.events import Event, EventType
from bot.domain.vocabulary import Disposition, Reason, Status


@dataclass(frozen=True, kw_only=True)
class ReplayedJob:
    """What events say of one job."""

    attempt: int
    status: Status
    phase: str
    reason_code: Reason | None
    reason: str
    fence: int


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What events say of one run."""

    seq: int = 0
    attempt: int = 1
    owner: str = ""
    disposition: Disposition = Disposition.NONE
    jobs: Mapping[int, ReplayedJob] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """The run's status, from the jobs of its latest attempt."""
        return derive_status(
            [job.status for job in self.jobs.values() if job.attempt == self.attempt]
        )


_DISPOSING = frozenset({EventType.DISPOSITION_CHANGED, EventType.PULL_REQUEST_OPENED})


def replay(events: Iterable[Event]) -> Replayed:
    """The state after all events, in order. Raises ValueError where a sequence has a gap."""
    state = Replayed()
    for event in events:
        state = advance(state, event)
    return state


def advance(state: Replayed, event: Event) -> Replayed:
    """The state after one more event. Raises ValueError where the sequence has a gap."""
    if event.seq != state.seq + 1:
        raise ValueError(f"event {event.seq} follows event {state.seq}")
    return _apply(replace(state, seq=event.seq), event)


def _apply(state: Replayed, event: Event) -> Replayed:
    data = event.data
    if "status" in data:
        state = replace(state, jobs={**state.jobs, data["job"]: _job(data)})
    if event.type in {EventType.RUN_REQUESTED, EventType.OWNER_ASSIGNED}:
        state = replace(state, owner=data["owner"])
    if event.type is EventType.ATTEMPT_OPENED:
        state = replace(state, attempt=data["attempt"], disposition=Disposition.NONE)
    if event.type in _DISPOSING and "disposition" in data:
        state = replace(state, disposition=Disposition(data["disposition"]))
    return state


def _job(data: Mapping[str, JSON]) -> ReplayedJob:
    return ReplayedJob(
        attempt=data["attempt"],
        status=Status(data["status"]),
        phase=data["phase"],
        reason_code=Reason(data["reason_code"]) if data["reason_code"] else None,
        reason=data["reason"],
        fence=data["fence"],
    )
