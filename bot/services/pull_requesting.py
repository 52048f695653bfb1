"""Pull requesting: a run's pushed branch becomes a pull request, and the run follows its fate.

What a host shows is compared with what is stored, and the difference becomes events; so it does
not matter how often, how late or in what order anybody learns of it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.domain.actor import Actor, ActorKind
from bot.domain.codec import JSON
from bot.domain.errors import NotFoundError
from bot.domain.events import EventType
from bot.domain.job import Job
from bot.domain.notes import NOTED, gather
from bot.domain.pull_request import (
    GIVE_UP_AFTER,
    PullRequest,
    PullState,
    Review,
    SeenPull,
    back_off,
    decide_dispositions,
    is_news,
    next_look,
)
from bot.domain.repository import hosted_name
from bot.domain.transition import told
from bot.domain.vocabulary import Disposition, Status, phase_advances, raised_phase
from bot.messages.pull_content import check_words, pull_content
from bot.ports.code_host import CommitReport, PullDraft
from bot.ports.store import Tx
from bot.services.case import Case, load_case
from bot.services.rules import Rules

_GOOD_ENDS = frozenset({Status.SUCCEEDED, Status.PARTIAL})
_LASTING_WAIT = timedelta(hours=1)
"""Between two tries where a person must act first."""


def want_pull_request(case: Case, rules: Rules, job: Job) -> None:
    """Let what a job pushed become a pull request, now that the job has ended well.

    One that ended in part becomes a draft. An open one of an earlier attempt is brought up to
    date, whether or not anything was pushed.
    """
    hosting, run = rules.hosting, case.run
    name = hosted_name(job.target, hosting.host) if hosting else None
    if hosting is None or name is None or job.status not in _GOOD_ENDS:
        return
    known = case.tx.pull_requests.find(run.id)
    fresh: dict[str, JSON] = {
        "surface": hosting.surface,
        "repository": name,
        "branch": run.branch,
        "draft": job.status is Status.PARTIAL,
        "wanted_at": case.tx.now(),
        "due_at": case.tx.now(),
    }
    if known is None and run.pushed_commit:
        case.tx.pull_requests.create(
            PullRequest(id=0, run_id=run.id, commit=run.pushed_commit, **fresh)
        )
    elif known is not None and (run.pushed_commit or known.state is PullState.OPEN):
        commit = run.pushed_commit or known.commit
        again = replace(known, commit=commit, wanted=known.wanted + 1, attempts=0, **fresh)
        given_up = again.state is PullState.GIVEN_UP
        again = replace(again, state=PullState.WANTED if given_up else again.state, problem="")
        case.tx.pull_requests.save(again)


def compose(tx: Tx, pull: PullRequest, url: str) -> tuple[PullDraft, CommitReport] | None:
    """The pull request of a run as it is to be, and what to say beside its commit.

    `url` is the run's page, or empty. None for a run that was deleted.
    """
    run = tx.runs.load(pull.run_id)
    if run.disposition is Disposition.DELETED:
        return None
    summaries = tx.runs.events_of(run.id, EventType.SUMMARY_REPORTED)
    notes = gather(tx.runs.events_of(run.id, *NOTED))
    summary = summaries[-1].data["text"] if summaries else ""
    draft = PullDraft(
        repository=pull.repository,
        branch=pull.branch,
        content=pull_content(run, notes, summary=summary, url=url),
        draft=pull.draft,
    )
    report = CommitReport(key=run.key, succeeded=not pull.draft, summary=check_words(run), url=url)
    return draft, report


def settle_opened(tx: Tx, worked_on: PullRequest, seen: SeenPull) -> None:
    """The pull request was opened, found or brought up to date: store it, and let it be told."""
    loaded = _load(tx, worked_on)
    if loaded is None:
        return
    pull, case = loaded
    now_known = replace(
        _seen(tx, pull, seen),
        number=seen.number,
        url=seen.url,
        told=worked_on.wanted,
        attempts=0,
        problem="",
    )
    tx.pull_requests.save(_due(tx, now_known, worked_on, pull))
    again = pull.number == seen.number and bool(case.run.pushed_commit)
    _tell_opened(case, seen, _actor(pull), again=again)
    _tell_reviews(case, seen, _actor(pull))
    case.save()


def _tell_opened(case: Case, seen: SeenPull, actor: Actor, *, again: bool) -> None:
    run, job = case.run, case.job
    data: dict[str, JSON] = {"number": seen.number, "url": seen.url, "draft": seen.draft}
    data |= {"commit": run.pushed_commit or seen.head, "again": again}
    if not run.status.live and run.disposition in {Disposition.NONE, Disposition.PR_REJECTED}:
        data |= {"disposition": Disposition.PR_OPEN.value, "before": run.disposition.value}
        case.change(disposition=Disposition.PR_OPEN)
        raised = raised_phase(run.profile)
        if phase_advances(run.profile, job.phase, raised):
            case.jobs[job.id] = replace(job, phase=raised)
            data |= told(case.jobs[job.id])
    case.change(pr_url=seen.url)
    case.note(EventType.PULL_REQUEST_OPENED, actor, **data)


def settle_seen(tx: Tx, worked_on: PullRequest, seen: SeenPull) -> None:
    """The pull request was looked at: what is new becomes the run's disposition and events."""
    loaded = _load(tx, worked_on)
    if loaded is None or loaded[0].number != seen.number:
        return
    pull, case = loaded
    now_known = replace(_seen(tx, pull, seen), attempts=0)
    tx.pull_requests.save(_due(tx, now_known, worked_on, pull))
    run = case.run
    path = () if run.status.live else decide_dispositions(run.disposition, now_known.state)
    for disposition in path:
        before = case.run.disposition
        case.change(disposition=disposition)
        case.note(
            EventType.DISPOSITION_CHANGED,
            _actor(pull),
            disposition=disposition.value,
            before=before.value,
            number=seen.number,
            url=seen.url,
            by=seen.by if disposition is Disposition.PR_MERGED else "",
        )
    _tell_reviews(case, seen, _actor(pull))
    case.save_quietly()


def _tell_reviews(case: Case, seen: SeenPull, actor: Actor) -> None:
    """Every review that asks for changes, once."""
    told_before = case.tx.runs.events_of(case.run.id, EventType.PULL_REQUEST_REVIEWED)
    known = {event.data["review"] for event in told_before}
    for review in seen.reviews:
        if review.id not in known:
            case.note(
                EventType.PULL_REQUEST_REVIEWED,
                actor,
                review=review.id,
                by=review.by,
                text=review.text,
                comments=list(review.comments),
                number=seen.number,
                url=review.url or seen.url,
            )


def settle_failed(
    tx: Tx, worked_on: PullRequest, why: str, *, retry_after: float | None, lasting: bool
) -> None:
    """The host did not do it: try again later; people are told once, and not of a hiccup.

    `retry_after` in seconds; `lasting` where waiting alone does not mend it.
    """
    loaded = _load(tx, worked_on)
    if loaded is None:
        return
    pull, case = loaded
    now = tx.now()
    opening = pull.told < pull.wanted
    wait = _LASTING_WAIT if lasting else back_off(pull.attempts, retry_after)
    failed = replace(pull, attempts=pull.attempts + 1, due_at=now + wait)
    if opening and lasting and now - pull.wanted_at > GIVE_UP_AFTER:
        state = PullState.GIVEN_UP if pull.state is PullState.WANTED else pull.state
        failed = replace(failed, state=state, told=pull.wanted, due_at=None)
    if opening and is_news(pull, lasting=lasting):
        failed = replace(failed, problem=why)
        case.note(EventType.PULL_REQUEST_HELD_UP, _actor(pull), why=why, lasting=lasting)
    tx.pull_requests.save(_due(tx, failed, worked_on, pull))
    case.save_quietly()


def _load(tx: Tx, worked_on: PullRequest) -> tuple[PullRequest, Case] | None:
    """The pull request and its run as they are now; None where the run is gone."""
    pull = tx.pull_requests.find(worked_on.run_id)
    if pull is None:
        return None
    try:
        case = load_case(tx, pull.run_id)
    except NotFoundError:
        return None
    if case.run.disposition is Disposition.DELETED:
        settle_deleted(tx, pull)
        return None
    return pull, case


def settle_deleted(tx: Tx, pull: PullRequest) -> None:
    """The run was deleted: its pull request is nobody's business any more."""
    stored = tx.pull_requests.find(pull.run_id)
    if stored is not None:
        tx.pull_requests.save(replace(stored, due_at=None))


def _seen(tx: Tx, pull: PullRequest, seen: SeenPull) -> PullRequest:
    closed_at = pull.closed_at if seen.state is pull.state else tx.now()
    known = replace(
        pull,
        state=seen.state,
        head=seen.head,
        closed_at=None if seen.state is PullState.OPEN else closed_at,
    )
    return replace(known, due_at=next_look(known, tx.now()))


def _due(tx: Tx, settled: PullRequest, worked_on: PullRequest, stored: PullRequest) -> PullRequest:
    """Due at once where somebody has asked for another look, or for more, meanwhile."""
    asked = stored.due_at != worked_on.due_at or stored.wanted != worked_on.wanted
    return replace(settled, due_at=tx.now()) if asked else settled


def _actor(pull: PullRequest) -> Actor:
    return Actor(kind=ActorKind.SYSTEM, name=pull.surface, surface=pull.surface)


def reviews_for(tx: Tx, job: Job) -> tuple[Review, ...]:
    """What reviewers asked for since the attempt before this job's began."""
    if job.attempt == 1:
        return ()
    types = (EventType.PULL_REQUEST_REVIEWED, EventType.ATTEMPT_OPENED)
    before, since = list[Review](), list[Review]()
    for event in tx.runs.events_of(job.run_id, *types):
        if event.type is EventType.ATTEMPT_OPENED:
            before, since = since, []
        else:
            since.append(_review(event.data))
    return (*before, *since)


def _review(data: Mapping[str, JSON]) -> Review:
    return Review(
        id=data["review"],
        by=data["by"],
        text=data["text"],
        comments=tuple(data["comments"]),
        url=data["url"],
    )
