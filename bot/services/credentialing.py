"""Credentialing: whether a runner may have what opens its job's repository now."""

from bot.domain.errors import UserError
from bot.domain.gate import GateState
from bot.domain.job import Job
from bot.domain.vocabulary import Status
from bot.ports.store import Tx
from bot.services.case import load_case
from bot.services.reporting_gates import SCOPE


def require_credential(tx: Tx, job: Job, repository: str, *, push: bool) -> str:
    """The address of the repository, if the job's present claim may use it now.

    To read it a claim is enough; to push, its push must have been allowed. Raises UserError.
    """
    if not job.target or repository != job.target:
        raise UserError("This is not the repository of this job.")
    if job.status not in {Status.CLAIMED, Status.RUNNING, Status.WAITING}:
        raise UserError(f"The job is {job.status.value}; its repository stays closed.")
    if push and not (job.status is Status.RUNNING and _may_push(tx, job)):
        raise UserError("Nothing may be pushed now: report the push first, and wait for leave.")
    return job.target


def _may_push(tx: Tx, job: Job) -> bool:
    """Whether the present claim's push was within the plan, or people have let it pass."""
    passed = (
        gate
        for gate in load_case(tx, job.run_id).gates
        if gate.checkpoint == SCOPE and gate.state is GateState.SATISFIED
    )
    return bool(job.may_push) or any(
        gate.job_id == job.id and gate.report[:1] == (job.fence,) for gate in passed
    )
