"""Issues: a run works on each, at most one at a time, with the blueprint that fits it best."""

from dataclasses import dataclass, replace

from bot.domain.actor import Actor
from bot.domain.conversation import Conversation
from bot.domain.errors import IllegalTransitionError, NotFoundError, UsageError
from bot.domain.events import EventType
from bot.domain.gate import GateState
from bot.domain.issue import Issue, bounded
from bot.domain.issue_choice import choose_blueprint, is_withheld
from bot.domain.mirroring import join_mirrors
from bot.domain.policy import decide_places
from bot.domain.posting import CARD
from bot.domain.run import Run
from bot.ports.store import Tx
from bot.services.case import load_case
from bot.services.dispatching import DispatchRequest, dispatch, find_place
from bot.services.people import find_assignee
from bot.services.rules import Rules

_OFFERED = 3


@dataclass(frozen=True, kw_only=True)
class Work:
    """The run that works on an issue; not `fresh` where it did so before it was asked for."""

    run: Run
    fresh: bool


def dispatch_on_issue(  # noqa: PLR0913  # as dispatch, with the issue that it is about
    tx: Tx,
    rules: Rules,
    request: DispatchRequest,
    *,
    issue: Issue,
    actor: Actor,
    conversation: Conversation,
) -> Work:
    """Create a run on an issue, or find the live one, which is then told here too.

    Raises what `dispatch` raises, and UsageError with commands to choose from where the issue
    fits several blueprints, or none.
    """
    issue = bounded(issue)
    if is_withheld(issue, rules.catalog):
        raise NotFoundError(f"There is no issue {issue.key}, or I may not read it.")
    live = tx.runs.find_live(issue.dedupe_key)
    if live is not None:
        return Work(run=_join(tx, rules, live, actor=actor, conversation=conversation), fresh=False)
    chosen = replace(request, issue=issue)
    if not request.blueprint:
        chosen = _choose(rules, chosen, issue)
    run = dispatch(tx, rules, chosen, actor=actor, conversation=conversation)
    return Work(run=run, fresh=True)


def _choose(rules: Rules, request: DispatchRequest, issue: Issue) -> DispatchRequest:
    """The request with the blueprint that fits best."""
    fit = choose_blueprint(issue, rules.catalog.blueprints.values())
    names = [one.name for one in fit.blueprints]
    if len(names) == 1:
        return replace(request, blueprint=names[0], because=fit.because)
    if names:
        problem = f"{issue.key} fits {' and '.join(names)} equally well. Say which."
    else:
        names = sorted(rules.catalog.blueprints)
        problem = f"{issue.key} fits no blueprint by itself. Say which: with <blueprint>."
    offers = [f"/run dispatch {issue.key} with {name}" for name in names[:_OFFERED]]
    raise UsageError(problem, suggestions=offers)


def _join(tx: Tx, rules: Rules, live: int, *, actor: Actor, conversation: Conversation) -> Run:
    """The live run, told from now on where somebody asked who may start it there."""
    try:
        case = load_case(tx, live)
    except NotFoundError:
        raise IllegalTransitionError(
            "Somebody is already at work on this issue, in a project that you do not see."
        ) from None
    run, place = case.run, find_place(tx, conversation)
    address = run.issue.place if run.issue and place.root == run.issue.conversation else place
    mirrors = join_mirrors(run, place)
    barred = decide_places(rules.policy, run.project, address.address)
    if mirrors == run.mirrors or barred or not rules.permits(actor, "dispatch", run=run):
        return run
    case.change(mirrors=mirrors)
    case.note(EventType.MIRRORED, actor, place=place.address, key=run.key)
    joined = case.save()
    tx.postings.want(run.id, place, CARD)
    for gate in case.gates:
        if gate.state is GateState.OPEN:
            tx.postings.want(run.id, place, f"gate:{gate.id}")
    return joined


def reassign_by_tracker(tx: Tx, rules: Rules, issue: Issue, *, actor: Actor) -> Run | None:
    """The tracker says whose an issue is now: its live run gets that owner.

    `actor` is who did it in the tracker. None where nothing changes: no live run, the same
    assignee as before, or nobody whom policy knows and lets see the run.
    """
    live = tx.runs.find_live(issue.dedupe_key)
    if live is None:
        return None
    case = load_case(tx, live)
    run, before = case.run, case.run.issue
    if before is None or before.assignee == issue.assignee:
        return None
    case.change(issue=replace(before, assignee=issue.assignee, assignee_email=issue.assignee_email))
    owner = find_assignee(tx, rules.policy, issue, project=run.project)
    if not owner or (owner == run.owner and not run.owner_fallback):
        case.save()
        return None
    case.change(owner=owner, owner_fallback=False)
    case.note(EventType.OWNER_ASSIGNED, actor, owner=owner, before=run.owner)
    return case.save()
