"""Undoing: what was asked for happens a little later, and can be taken back until then."""

from collections.abc import Sequence

from bot.domain.actor import CLOCK, Actor
from bot.domain.deadlines import say_duration
from bot.domain.effect import UNDO_WINDOW, Effect, EffectKind, EffectState
from bot.domain.errors import IllegalTransitionError, NotFoundError, RefusedError
from bot.domain.events import EventType
from bot.domain.policy import decide_undo
from bot.domain.posting import CARD
from bot.domain.run import Run
from bot.domain.vocabulary import Disposition
from bot.ports.store import Tx
from bot.services.case import Case, load_case
from bot.services.rules import Rules, refusal

_COUNTED_DOWN = 20
"""Cards that count down at the same time; the others say when, and stand still."""


def delete_later(case: Case, actor: Actor) -> Run:
    """Let an ended run be deleted when the time to undo is over.

    Raises IllegalTransitionError where that was asked for already.
    """
    run, tx = case.run, case.tx
    earlier = tx.effects.pending_of(run.id)
    if earlier:
        left = say_duration(earlier.due_at - tx.now())
        raise IllegalTransitionError(
            f"@{earlier.actor.name} is deleting {run.key} already; it is gone in {left}. "
            f"/run undo {run.key} keeps it."
        )
    tx.effects.add(
        EffectKind.DELETE,
        subject=run.key,
        run_id=run.id,
        actor=actor,
        due_at=tx.now() + UNDO_WINDOW,
    )
    case.note(EventType.DELETION_REQUESTED, actor)
    return case.save()


def undo(tx: Tx, rules: Rules, runs: Sequence[Run], *, actor: Actor) -> tuple[Run, ...]:
    """Take back what awaits these runs; without runs, what this person asked for last.

    Raises NotFoundError where nothing awaits, RefusedError where somebody else asked.
    """
    wanted = [_require_pending(tx, run) for run in runs] or _asked_last(tx, actor)
    return tuple(_undo_one(tx, rules, effect, actor) for effect in wanted)


def _require_pending(tx: Tx, run: Run) -> Effect:
    effect = tx.effects.pending_of(run.id)
    if effect is None:
        raise NotFoundError(
            f"Nothing awaits {run.key} that could be undone; "
            f"that is possible for {say_duration(UNDO_WINDOW)}."
        )
    return effect


def _asked_last(tx: Tx, actor: Actor) -> list[Effect]:
    """What somebody asked for in one request, the newest of theirs that is pending."""
    own = tx.effects.pending_by(actor.name)
    if not own:
        raise NotFoundError(
            "There is nothing of yours to undo; what you ask for can be taken back for "
            f"{say_duration(UNDO_WINDOW)}."
        )
    newest = max(effect.asked_at for effect in own)
    return [effect for effect in own if effect.asked_at == newest]


def _undo_one(tx: Tx, rules: Rules, effect: Effect, actor: Actor) -> Run:
    case = load_case(tx, _run_id(effect))
    ruling = decide_undo(rules.policy, actor.handle or "", asked_by=effect.actor.name, run=case.run)
    if not ruling.allowed:
        raise RefusedError(refusal(actor, "undo", ruling))
    tx.effects.settle(effect.id, EffectState.UNDONE, by=actor.name)
    case.note(EventType.DELETION_UNDONE, actor, why="")
    return case.save()


def sweep_effects(tx: Tx) -> int:
    """Carry out what is due, and let the cards of what is not count down; says how many."""
    due = tx.effects.due(tx.now())
    for effect in due:
        _carry_out(tx, effect)
    for effect in tx.effects.pending(limit=_COUNTED_DOWN):
        run = tx.runs.load(_run_id(effect))
        for conversation in run.conversations:
            tx.postings.want(run.id, conversation, CARD)
    return len(due)


def _carry_out(tx: Tx, effect: Effect) -> None:
    """Delete the run and empty it; where it has come to life meanwhile, nothing happens."""
    case = load_case(tx, _run_id(effect))
    run = case.run
    if run.status.live:
        tx.effects.settle(effect.id, EffectState.VOID, by=CLOCK.name)
        case.note(EventType.DELETION_UNDONE, CLOCK, why="it is live again")
        case.save()
        return
    tx.effects.settle(effect.id, EffectState.DONE, by=CLOCK.name)
    case.change(disposition=Disposition.DELETED)
    case.note(
        EventType.DISPOSITION_CHANGED,
        effect.actor,
        disposition=Disposition.DELETED.value,
        before=run.disposition.value,
    )
    case.save()
    tx.runs.purge(run.id)
    tx.postings.want_again(run.id)


def _run_id(effect: Effect) -> int:
    assert effect.run_id is not None, "every effect there is today is about a run"
    return effect.run_id
