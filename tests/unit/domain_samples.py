"""Values of the domain for tests: each function takes the fields that matter and fills the rest."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.actor import person
from bot.domain.conversation import CONSOLE
from bot.domain.gate import Choice, Decision, Gate
from bot.domain.job import Job
from bot.domain.policy import Policy, Role
from bot.domain.run import Run
from bot.domain.vocabulary import Mode, Profile, Status

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)

PEOPLE = {
    "vera": Role.VIEWER,
    "omar": Role.OPERATOR,
    "olga": Role.OPERATOR,
    "ana": Role.APPROVER,
    "abel": Role.APPROVER,
    "root": Role.ADMIN,
}
POLICY = Policy(people=PEOPLE, fallback_owner="root")


def a_job(status: Status = Status.QUEUED, **fields: Any) -> Job:
    """A job whose fields fit its status; `fields` win."""
    claimed = status in {Status.CLAIMED, Status.RUNNING, Status.WAITING, Status.CANCELLING}
    fitting: dict[str, Any] = {"id": 7, "run_id": 81, "number": 1, "attempt": 1, "queued_at": NOW}
    if claimed:
        fitting |= {
            "agent": "north",
            "workspace_agent": "north",
            "fence": 1,
            "token_hash": "t",
            "program_present": True,
            "claimed_at": NOW,
            "lease_expires_at": NOW + LEASE,
        }
    if claimed and status is not Status.CLAIMED:
        fitting["started_at"] = NOW
    if status is Status.WAITING:
        fitting |= {"waiting_since": NOW, "phase": "checkpoint:plan", "held_phase": "PLANNING"}
    if status is Status.CANCELLING:
        fitting |= {"ends_as": Status.TIMED_OUT, "cancelling_since": NOW}
    return Job(status=status, **(fitting | fields))


def a_run(**fields: Any) -> Run:
    """A pod run that omar asked for and olga owns."""
    fitting: dict[str, Any] = {
        "id": 81,
        "profile": Profile.POD,
        "blueprint": "fix",
        "blueprint_version": "v1",
        "project": "shop",
        "title": "Fix rounding",
        "requested_by": "omar",
        "attempt_by": "omar",
        "surface": "console",
        "owner": "olga",
        "mode": Mode.SUPERVISED,
        "status": Status.QUEUED,
        "created_at": NOW,
        "updated_at": NOW,
        "conversation": CONSOLE,
    }
    return Run(**(fitting | fields))


def a_gate(**fields: Any) -> Gate:
    """An open approval that expires in an hour."""
    fitting: dict[str, Any] = {
        "id": 41,
        "run_id": 81,
        "job_id": 7,
        "attempt": 1,
        "checkpoint": "plan",
        "prompt": "Go on?",
        "fingerprint": "seen",
        "opened_at": NOW,
        "expires_at": NOW + timedelta(hours=1),
    }
    return Gate(**(fitting | fields))


def a_decision(name: str, choice: Choice = Choice.APPROVE, **fields: Any) -> Decision:
    """What somebody said on the web just now."""
    return Decision(actor=person(name, "web"), choice=choice, **({"at": NOW} | fields))
