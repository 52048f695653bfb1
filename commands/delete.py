"""`/run delete <run>…`: stop live runs, which stay listed; let ended ones vanish for good."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bot.dispatch.command import Command, Request
from bot.dispatch.many import CONFIRMED, act_on_each, confirm_many
from bot.domain.effect import UNDO_WINDOW
from bot.domain.invocation import Press
from bot.domain.selection import Selection
from bot.grammar.params import Kind, Param
from bot.messages.message import Button
from bot.messages.render import say, word
from bot.messages.reply import Reply
from bot.services.lifecycle import delete


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """Which runs."""

    runs: Selection = field(default_factory=Selection)
    confirmed: str = ""


def handle(request: Request, given: Arguments) -> Reply:
    """Do it at once to one run, after a confirmation to several."""
    runs = request.select(given.runs, "delete")
    if len(runs) > 1 and not given.confirmed:
        return confirm_many("delete", runs)
    reply = act_on_each(
        request,
        runs,
        lambda run: delete(request.tx, request.rules, run.id, actor=request.actor),
        said="deleted",
    )
    keys = [run.key for run in runs if request.tx.effects.pending_of(run.id)]
    return _offer_undo(reply, keys) if keys else reply


def _offer_undo(reply: Reply, keys: Sequence[str]) -> Reply:
    """The answer, with how long these can be kept after all."""
    offer = say("undo_offered", keys=keys, window=UNDO_WINDOW)
    press = Press(verb="undo", arguments={"runs": list(keys)})
    button = Button(label=word("buttons", "undo"), press=press)
    body = "\n".join(part for part in (offer.title, reply.message.body) if part)
    return replace(reply, message=replace(reply.message, body=body, buttons=(button,)))


COMMAND = Command(
    verb="delete",
    synonyms=(),
    summary="Delete runs: live ones are stopped, ended ones are gone for good after ten seconds.",
    arguments=Arguments,
    handle=handle,
    params=(
        Param(name="runs", kind=Kind.RUNS),
        CONFIRMED,
    ),
    examples=("/run delete R-81", "/run delete failed last 7d except R-81"),
)
