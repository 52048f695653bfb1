"""Steering: people's words reach the program of a live run."""

from bot.domain.actor import Actor
from bot.domain.blueprint import Replies
from bot.domain.errors import IllegalTransitionError
from bot.domain.events import EventType
from bot.domain.order import Order, OrderKind
from bot.domain.run import Run
from bot.ports.store import Tx
from bot.services.case import load_case
from bot.services.lifecycle import words
from bot.services.rules import Rules
from bot.services.sealing import require_no_secret


def steer(  # noqa: PLR0913  # what is said, by whom, to whom, and how soon
    tx: Tx, rules: Rules, run_id: int, *, actor: Actor, text: str, urgent: bool = False
) -> tuple[Run, Order]:
    """Hand words to a run's program; who does so has steered it, as four-eyes counts.

    Urgent ones ask the program to stop what it is at and to read them now; others wait until
    it is done with that.
    Raises IllegalTransitionError where no program would read them.
    """
    case = load_case(tx, run_id)
    rules.permit(actor, "reply", run=case.run)
    run, job = case.run, case.job
    if tx.blueprints.load(run.blueprint_version).replies is Replies.NONE:
        raise IllegalTransitionError(
            f"The program of {run.key} takes no messages; its blueprint {run.blueprint} says "
            "replies: none."
        )
    if not job.status.live or not job.program_present:
        raise IllegalTransitionError(f"{run.key} is {words(run)}; no program is there to read it.")
    require_no_secret(case.gates)
    data = {"by": actor.name, "kind": "reply", "text": text, "gate": "", "urgent": urgent}
    order = tx.orders.give(job.id, OrderKind.REPLY, data)
    case.change(steerers=tuple(sorted({*run.steerers, actor.name})))
    case.note(EventType.REPLY_GIVEN, actor, text=text)
    return case.save(), order
