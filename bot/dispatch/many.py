"""Requests about several: confirmed first, then done to each as far as each allows."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from bot.dispatch.command import Request
from bot.domain.errors import UserError
from bot.domain.gate import Gate
from bot.domain.invocation import Press
from bot.domain.run import Run
from bot.grammar.params import Kind, Param
from bot.messages.message import Button, Tone
from bot.messages.render import say, word
from bot.messages.reply import Outcome, Reply

T = TypeVar("T", Run, Gate)

CONFIRMED = Param(name="confirmed", kind=Kind.OPTION, hidden=True)
"""Set by the button that confirms a request about several runs."""


def confirm_many(verb: str, runs: Sequence[Run], **arguments: str) -> Reply:
    """Ask before more than one run is touched; the button names exactly these."""
    keys = [run.key for run in runs]
    press = Press(verb=verb, arguments={"runs": keys, "confirmed": "yes", **arguments})
    button = Button(label=word("buttons", "confirm"), press=press)
    message = say("confirm_many", tone=Tone.ATTENTION, verb=verb, runs=runs)
    return Reply(
        message=replace(message, buttons=(button,)), outcome=Outcome.PROPOSED, runs=tuple(keys)
    )


def act_on_each(
    request: Request, each: Sequence[T], act: Callable[[T], Run], *, said: str
) -> Reply:
    """Do the same to each run or gate; one that refuses does not keep the others from it.

    A single one's refusal is raised as it is.
    """
    done: list[Run] = []
    refused: list[tuple[str, str]] = []
    for one in each:
        try:
            with request.tx.savepoint():
                done.append(act(one))
        except UserError as error:
            if len(each) == 1:
                raise
            refused.append((one.key, error.text))
    message = say(said, runs=done, refused=refused)
    outcome = Outcome.DONE if done else Outcome.REFUSED
    return Reply(message=message, outcome=outcome, runs=tuple(run.key for run in done))
