"""Planning: before a runbook's job can be claimed, an agent looks for the tools of its steps."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.actor import AGENT
from bot.domain.events import EventType
from bot.domain.job import Job, job_key
from bot.domain.labels import missing
from bot.domain.run import Run
from bot.domain.runbook import Runbook
from bot.domain.transition import End
from bot.domain.vocabulary import RUNBOOKS, Profile, Reason, Status
from bot.ports.job_source import MissingTool, Offer, Planning, ToolNeed
from bot.ports.store import Tx
from bot.services.case import Case, load_case
from bot.services.rules import Rules

_LOOK_AHEAD = 200
PENDING, IDENTIFYING, READY = "pending", "identifying_tools", "ready"
_UNPLANNED = frozenset({PENDING, IDENTIFYING})


def first_phase(profile: Profile) -> str:
    """What a queued run of a profile shows as its phase."""
    phases = {Profile.AGENT: "preparing", Profile.POD: "dispatched"}
    return PENDING if profile in RUNBOOKS else phases.get(profile, "")


def awaits_planning(tx: Tx, job: Job) -> bool:
    """Whether a queued job may not be claimed yet; other profiles name their phases freely."""
    return job.phase in _UNPLANNED and tx.runs.load(job.run_id).profile in RUNBOOKS


def begin_planning(tx: Tx, offer: Offer) -> Planning | None:
    """The first job that waits to be planned and fits the agent, now identifying its tools.

    One that was begun before and not ended is given again: its agent may be gone.
    """
    waiting = (
        job
        for job in tx.jobs.queued(limit=_LOOK_AHEAD)
        if job.phase in _UNPLANNED and not missing(job.labels, offer.labels)
    )
    job = next((job for job in waiting if awaits_planning(tx, job)), None)
    if job is None:
        return None
    case = load_case(tx, job.run_id)
    if job.phase == PENDING:
        _reach(case, job, IDENTIFYING)
        case.save()
    blueprint = tx.blueprints.load(case.run.blueprint_version)
    needs = _needs(blueprint.runbook) if blueprint.runbook else ()
    return Planning(
        job=job_key(job.run_id, job.number), needs=needs, path=blueprint.env.get("PATH", "")
    )


def _needs(runbook: Runbook) -> tuple[ToolNeed, ...]:
    return tuple(
        ToolNeed(step=step.title, tool=tool) for _, step in runbook.placed() for tool in step.needs
    )


def end_planning(tx: Tx, rules: Rules, key: str, lacking: Sequence[MissingTool]) -> Run:
    """Take what an agent found: the job is ready, or its run ends and says why.

    A job that was planned, stopped or claimed meanwhile stays as it is.
    """
    job = tx.jobs.by_key(key)
    case = load_case(tx, job.run_id)
    if job.status is not Status.QUEUED or job.phase not in _UNPLANNED:
        return case.run
    runbook = tx.blueprints.load(case.run.blueprint_version).runbook
    if runbook is not None and not any(runbook.placed()):
        case.end(job, _no_steps(), grace=rules.periods.grace)
    elif lacking:
        case.end(job, _not_there(lacking), grace=rules.periods.grace)
    else:
        _reach(case, job, READY)
    return case.save()


def _reach(case: Case, job: Job, phase: str) -> None:
    case.jobs[job.id] = replace(job, phase=phase)
    case.note_job(EventType.PHASE_REACHED, AGENT, job.id)


def _no_steps() -> End:
    return End(
        actor=AGENT,
        status=Status.CANCELLED,
        reason_code=Reason.NO_STEPS,
        reason="The runbook has no steps",
    )


def _not_there(lacking: Sequence[MissingTool]) -> End:
    first, agent = lacking[0], lacking[0].agent
    more = f", and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    return End(
        actor=AGENT,
        status=Status.FAILED,
        reason_code=Reason.TOOL_ERROR,
        reason=f"The step “{first.step}” needs {first.tool}, which is not on the machine of "
        f"agent {agent}{more}; install it there, or run it elsewhere by a label",
    )
