"""Claiming: agents take queued jobs, keep their leases, and give them back."""

import hashlib
import hmac
from datetime import timedelta

from bot.domain.actor import AGENT
from bot.domain.assignment import Assignment
from bot.domain.codec import JSON
from bot.domain.errors import ConflictError, NotFoundError, StaleFenceError
from bot.domain.gate import Gate, GateKind
from bot.domain.job import Job, job_key
from bot.domain.labels import missing
from bot.domain.run import Run
from bot.domain.transition import Claim, Decline, LoseLease
from bot.ports.job_source import Held, Offer
from bot.ports.store import Tx
from bot.services.case import load_case
from bot.services.planning import awaits_planning
from bot.services.pull_requesting import reviews_for
from bot.services.rules import Rules

_LOOK_AHEAD = 200
"""Queued jobs that one claim looks at, to find one that fits."""


def claim(tx: Tx, rules: Rules, offer: Offer, *, token: str) -> Assignment | None:
    """The first queued job that the agent fits, claimed under `token`; None without one."""
    fitting = (job for job in tx.jobs.queued(limit=_LOOK_AHEAD) if _fits(tx, job, offer))
    job = next((job for job in fitting if tx.jobs.take(job.id)), None)
    if job is None:
        return None
    case = load_case(tx, job.run_id)
    intent = Claim(
        agent=offer.agent,
        labels=offer.labels,
        token_hash=hash_token(token),
        lease=rules.periods.lease,
        compute_rate=rules.prices.compute_usd_per_hour,
    )
    claimed = case.decide(job, intent)
    run = case.save()
    tx.workspaces.keep(claimed.id, offer.agent)
    resume = tx.gates.load(claimed.resume_gate) if claimed.resume_gate else None
    return _assignment(tx, rules, run, claimed, resume=resume, token=token)


def _fits(tx: Tx, job: Job, offer: Offer) -> bool:
    fits = not missing(job.labels, offer.labels) and job.workspace_agent in {None, offer.agent}
    return fits and job.claimable_at <= tx.now() and not awaits_planning(tx, job)


def _assignment(  # noqa: PLR0913  # one value out of all that a claim touches
    tx: Tx, rules: Rules, run: Run, job: Job, *, resume: Gate | None, token: str
) -> Assignment:
    blueprint = tx.blueprints.load(run.blueprint_version)
    return Assignment(
        run=run.key,
        job=job_key(run.id, job.number),
        fence=job.fence,
        token=token,
        attempt=job.attempt,
        title=run.title,
        mode=run.mode,
        command=blueprint.command,
        runbook=blueprint.runbook,
        repository=job.target,
        branch=run.branch,
        inputs=run.inputs,
        env=blueprint.env,
        secrets=blueprint.secrets,
        limits=blueprint.limits,
        replies=blueprint.replies,
        stream=blueprint.stream,
        hold=rules.periods.hold,
        grace=rules.periods.grace,
        issue=run.issue,
        reviews=reviews_for(tx, job),
        resume_gate=resume.key if resume else "",
        resume_decision=decision_data(resume) if resume else {},
    )


def decision_data(gate: Gate) -> dict[str, JSON]:
    """What a program is told of a closed gate; its secrets are put in on delivery alone."""
    last = gate.deciding
    told: dict[str, JSON] = {
        "gate": gate.key,
        "state": gate.state.value,
        "note": last.note if last else "",
        "by": last.actor.name if last else "",
    }
    if gate.kind is GateKind.QUESTION:
        told |= {"answers": dict(gate.answers), "sealed": dict(gate.sealed)}
    return told


def hash_token(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_claim(tx: Tx, key: str, token: str) -> Job:
    """The job whose present claim this token proves.

    Raises NotFoundError for a job that does not exist, StaleFenceError for a claim that is
    over or was never.
    """
    job = tx.jobs.by_key(key)
    if not job.token_hash or not hmac.compare_digest(job.token_hash, hash_token(token)):
        raise StaleFenceError("this claim is over")
    return job


def renew(tx: Tx, job: Job, *, alive: bool, lease: timedelta) -> None:
    """A runner was heard; `alive` when its program gave a sign of life too."""
    tx.jobs.touch(job.id, lease_expires_at=tx.now() + lease, at=tx.now(), alive=alive)


def decline(tx: Tx, key: str, fence: int, *, reason: str) -> None:
    """Give a claim back. Raises ConflictError when it is another's by now."""
    job = _with_fence(tx, key, fence)
    case = load_case(tx, job.run_id)
    case.decide(job, Decline(reason=reason))
    case.save()


def lose(tx: Tx, job: Job, *, reason: str) -> None:
    """Take a claim back, with what the blueprint says of silent repeats."""
    case = load_case(tx, job.run_id)
    blueprint = tx.blueprints.load(case.run.blueprint_version)
    lost = case.decide(job, LoseLease(retry_safe=blueprint.retry_safe, reason=reason))
    if not lost.status.live:
        case.void_gates(AGENT)
    case.save()


def find_held(tx: Tx, key: str, fence: int) -> Job | None:
    """The job that is still under this claim, if it is."""
    try:
        return _with_fence(tx, key, fence)
    except (ConflictError, NotFoundError):
        return None


def _with_fence(tx: Tx, key: str, fence: int) -> Job:
    job = tx.jobs.by_key(key)
    if job.fence != fence or not job.token_hash:
        raise StaleFenceError("this claim is over")
    return job


def held(tx: Tx, agent: str, *, late: timedelta) -> tuple[Held, ...]:
    """The claims of an agent; those `late` past their grace are to be killed."""
    return tuple(
        Held(
            job=job_key(job.run_id, job.number),
            fence=job.fence,
            kill=job.cancelling_since is not None and tx.now() > job.cancelling_since + late,
        )
        for job in tx.jobs.held_by(agent)
    )
