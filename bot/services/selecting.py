"""Selecting: from what a person wrote to the runs and gates that they mean."""

from functools import partial

from bot.domain.conversation import Conversation
from bot.domain.errors import NotFoundError, UserError
from bot.domain.events import Event
from bot.domain.gate import Gate
from bot.domain.run import Run
from bot.domain.selection import Filter, Ref, RefKind, Selection
from bot.domain.vocabulary import LIVE, TERMINAL, Disposition, Status
from bot.ports.store import Tx
from bot.services.case import load_case
from bot.services.gating import find_open_gate, require_gate

MOST_RUNS = 200
"""Runs that one request may mean."""

FITTING: dict[str, frozenset[Status]] = {
    "stop": LIVE - {Status.CANCELLING},
    "delete": frozenset(Status) - {Status.CANCELLING},
    "restart": frozenset({Status.RUNNING}),
    "retry": TERMINAL - {Status.SUCCEEDED},
    "rerun": TERMINAL,
    "review": frozenset({Status.SUCCEEDED, Status.PARTIAL}),
    "approve": frozenset({Status.WAITING}),
    "deny": frozenset({Status.WAITING}),
    "changes": frozenset({Status.WAITING}),
    "ask": frozenset({Status.WAITING}),
    "answer": frozenset({Status.WAITING}),
    "nudge": frozenset({Status.RUNNING}),
}
"""The statuses in which “last” looks for a run that the verb fits; others look everywhere."""


def select_runs(
    tx: Tx, selection: Selection, *, verb: str, conversation: Conversation, most: int = MOST_RUNS
) -> tuple[Run, ...]:
    """The runs that a selection means, each once, in the order they were named; `most` at most.

    Raises NotFoundError for a name nothing answers to, UserError for one that is ambiguous.
    """
    meant = partial(select_run, tx, verb=verb, conversation=conversation)
    if selection.filter is not None:
        found = tx.runs.find(selection.filter, limit=most + 1)
        if len(found) > most:
            raise UserError(f"That means more than {most:,} runs; narrow it down.")
    else:
        found = tuple(map(meant, selection.refs or (Ref(kind=RefKind.HERE),)))
    without = {meant(ref).id for ref in selection.without}
    chosen = {run.id: run for run in found if run.id not in without}
    if not chosen:
        raise NotFoundError("No run is meant by that.", suggestions=("/run list",))
    return tuple(chosen.values())


def select_gates(
    tx: Tx, selection: Selection, *, verb: str, conversation: Conversation
) -> tuple[Gate, ...]:
    """The gates that a selection means: named ones, or the open gates of the runs meant."""
    if selection.filter is not None or not selection.refs:
        runs = select_runs(tx, selection, verb=verb, conversation=conversation)
        return tuple(find_open_gate(load_case(tx, run.id)) for run in runs)
    return tuple(_find_gate(tx, ref, verb, conversation) for ref in selection.refs)


def _find_gate(tx: Tx, ref: Ref, verb: str, conversation: Conversation) -> Gate:
    if ref.kind is RefKind.GATE:
        return require_gate(tx, ref.number)
    run = select_run(tx, ref, verb=verb, conversation=conversation)
    return find_open_gate(load_case(tx, run.id))


def select_run(tx: Tx, ref: Ref, *, verb: str, conversation: Conversation) -> Run:
    """The one run that a reference means. Raises as `select_runs` does."""
    match ref.kind:
        case RefKind.RUN | RefKind.JOB:
            return _by_number(tx, ref.number, verb)
        case RefKind.GATE:
            return tx.runs.load(require_gate(tx, ref.number).run_id)
        case RefKind.LAST:
            return _last(tx, verb)
        case RefKind.HERE:
            return _here(tx, verb, conversation)
        case RefKind.ISSUE:
            return _on_issue(tx, ref.words)
        case RefKind.TITLE:
            return _only(tx.runs.find_titled(ref.words, limit=4), ref.words)


def _on_issue(tx: Tx, key: str) -> Run:
    """The live run on an issue, else the newest that worked on it."""
    live = tx.runs.find(Filter(issue=key, statuses=LIVE), limit=2)
    found = live or tx.runs.find(Filter(issue=key), limit=1)
    if not found:
        command = f"/run dispatch {key}"
        raise NotFoundError(f"No run works on {key}.", suggestions=(command,))
    return _only(found, key)


def _by_number(tx: Tx, number: int, verb: str) -> Run:
    try:
        run = tx.runs.load(number)
    except NotFoundError:
        raise NotFoundError(f"There is no run R-{number}.", suggestions=("/run list",)) from None
    if run.disposition is Disposition.DELETED and verb != "show":
        event = deletion_of(tx, run)
        raise NotFoundError(
            f"{run.key} was deleted by @{event.actor.name} on {event.at:%Y-%m-%d %H:%M} UTC; "
            "nothing of it is left."
        )
    return run


def deletion_of(tx: Tx, run: Run) -> Event:
    """The last event of a deleted run: who deleted it, and when."""
    return tx.runs.events(run.id, after=run.last_seq - 1)[0]


def _last(tx: Tx, verb: str) -> Run:
    found = tx.runs.find(Filter(statuses=FITTING.get(verb, frozenset())), limit=1)
    if not found and verb in FITTING:
        found = tx.runs.find(Filter(), limit=1)
    if not found:
        raise NotFoundError("There is no run yet.", suggestions=("/run help dispatch",))
    return found[0]


def _here(tx: Tx, verb: str, conversation: Conversation) -> Run:
    kept = tx.issues.find(conversation.channel)
    run_id = tx.postings.find_run(conversation) if conversation.thread else None
    if run_id is None and kept and kept.issue.conversation == conversation.root:
        return _on_issue(tx, kept.issue.key)
    if run_id is not None and is_seen(tx, run_id):
        return _by_number(tx, run_id, verb)
    fitting = tx.runs.find(Filter(statuses=FITTING.get(verb, frozenset())), limit=3)
    raise UserError(
        "Which run? Outside a run's thread it must be named; nothing was done.",
        suggestions=tuple(f"/run {verb} {run.key}" for run in fitting),
    )


def is_seen(tx: Tx, run_id: int) -> bool:
    """Whether there is a run of this number, as far as the transaction sees."""
    try:
        tx.runs.load(run_id)
    except NotFoundError:
        return False
    return True


def _only(found: tuple[Run, ...], words: str) -> Run:
    if not found:
        raise NotFoundError(
            f"No run is called “{words[:80]}”. Name it by its number, such as R-81.",
            suggestions=("/run list",),
        )
    if len(found) > 1:
        names = ", ".join(f"{run.key} ({run.title})" for run in found[:3])
        raise UserError(f"“{words[:80]}” means several runs: {names}. Name one by its number.")
    return found[0]
