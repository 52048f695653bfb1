"""Lifecycle: people stop, restart, retry, delete, assign and review runs."""

from bot.domain.actor import Actor
from bot.domain.errors import IllegalTransitionError
from bot.domain.events import EventType
from bot.domain.order import OrderKind
from bot.domain.run import Run
from bot.domain.transition import End, told
from bot.domain.vocabulary import RUNBOOKS, Disposition, Profile, Reason, Status
from bot.domain.wording import label
from bot.ports.store import Tx
from bot.services.case import Case, load_case, stopping_status
from bot.services.dispatching import asking_again, first_job, repeat, require_free
from bot.services.enabling import require_enabled
from bot.services.people import require_person
from bot.services.rules import Rules
from bot.services.undoing import delete_later


def stop(tx: Tx, rules: Rules, run_id: int, *, actor: Actor, reason: str) -> Run:
    """Stop a live run. Raises IllegalTransitionError where it has ended already."""
    case = load_case(tx, run_id)
    rules.permit(actor, "stop", run=case.run)
    said = f"Stopped via {actor.surface}" + (f": {reason}" if reason else "")
    return _end(
        case,
        rules,
        End(
            actor=actor,
            status=stopping_status(case.run.profile),
            reason_code=Reason.STOPPED,
            reason=said,
        ),
    )


def delete(tx: Tx, rules: Rules, run_id: int, *, actor: Actor) -> Run:
    """Stop a live run and mark it deleted, which stays listed; let an ended one vanish later."""
    case = load_case(tx, run_id)
    rules.permit(actor, "delete", run=case.run)
    if not case.run.status.live:
        return delete_later(case, actor)
    return _end(
        case,
        rules,
        End(
            actor=actor,
            status=Status.CANCELLED,
            reason_code=Reason.DELETED,
            reason=f"Deleted via {actor.surface}",
        ),
    )


def _end(case: Case, rules: Rules, intent: End) -> Run:
    run = case.run
    if not run.status.live:
        raise IllegalTransitionError(f"{run.key} is already over: {words(run)}.")
    if run.status is Status.CANCELLING:
        raise IllegalTransitionError(f"{run.key} is already being stopped: {run.reason}.")
    for job in list(case.jobs.values()):
        if job.attempt == run.attempt and job.status.live:
            case.end(job, intent, grace=rules.periods.grace)
    return case.save()


def restart(tx: Tx, rules: Rules, run_id: int, *, actor: Actor) -> Run:
    """Order the program of a running agent run to begin again in its workspace."""
    case = load_case(tx, run_id)
    rules.permit(actor, "restart", run=case.run)
    run, job = case.run, case.job
    if run.profile is not Profile.AGENT:
        raise IllegalTransitionError(
            f"Only agent runs restart; {run.key} is of profile {run.profile.value}. "
            f"Stop it and /run retry {run.key} instead."
        )
    if job.status is not Status.RUNNING:
        raise IllegalTransitionError(f"{run.key} is {words(run)}; only a running one restarts.")
    case.tx.orders.give(job.id, OrderKind.RESTART, {"by": actor.name})
    case.note(EventType.RESTART_ORDERED, actor)
    return case.save()


_RETRIABLE = {
    Profile.AGENT: frozenset({Status.FAILED, Status.TIMED_OUT}),
    Profile.PIPELINE: frozenset(
        {Status.SUCCEEDED, Status.PARTIAL, Status.FAILED, Status.TIMED_OUT, Status.CANCELLED}
    ),
}
_UNSUCCESSFUL = frozenset({Status.PARTIAL, Status.FAILED, Status.TIMED_OUT, Status.CANCELLED})
_FOLLOWING_UP = frozenset({Profile.AGENT, Profile.POD})
"""These may follow up on their pull request, also after they succeeded."""
_FOLLOWED_UP = frozenset({Disposition.PR_OPEN, Disposition.PR_REJECTED})


def retry(tx: Tx, rules: Rules, run_id: int, *, actor: Actor) -> Run:
    """Open the next attempt of an ended run: a new job, a new claim, a new workspace.

    A runbook begins as a new run instead, so that what was found and done before stays apart.
    """
    case = load_case(tx, run_id)
    rules.permit(actor, "retry", run=case.run)
    run = case.run
    if run.status.live:
        raise IllegalTransitionError(f"{run.key} is still {words(run)}; stop it first.")
    if not _may_retry(run):
        raise IllegalTransitionError(
            f"{run.key} is {words(run)}; {_retriable_words(run.profile)} can be retried."
        )
    return _begin_again(case, rules, actor)


def rerun(tx: Tx, rules: Rules, run_id: int, *, actor: Actor) -> Run:
    """Do the work of an ended run again, in the way of its profile.

    A flow or guide becomes a new run that names this one; of the others the next attempt is
    opened, where their state lets it be. Raises IllegalTransitionError where it does not, saying
    why, and what to do instead.
    """
    case = load_case(tx, run_id)
    rules.permit(actor, "rerun", run=case.run)
    run = case.run
    if run.status.live:
        raise IllegalTransitionError(
            f"{run.key} is still {words(run)}: only an ended run runs again. Stop it first.",
            suggestions=(f"/run stop {run.key}",),
        )
    if run.profile not in RUNBOOKS and not _may_retry(run):
        raise _nothing_to_repeat(run)
    return _begin_again(case, rules, actor)


def _nothing_to_repeat(run: Run) -> IllegalTransitionError:
    request = asking_again(run)
    inputs = (f'{name}="{value}"' for name, value in request.inputs.items() if '"' not in value)
    work = f"{run.issue.key} with {run.blueprint}" if run.issue else run.blueprint
    command = " ".join(["/run dispatch", work, run.mode.value, *inputs])
    pulls = (
        " A succeeded one runs again only to follow up on its pull request, open or rejected."
        if run.profile in _FOLLOWING_UP
        else ""
    )
    return IllegalTransitionError(
        f"{run.key} is {words(run)}: of profile {run.profile.value}, "
        f"{_retriable_words(run.profile)} run again.{pulls} To do the work anew, start a new "
        f"run: {command}",
        suggestions=(command,),
    )


def _begin_again(case: Case, rules: Rules, actor: Actor) -> Run:
    """A new run of a runbook, the next attempt of anything else."""
    tx, run = case.tx, case.run
    require_enabled(tx, rules, run.blueprint, project=run.project)
    require_free(tx, run.dedupe_key)
    if run.profile in RUNBOOKS:
        return repeat(tx, rules, run, actor)
    case.change(
        attempt=run.attempt + 1,
        attempt_by=actor.name,
        steerers=(),
        disposition=Disposition.NONE,
        pushed_commit="",
        started_at=None,
    )
    blueprint = tx.blueprints.load(run.blueprint_version)
    job = case.add_job(first_job(case.run, blueprint, number=case.job.number + 1, tx=tx))
    case.note(EventType.ATTEMPT_OPENED, actor, **told(job))
    return case.save()


def _may_retry(run: Run) -> bool:
    if run.profile in _FOLLOWING_UP and run.disposition in _FOLLOWED_UP:
        return True
    return run.status in _RETRIABLE.get(run.profile, _UNSUCCESSFUL)


def _retriable_words(profile: Profile) -> str:
    return "failed and timed-out runs" if profile is Profile.AGENT else "runs that did not succeed"


def assign(tx: Tx, rules: Rules, run_id: int, *, actor: Actor, owner: str) -> Run:
    """Give a run another owner."""
    case = load_case(tx, run_id)
    rules.permit(actor, "assign", run=case.run)
    require_person(rules, owner, project=case.run.project)
    if case.run.owner == owner and not case.run.owner_fallback:
        raise IllegalTransitionError(f"@{owner} owns {case.run.key} already.")
    before = case.run.owner
    case.change(owner=owner, owner_fallback=False)
    case.note(EventType.OWNER_ASSIGNED, actor, owner=owner, before=before)
    return case.save()


def review(tx: Tx, rules: Rules, run_id: int, *, actor: Actor) -> Run:
    """Close a successful run after reading what it did."""
    case = load_case(tx, run_id)
    rules.permit(actor, "review", run=case.run)
    run = case.run
    reviewable = {Disposition.NONE, Disposition.PR_MERGED, Disposition.PR_REJECTED}
    if run.status not in {Status.SUCCEEDED, Status.PARTIAL} or run.disposition not in reviewable:
        raise IllegalTransitionError(
            f"{run.key} is {words(run)}; only a completed run without an open pull request "
            "can be reviewed."
        )
    case.change(disposition=Disposition.REVIEWED)
    case.note(
        EventType.DISPOSITION_CHANGED,
        actor,
        disposition=Disposition.REVIEWED.value,
        before=run.disposition.value,
    )
    return case.save()


def words(run: Run) -> str:
    """The run's status in the words of its profile, in lower case."""
    return label(run.profile, run.status, run.phase, run.reason_code, run.disposition).lower()
