"""Sweeping: deadlines that have passed are carried out. The truth of each is a column."""

from bot.domain.actor import CLOCK
from bot.domain.blueprint import OnExpiry
from bot.domain.deadlines import decide_overdue, decide_silence
from bot.domain.job import Job
from bot.domain.vocabulary import Status
from bot.ports.store import Tx
from bot.services.case import load_case
from bot.services.claiming import lose, renew
from bot.services.gating import expire_gate
from bot.services.questions import answer_by_default
from bot.services.reminding import remind
from bot.services.rules import Rules


def sweep_gates(tx: Tx, rules: Rules) -> int:
    """Close the open gates whose deadline has passed, remind of others; says how many."""
    expired = tx.gates.expired(tx.now())
    for gate in expired:
        if gate.on_expiry is OnExpiry.DEFAULT:
            answer_by_default(tx, gate)
        else:
            expire_gate(tx, rules, gate)
    waiting = tx.gates.to_remind(tx.now())
    for gate in waiting:
        remind(tx, rules, gate)
    return len(expired) + len(waiting)


def sweep_leases(tx: Tx) -> int:
    """Take back the claims that nothing was heard of for a lease."""
    now = tx.now()
    lost = [job for job in _held(tx) if job.lease_expires_at and job.lease_expires_at < now]
    for job in lost:
        lose(tx, job, reason="The runner was not heard of for too long")
    return len(lost)


def renew_leases(tx: Tx, rules: Rules) -> None:
    """Start every lease anew: while the bot was away, no runner could be heard."""
    for job in _held(tx):
        renew(tx, job, alive=True, lease=rules.periods.lease)


def _held(tx: Tx) -> list[Job]:
    """The jobs that somebody has a claim on."""
    jobs = tx.jobs.in_status(Status.CLAIMED, Status.RUNNING, Status.WAITING, Status.CANCELLING)
    return [job for job in jobs if job.token_hash]


def sweep_timeouts(tx: Tx, rules: Rules) -> int:
    """End the jobs that take longer than allowed, and tell silences; says how many."""
    jobs = tx.jobs.in_status(Status.QUEUED, Status.CLAIMED, Status.RUNNING)
    return sum(_time_out(tx, rules, job) for job in jobs)


def _time_out(tx: Tx, rules: Rules, job: Job) -> bool:
    run = tx.runs.load(job.run_id)
    timeouts = tx.blueprints.load(run.blueprint_version).timeouts
    overdue = decide_overdue(job, timeouts, tx.now())
    silence = decide_silence(job, timeouts, tx.now())
    if overdue is None and silence is None:
        return False
    case = load_case(tx, run.id)
    if overdue:
        case.end(job, overdue, grace=rules.periods.grace)
    elif silence:
        case.jobs[job.id], told = silence
        case.note(told, CLOCK, job=job.number, quiet=timeouts.quiet.total_seconds())
    case.save()
    return True
