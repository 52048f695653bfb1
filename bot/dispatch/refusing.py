"""Refusing: what no request may be, and the answer to one that a person can mend."""

import re
from collections.abc import Iterator
from dataclasses import replace

from bot.dispatch.command import UnknownVerbError
from bot.dispatch.reading import SAY
from bot.domain.catalog import Catalog
from bot.domain.codec import JSON
from bot.domain.errors import (
    RefusedError,
    UnknownPersonError,
    UsageError,
    UserError,
    WrongFieldError,
)
from bot.domain.form import FIELD, WrongAnswersError
from bot.domain.invocation import Invocation, Press
from bot.messages.message import Button, Tone
from bot.messages.render import say, word
from bot.messages.reply import Outcome, Reply


def offer_blueprint(error: UnknownVerbError, catalog: Catalog) -> UnknownVerbError:
    """The same, offering the blueprint that is called so, where it is seen."""
    started = [f"/run dispatch {name}" for name in catalog.blueprints if name == error.verb]
    return UnknownVerbError(error.verb, [*started, *error.suggestions]) if started else error


def refusal_reply(error: UserError) -> Reply:
    """The private answer to a request that a person can mend."""
    outcome = Outcome.USAGE if isinstance(error, UsageError) else Outcome.REFUSED
    buttons = tuple(
        Button(label=words, press=Press(verb=SAY, arguments={"text": words}))
        for words in error.suggestions
    )
    if isinstance(error, UnknownPersonError) and error.suggested:
        buttons = (*buttons, _claim(error.suggested))
    name = "refused" if isinstance(error, RefusedError) else "not_done"
    message = say(name, tone=Tone.BAD, text=error.text)
    wrong = error.problems if isinstance(error, WrongAnswersError) else {}
    problems = {f"{FIELD}{name}": problem for name, problem in wrong.items()}
    if isinstance(error, WrongFieldError):
        problems = {error.field: error.text}
    return Reply(message=replace(message, buttons=buttons), outcome=outcome, problems=problems)


def _claim(person: str) -> Button:
    """The button by which somebody asks to be linked."""
    press = Press(verb="link", arguments={"claim": person})
    return Button(label=word("buttons", "claim").format(person=person), press=press)


_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def refuse_control_characters(invocation: Invocation) -> None:
    """Raise UsageError for text that would not show what it says."""
    pressed = {} if invocation.press is None else dict(invocation.press.arguments)
    for text in (invocation.text, *_texts(pressed)):
        if match := _CONTROLS.search(text):
            raise UsageError(
                f"The request holds a control character (U+{ord(match[0]):04X}); "
                "type it anew without, or paste it as plain text."
            )


def _texts(value: JSON) -> Iterator[str]:
    """Every text in the arguments of a press, names aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)
