"""Nudging: a silent program is asked for a sign of life."""

from bot.domain.actor import Actor
from bot.domain.blueprint import Replies
from bot.domain.errors import IllegalTransitionError
from bot.domain.events import EventType
from bot.domain.order import OrderKind
from bot.domain.run import Run
from bot.domain.vocabulary import Status
from bot.ports.store import Tx
from bot.services.case import load_case
from bot.services.lifecycle import words
from bot.services.rules import Rules

_TEXT = "People ask whether you are still at work. Say something, or report a phase or step."


def nudge(tx: Tx, rules: Rules, run_id: int, *, actor: Actor) -> Run:
    """Send the program of a running run a message of the kind `nudge`.

    Raises IllegalTransitionError where no program runs, or it takes no messages.
    """
    case = load_case(tx, run_id)
    rules.permit(actor, "nudge", run=case.run)
    run, job = case.run, case.job
    if job.status is not Status.RUNNING:
        raise IllegalTransitionError(f"{run.key} is {words(run)}; only a running one is nudged.")
    if tx.blueprints.load(run.blueprint_version).replies is Replies.NONE:
        raise IllegalTransitionError(
            f"The program of {run.key} takes no messages (its blueprint says replies: none). "
            f"Look at /run logs {run.key}, or stop it."
        )
    order = {"by": actor.name, "kind": "nudge", "text": _TEXT, "gate": ""}
    tx.orders.give(job.id, OrderKind.REPLY, order)
    case.note(EventType.NUDGED, actor, job=job.number)
    return case.save()
