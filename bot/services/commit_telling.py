"""Commit telling: what stands beside a run's commits on their host follows the run.

What is to be shown is worked out from the run whenever it is told, so that changes in quick
succession are one, and one that was lost is made good by the next.
"""

from dataclasses import replace

from bot.domain.aggregation import derive_status
from bot.domain.commit_check import CommitCheck, check_state, telling_at
from bot.domain.job import Job
from bot.domain.pull_request import back_off
from bot.domain.repository import hosted_name
from bot.domain.run import Run
from bot.messages.pull_content import check_words
from bot.ports.code_host import CommitReport
from bot.ports.store import Tx
from bot.services.case import Case
from bot.services.rules import Rules


def follow_commit(case: Case, rules: Rules, job: Job, commit: str) -> None:
    """A job pushed a commit: from now on its host shows beside it how the run fares."""
    hosting, before = rules.hosting, case.run.pushed_commit
    name = hosted_name(job.target, hosting.host) if hosting else None
    if hosting is None or name is None:
        return
    if before and before != commit:
        case.tx.commit_checks.look(case.run.id, before)
    case.tx.commit_checks.follow(
        CommitCheck(
            id=0,
            run_id=case.run.id,
            surface=hosting.surface,
            repository=name,
            commit=commit,
            attempt=job.attempt,
            due_at=case.tx.now(),
        )
    )


def compose_report(tx: Tx, check: CommitCheck, url: str) -> CommitReport:
    """What is to stand beside a commit now; `url` is the run's page, or empty."""
    run = tx.runs.load(check.run_id)
    superseded = check.attempt == run.attempt and check.commit != run.pushed_commit
    run = _as_of(tx, run, check.attempt)
    state = check_state(run.status, superseded=superseded)
    words = check_words(run, state)
    return CommitReport(key=run.key, ref=check.ref, state=state, summary=words, url=url)


def _as_of(tx: Tx, run: Run, attempt: int) -> Run:
    """The run as an attempt left it; the newest one as it stands."""
    if attempt == run.attempt:
        return run
    jobs = [job for job in tx.jobs.of_run(run.id) if job.attempt == attempt]
    status = derive_status([job.status for job in jobs])
    code = max(jobs, key=lambda job: job.number).reason_code if jobs else None
    return replace(run, status=status, reason_code=code)


def postpone(tx: Tx, check: CommitCheck, report: CommitReport) -> bool:
    """Whether there is nothing to tell of it now; then it is known when to look again."""
    at = telling_at(check, told_words(report), ended=report.state.ended)
    if at is not None and at <= tx.now():
        return False
    _settle(tx, check, replace(check, due_at=at, failures=0))
    return True


def settle_told(tx: Tx, check: CommitCheck, report: CommitReport, ref: str) -> None:
    """It was told."""
    words = told_words(report)
    told = replace(check, ref=ref, told=words, told_at=tx.now(), failures=0, due_at=None)
    _settle(tx, check, told)


def settle_untold(tx: Tx, check: CommitCheck, *, retry_after: float | None, lasting: bool) -> None:
    """The host did not take it: try again later, or where waiting mends nothing, with the next.

    `retry_after` in seconds.
    """
    due_at = None if lasting else tx.now() + back_off(check.failures, retry_after)
    _settle(tx, check, replace(check, failures=check.failures + 1, due_at=due_at))


def _settle(tx: Tx, worked_on: CommitCheck, settled: CommitCheck) -> None:
    """Store it; due at once where the run has changed meanwhile. Nothing for a run that is gone."""
    stored = tx.commit_checks.find(worked_on.id)
    if stored is None:
        return
    due_at = settled.due_at if stored.due_at == worked_on.due_at else tx.now()
    tx.commit_checks.save(replace(settled, attempt=stored.attempt, due_at=due_at))


def told_words(report: CommitReport) -> str:
    """What a report says, in one line to compare."""
    return f"{report.state.value} {report.summary}"
