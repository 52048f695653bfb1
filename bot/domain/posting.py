"""Posting: a message to be told, in order, per conversation; and what each event lets be told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.conversation import Conversation
from bot.domain.events import Event, EventType

CARD = "card"
"""The subject of the run's one card, edited in place to the end."""


@dataclass(frozen=True, kw_only=True)
class Posting:
    """One message of a run in one conversation: it is due while `wanted` exceeds `told`.

    A subject that is told again edits the same message: `card` and `gate:<id>` show the
    newest state; `event:<seq>` is told once.
    """

    id: int
    run_id: int
    conversation: Conversation
    subject: str
    wanted: int = 1
    told: int = 0
    attempts: int = 0
    due_at: datetime
    message_id: str = ""
    """The receipt: the surface's id of the message; empty until it was told."""
    fingerprint: str = ""
    """What the told message showed, for approvals that name no fingerprint."""
    given_up: str = ""
    """Why it is never told, where the surface refused it for good."""
    urgency: int = 0
    """1 while it is about what people must see soon: something to decide, or an end."""
    started_at: datetime | None = None
    """When its first telling was begun whose outcome is not known."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A subject that is to be told, or told anew."""

    subject: str
    urgency: int = 0


_NOTES = frozenset(
    {
        EventType.SUMMARY_REPORTED,
        EventType.GATE_ASKED,
        EventType.REPLY_GIVEN,
        EventType.GATE_REMINDED,
        EventType.WENT_QUIET,
        EventType.NUDGED,
        EventType.GATE_SATISFIED_BY_POLICY,
        EventType.BRANCH_PUSHED,
        EventType.PULL_REQUEST_OPENED,
        EventType.PULL_REQUEST_HELD_UP,
        EventType.PULL_REQUEST_REVIEWED,
        EventType.JOB_CANCELLING,
        EventType.JOB_DECLINED,
        EventType.JOB_PARKED,
        EventType.JOB_ENDED,
        EventType.LATE_RESULT,
        EventType.RESTART_ORDERED,
        EventType.ATTEMPT_OPENED,
        EventType.OWNER_ASSIGNED,
        EventType.DISPOSITION_CHANGED,
        EventType.ARTIFACT_STORED,
    }
)
_GATES = frozenset({EventType.GATE_OPENED, EventType.GATE_APPROVED, EventType.GATE_CLOSED})
_URGENT = _GATES | {EventType.JOB_ENDED, EventType.GATE_REMINDED}
_UNTOLD = frozenset({EventType.STEP_REPORTED})
"""Told only where they have an id, as the steps of a runbook: those stand on its card."""


def announce(events: Iterable[Event]) -> tuple[Wanted, ...]:
    """What a run's conversation is told of these events: the card first, then the thread."""
    subjects: dict[str, int] = {}
    for event in events:
        if _goes_unsaid(event):
            continue
        ends, urgency = int(event.type is EventType.JOB_ENDED), int(event.type in _URGENT)
        subjects[CARD] = max(subjects.get(CARD, 0), ends)
        if event.type in _GATES:
            subjects[f"gate:{event.data['gate']}"] = urgency
        if event.type in _NOTES | {EventType.NOTE_REPORTED}:
            subjects[f"event:{event.seq}"] = urgency
    return tuple(Wanted(subject=name, urgency=urgency) for name, urgency in subjects.items())


def _goes_unsaid(event: Event) -> bool:
    """Plain steps, plans, files and test results stand in the run's detail; questions are said."""
    if event.type in _UNTOLD:
        return "id" not in event.data
    return event.type is EventType.NOTE_REPORTED and event.data.get("topic") != "question"
