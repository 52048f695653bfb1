"""Dispatching: a request becomes a queued run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.actor import Actor
from bot.domain.blueprint import Blueprint, Value
from bot.domain.conversation import Conversation
from bot.domain.errors import IllegalTransitionError, NotFoundError, WrongFieldError
from bot.domain.events import EventType
from bot.domain.issue import Issue
from bot.domain.job import Job
from bot.domain.mirroring import decide_mirrors
from bot.domain.policy import decide_owner
from bot.domain.posting import CARD
from bot.domain.run import Run
from bot.domain.transition import told
from bot.domain.vocabulary import Mode, Status
from bot.ports.store import Tx
from bot.services.case import Case
from bot.services.enabling import ignores_trigger, require_enabled
from bot.services.people import find_assignee, require_person
from bot.services.planning import first_phase
from bot.services.rules import Rules

_BRANCH = re.compile(
    r"(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)))[A-Za-z0-9][A-Za-z0-9._/@+-]{0,199}(?<![./])"
)


@dataclass(frozen=True, kw_only=True)
class DispatchRequest:
    """What a person may say of a run to be."""

    blueprint: str = ""
    """Empty where it is chosen for the issue."""
    issue: Issue | None = None
    because: str = "named in the request"
    """Why this blueprint."""
    branch: str = ""
    mode: Mode | None = None
    owner: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    retry_of: int | None = None


def dispatch(
    tx: Tx, rules: Rules, request: DispatchRequest, *, actor: Actor, conversation: Conversation
) -> Run:
    """Create a run and queue its job.

    Raises NotFoundError for an unknown blueprint, RefusedError where policy says no,
    IllegalTransitionError for a disabled blueprint or an issue that a live run works on, and
    UserError for wrong inputs, branch or owner; then nothing is created.
    """
    blueprint = rules.catalog.find(request.blueprint)
    rules.permit(actor, "dispatch", project=blueprint.project, blueprint=blueprint.name)
    require_enabled(tx, rules, blueprint.name, project=blueprint.project)
    inputs = blueprint.read_inputs(request.inputs)
    _require_sound(rules, request, project=blueprint.project)
    issue, place = request.issue, find_place(tx, conversation)
    require_free(tx, issue.dedupe_key if issue else "")
    owner, fallback = _owner(tx, rules, request, actor=actor, project=blueprint.project)
    tx.blueprints.keep(blueprint)
    now = tx.now()
    run = tx.runs.create(
        Run(
            id=0,
            profile=blueprint.profile,
            blueprint=blueprint.name,
            blueprint_version=blueprint.version,
            project=blueprint.project,
            title=(issue.title if issue else "") or blueprint.title,
            requested_by=actor.name,
            attempt_by=actor.name,
            surface=actor.surface,
            owner=owner,
            owner_fallback=fallback,
            chosen_because=request.because,
            mode=request.mode or Mode.SUPERVISED,
            inputs=inputs,
            branch=request.branch or _issue_branch(issue, blueprint),
            status=Status.QUEUED,
            conversation=place,
            mirrors=decide_mirrors(rules.policy, blueprint.project, issue, asked_in=place),
            issue=issue,
            dedupe_key=issue.dedupe_key if issue else "",
            created_at=now,
            updated_at=now,
            retry_of=request.retry_of,
        )
    )
    return _queue_first_job(tx, run, blueprint, actor)


def _require_sound(rules: Rules, request: DispatchRequest, *, project: str) -> None:
    """Raises WrongFieldError for a branch that none can be called, or an unknown owner."""
    if request.branch and not _BRANCH.fullmatch(request.branch):
        raise WrongFieldError(
            f"“{request.branch[:80]}” cannot name a branch: use letters, digits and ._-/@+, "
            "without “..”, and begin with a letter or digit.",
            field="branch",
        )
    if request.owner:
        try:
            require_person(rules, request.owner, project=project)
        except NotFoundError as error:
            raise WrongFieldError(error.text, field="owner") from None


def _owner(
    tx: Tx, rules: Rules, request: DispatchRequest, *, actor: Actor, project: str
) -> tuple[str, bool]:
    issue = request.issue
    assignee = find_assignee(tx, rules.policy, issue, project=project) if issue else None
    return decide_owner(
        rules.policy, explicit=request.owner, requester=actor.name, assignee=assignee
    )


def _issue_branch(issue: Issue | None, blueprint: Blueprint) -> str:
    """The branch that the tracker proposes, where there is code and the name will do.

    It must hold the issue's key: no tracker may point a run at a branch that others share.
    """
    if issue is None or not blueprint.repositories:
        return ""
    own = issue.key.casefold() in issue.branch.casefold()
    return issue.branch if own and _BRANCH.fullmatch(issue.branch) else ""


def find_place(tx: Tx, conversation: Conversation) -> Conversation:
    """Where a run that is asked for here is told.

    A thread is kept unless it is a run's own: the one below its card.
    """
    run_id = tx.postings.find_run(conversation)
    card = tx.postings.find(run_id, conversation.root, CARD) if run_id else None
    return conversation.root if card and card.message_id == conversation.thread else conversation


def require_free(tx: Tx, dedupe_key: str) -> None:
    """Raises IllegalTransitionError where a live run has this key already."""
    live = tx.runs.find_live(dedupe_key) if dedupe_key else None
    if live is not None:
        raise IllegalTransitionError(
            f"R-{live} is already at work on this issue. Only one run at a time works on an issue."
        )


def repeat(tx: Tx, rules: Rules, run: Run, actor: Actor) -> Run:
    """A new run of the same blueprint version with the same inputs, linked by `retry_of`."""
    blueprint = tx.blueprints.load(run.blueprint_version)
    owner, fallback = decide_owner(rules.policy, explicit="", requester=actor.name, assignee=None)
    again = Run(
        id=0,
        profile=run.profile,
        blueprint=run.blueprint,
        blueprint_version=run.blueprint_version,
        project=run.project,
        title=run.title,
        requested_by=actor.name,
        attempt_by=actor.name,
        surface=actor.surface,
        owner=owner,
        owner_fallback=fallback,
        chosen_because=f"starts {run.key} again",
        mode=run.mode,
        inputs=run.inputs,
        status=Status.QUEUED,
        conversation=run.conversation,
        mirrors=run.mirrors,
        issue=run.issue,
        dedupe_key=run.dedupe_key,
        created_at=tx.now(),
        updated_at=tx.now(),
        retry_of=run.id,
    )
    return _queue_first_job(tx, tx.runs.create(again), blueprint, actor)


def dispatch_triggered(
    tx: Tx, rules: Rules, request: DispatchRequest, *, actor: Actor, conversation: Conversation
) -> Run | None:
    """Create a run that a schedule or another system asks for.

    Of a disabled blueprint nothing is created: the trigger is counted, and None returned.
    """
    if ignores_trigger(tx, request.blueprint):
        return None
    return dispatch(tx, rules, request, actor=actor, conversation=conversation)


def asking_again(run: Run) -> DispatchRequest:
    """The request that a run was made of, naming it."""
    inputs = {name: _input_words(value) for name, value in run.inputs.items()}
    return DispatchRequest(
        blueprint=run.blueprint,
        issue=run.issue,
        mode=run.mode,
        inputs=inputs,
        retry_of=run.id,
    )


def _input_words(value: Value) -> str:
    """How a person would write an input."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _queue_first_job(tx: Tx, run: Run, blueprint: Blueprint, actor: Actor) -> Run:
    case = Case(tx, run, jobs=())
    if not run.branch and blueprint.repositories:
        case.change(branch=f"signalbox/{run.key.lower()}-{blueprint.name}")
    job = case.add_job(first_job(run, blueprint, number=1, tx=tx))
    case.note(
        EventType.RUN_REQUESTED,
        actor,
        **told(job),
        blueprint=blueprint.name,
        version=blueprint.version,
        owner=run.owner,
        mode=run.mode.value,
        inputs=dict(run.inputs),
        retry_of=run.retry_of,
        **({"issue": run.issue.key} if run.issue else {}),
    )
    return case.save()


def first_job(run: Run, blueprint: Blueprint, *, number: int, tx: Tx) -> Job:
    """The one job of a single-job run's attempt, at the end of the queue."""
    return Job(
        id=0,
        run_id=run.id,
        number=number,
        attempt=run.attempt,
        status=Status.QUEUED,
        queued_at=tx.now(),
        target=blueprint.repositories[0] if blueprint.repositories else "",
        labels=blueprint.labels,
        phase=first_phase(blueprint.profile),
    )
