"""Purging: what is taken from a deleted run. Its number, who and when, and its hashes are left."""

from sqlalchemy import bindparam, delete, func, select, update

from bot.domain.run import Cost
from storage.columns import ID
from storage.kept_tables import artifacts, commit_checks, issues, log_chunks, pull_requests
from storage.scope import Scope
from storage.tables import (
    cost_entries,
    decisions,
    events,
    gates,
    jobs,
    orders,
    runs,
    sealed_answers,
    workspaces,
)

_RUN = bindparam("purged", type_=ID)
_JOBS = select(jobs.c.id).where(jobs.c.run_id == _RUN)
_GATES = select(gates.c.id).where(gates.c.run_id == _RUN)

_STEPS = (
    delete(log_chunks).where(log_chunks.c.job_id.in_(_JOBS)),
    delete(orders).where(orders.c.job_id.in_(_JOBS)),
    delete(artifacts).where(artifacts.c.run_id == _RUN),
    delete(issues).where(
        issues.c.key.in_(select(func.upper(runs.c.issue_key)).where(runs.c.id == _RUN))
    ),
    delete(cost_entries).where(cost_entries.c.run_id == _RUN),
    delete(commit_checks).where(commit_checks.c.run_id == _RUN),
    delete(pull_requests).where(pull_requests.c.run_id == _RUN),
    delete(sealed_answers).where(sealed_answers.c.gate_id.in_(_GATES)),
    delete(decisions).where(decisions.c.gate_id.in_(_GATES)),
    delete(gates).where(gates.c.run_id == _RUN),
    update(events).where(events.c.run_id == _RUN).values(data={}),
    update(jobs)
    .where(jobs.c.run_id == _RUN)
    .values(target="", reason="", phase="", held_phase="", base=""),
    update(runs)
    .where(runs.c.id == _RUN)
    .values(
        title="",
        title_folded="",
        inputs={},
        reason="",
        phase="",
        chosen_because="",
        branch="",
        pushed_commit="",
        pr_url="",
        issue=None,
        issue_key="",
        dedupe_key="",
        steerers=(),
        cost=Cost(),
    ),
)
_RELEASE = update(workspaces).where(
    workspaces.c.job_id.in_(_JOBS), workspaces.c.remove_at > bindparam("now")
)


def purge(scope: Scope, run_id: int) -> None:
    """Empty a run that was deleted; its workspaces may go now."""
    for step in _STEPS:
        scope.run(step, {"purged": run_id})
    scope.run(_RELEASE.values(remove_at=scope.now), {"purged": run_id, "now": scope.now})
