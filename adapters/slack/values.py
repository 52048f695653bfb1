"""What a button of ours carries: its press and its form, or where to find them.

Slack keeps up to 2,000 characters with a button, 150 with an option of a menu. What is longer
stays with us: the button then carries a Reference, the place of its message and a digest, and
`find_button` finds it again in that message.
"""

import json
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from typing import Any

from adapters.slack.limits import BUTTON_VALUE
from bot.domain.codec import JSON, decode, digest, encode
from bot.domain.errors import UserError
from bot.domain.invocation import Press
from bot.messages.message import Button, Field, Message
from bot.messages.render import say, word

_SHORT = 24
"""Characters of a digest: enough among the buttons of one message."""
_LONGEST_SOURCE = 200


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A button that stands in a message which we can make again."""

    verb: str
    source: str
    """Of the message: `posting <run> <subject>`, or `reply <invocation's key>`."""
    digest: str


def source_of(message: Message) -> str:
    """How a message that the notifier tells is found again."""
    attributes = message.attributes
    return f"posting {attributes.get('run', '')} {attributes.get('subject', '')}"


def write_value(button: Button, source: str, *, limit: int = BUTTON_VALUE) -> str:
    """The value of a button; a reference where the whole is longer than `limit`."""
    whole = {"press": encode(button.press), "label": button.label}
    if button.form:
        whole["form"] = [_slim(field) for field in button.form]
    text = _dense(whole)
    if len(text) <= limit:
        return text
    reference = {"verb": button.press.verb, "source": source[:_LONGEST_SOURCE]}
    return _dense({**reference, "digest": _digest(button)})


def fits(button: Button, limit: int) -> bool:
    """Whether a button's own value is short enough for a menu."""
    return len(write_value(button, "", limit=1 << 30)) <= limit


def read_value(value: str) -> Button | Reference:
    """The button behind a value. Raises UserError for what we did not write."""
    try:
        data: JSON = json.loads(value)
        if "digest" in data:
            return decode(Reference, data)
        form = tuple(decode(Field, field) for field in data.get("form", ()))
        return Button(label=data["label"], press=decode(Press, data["press"]), form=form)
    except (AttributeError, ValueError, KeyError, TypeError) as error:
        raise UserError(say("old_button").fallback) from error


def find_button(message: Message, reference: Reference) -> Button | None:
    """The button that a reference means, if the message still has it."""
    return next(
        (button for button in _buttons(message) if _digest(button) == reference.digest), None
    )


def _buttons(message: Message) -> Iterator[Button]:
    yield from message.buttons
    yield from (row.button for row in message.rows if row.button)


def _digest(button: Button) -> str:
    return digest([button.press, button.form])[:_SHORT]


def _slim(field: Field) -> dict[str, Any]:
    """A field without what goes without saying."""
    usual = {part.name: part.default for part in fields(Field) if part.default is not MISSING}
    return {
        name: value
        for name, value in encode(field).items()
        if name not in usual or value != encode(usual[name])
    }


def _dense(data: JSON) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def button_words(button: Button) -> str:
    """A button's label as a form's title: without the dots that promise one."""
    return button.label.rstrip("…. ") or word("slack", "send")
