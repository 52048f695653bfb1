"""Events: append-only, gap-free facts of a run. Timeline, audit, cards and exports read them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique

from bot.domain.actor import Actor
from bot.domain.codec import JSON, canonical_json, digest


@unique
class EventType(StrEnum):
    """What can have happened, in the past tense. Each has a template of its name."""

    RUN_REQUESTED = "run_requested"
    JOB_CLAIMED = "job_claimed"
    JOB_DECLINED = "job_declined"
    JOB_STARTED = "job_started"
    PHASE_REACHED = "phase_reached"
    STEP_REPORTED = "step_reported"
    SUMMARY_REPORTED = "summary_reported"
    COST_REPORTED = "cost_reported"
    NOTE_REPORTED = "note_reported"
    ARTIFACT_STORED = "artifact_stored"
    GATE_OPENED = "gate_opened"
    GATE_SATISFIED_BY_POLICY = "gate_satisfied_by_policy"
    GATE_APPROVED = "gate_approved"
    GATE_CLOSED = "gate_closed"
    GATE_ASKED = "gate_asked"
    REPLY_GIVEN = "reply_given"
    GATE_REMINDED = "gate_reminded"
    WENT_QUIET = "went_quiet"
    SPOKE_AGAIN = "spoke_again"
    NUDGED = "nudged"
    JOB_WAITING = "job_waiting"
    JOB_PARKED = "job_parked"
    JOB_RESUMED = "job_resumed"
    JOB_REQUEUED = "job_requeued"
    JOB_CANCELLING = "job_cancelling"
    JOB_ENDED = "job_ended"
    LATE_RESULT = "late_result"
    RESTART_ORDERED = "restart_ordered"
    BRANCH_PUSHED = "branch_pushed"
    PUSH_HELD = "push_held"
    PULL_REQUEST_OPENED = "pull_request_opened"
    PULL_REQUEST_HELD_UP = "pull_request_held_up"
    PULL_REQUEST_REVIEWED = "pull_request_reviewed"
    ATTEMPT_OPENED = "attempt_opened"
    MIRRORED = "mirrored"
    OWNER_ASSIGNED = "owner_assigned"
    DISPOSITION_CHANGED = "disposition_changed"
    DELETION_REQUESTED = "deletion_requested"
    DELETION_UNDONE = "deletion_undone"


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """A fact that a decision made and that is not stored yet."""

    type: EventType
    actor: Actor
    data: Mapping[str, JSON] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A stored fact; (run_id, seq) is gap-free from 1, `hash` chains it to the one before."""

    run_id: int
    seq: int
    type: EventType
    actor: Actor
    at: datetime
    data: Mapping[str, JSON] = field(default_factory=dict)
    hash: str = ""


def chain(previous: str, event: Event) -> str:
    """The hash that binds an event to everything before it in its run."""
    fact = [event.run_id, event.seq, event.type, event.actor, event.at, event.data]
    return digest([previous, canonical_json(fact)])
