"""The closed words of the model: statuses, profiles, modes, reason codes and dispositions.

Source: docs/model.md. A word that is not here does not exist for the core.
"""

from enum import StrEnum, unique


@unique
class Profile(StrEnum):
    """The kind of work a blueprint describes; decides which native words people see."""

    AGENT = "agent"
    POD = "pod"
    PIPELINE = "pipeline"
    AUTOMATION = "automation"
    FLOW = "flow"
    GUIDE = "guide"


RUNBOOKS = frozenset({Profile.FLOW, Profile.GUIDE})
"""The profiles whose runs carry out a runbook."""


@unique
class Status(StrEnum):
    """Where a run or a job stands; small and closed."""

    SCHEDULED = "scheduled"
    QUEUED = "queued"
    CLAIMED = "claimed"
    RUNNING = "running"
    WAITING = "waiting"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"

    @property
    def live(self) -> bool:
        """Whether work may still happen."""
        return self not in TERMINAL


TERMINAL = frozenset(
    {Status.SUCCEEDED, Status.PARTIAL, Status.FAILED, Status.TIMED_OUT, Status.CANCELLED}
)
LIVE = frozenset(Status) - TERMINAL


@unique
class Mode(StrEnum):
    """Whether checkpoints wait for a person."""

    AUTOPILOT = "autopilot"
    SUPERVISED = "supervised"


@unique
class Reason(StrEnum):
    """Why a job or run ended as it did; the free text stands beside it."""

    STOPPED = "stopped"
    DELETED = "deleted"
    CANCELLED_BY_PERSON = "cancelled_by_person"
    RUN_CANCELLED = "run_cancelled"
    SUPERSEDED = "superseded"
    GATE_REJECTED = "gate_rejected"
    GATE_CANCELLED = "gate_cancelled"
    GATE_EXPIRED = "gate_expired"
    QUEUE_TIMEOUT = "queue_timeout"
    START_TIMEOUT = "start_timeout"
    RUN_TIMEOUT = "run_timeout"
    IDLE_TIMEOUT = "idle_timeout"
    LEASE_LOST = "lease_lost"
    DELIVERIES_EXHAUSTED = "deliveries_exhausted"
    STEP_FAILED = "step_failed"
    TOOL_ERROR = "tool_error"
    TOOL_TIMEOUT = "tool_timeout"
    INVALID_INPUT = "invalid_input"
    MISSING_PERMISSION = "missing_permission"
    NETWORK = "network"
    NO_MATCHING_AGENT = "no_matching_agent"
    NO_STEPS = "no_steps"
    NO_CHANGES = "no_changes"
    MISFIRE = "misfire"
    DEPENDENCY_FAILED = "dependency_failed"
    BUDGET_EXCEEDED = "budget_exceeded"
    INTERNAL_ERROR = "internal_error"


@unique
class Disposition(StrEnum):
    """What people did with a run after it ended."""

    NONE = "none"
    PR_OPEN = "pr_open"
    PR_MERGED = "pr_merged"
    PR_REJECTED = "pr_rejected"
    REVIEWED = "reviewed"
    DELETED = "deleted"


_RUNBOOK_PHASES = (
    "pending",
    "identifying_tools",
    "ready",
    "triage",
    "deciding_remediation",
    "ready_for_remediation",
    "remediation",
    "summarizing",
)
PHASES: dict[Profile, tuple[str, ...]] = {
    Profile.AGENT: ("preparing", "launching", "agent_working", "pr_raised"),
    Profile.POD: (
        "dispatched",
        "STARTED",
        "PLANNING",
        "EXECUTING",
        "COMMITTING",
        "PR_RAISED",
        "COMPLETED",
    ),
    Profile.PIPELINE: (),
    Profile.AUTOMATION: (),
    Profile.FLOW: _RUNBOOK_PHASES,
    Profile.GUIDE: _RUNBOOK_PHASES,
}
"""The known phases of each profile in their order; a profile without any takes phases freely."""


_OWN_WORDS = {
    Profile.AGENT: {"planning": "agent_working", "working": "agent_working"},
    Profile.POD: {"planning": "PLANNING", "working": "EXECUTING"},
}


def native_phase(profile: Profile, reported: str) -> str:
    """A phase in the profile's own words, where a program's events only say what it does."""
    return _OWN_WORDS.get(profile, {}).get(reported, reported)


_RAISED = {Profile.AGENT: "pr_raised", Profile.POD: "PR_RAISED"}


def raised_phase(profile: Profile) -> str:
    """The phase of a run whose pull request is open; empty where the profile has none."""
    return _RAISED.get(profile, "")


def phase_advances(profile: Profile, current: str, reported: str) -> bool:
    """Whether a reported phase moves the shown phase: known phases never move back.

    A phase the profile does not know (a step or node name) is shown as it is reported.
    """
    if reported == current or not reported:
        return False
    order = PHASES[profile]
    if reported not in order or current not in order:
        return True
    return order.index(reported) > order.index(current)


def phase_line(profile: Profile, phase: str, status: Status) -> str:
    """The known phases with what is done and what is going on: `✔ PLANNING ▸ EXECUTING ○ …`.

    A phase that the profile does not know is shown alone.
    """
    order = PHASES[profile]
    if phase not in order:
        return phase
    at = order.index(phase)
    done = status is Status.SUCCEEDED
    marks = ["✔" if i < at or done else "▸" if i == at else "○" for i in range(len(order))]
    shown = order[: at + 1] if done else order
    return " ".join(f"{mark} {name}" for mark, name in zip(marks, shown, strict=False))
