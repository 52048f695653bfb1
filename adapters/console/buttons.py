"""Buttons in a terminal: numbered as they come, pressed by number, with their questions asked."""

import re
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

from adapters.console.outbound import buttons_of
from bot.domain.codec import JSON
from bot.domain.errors import UsageError
from bot.domain.invocation import Press
from bot.messages.message import Button, Field, FieldKind, Message


class Ask(Protocol):
    """Asks one thing in words."""

    def __call__(self, question: str, *, secret: bool = False) -> Awaitable[str | None]:
        """The answer; None when the person leaves it. A secret is not shown while it is typed."""


_OF_NEWEST = re.compile(r"(?:press\s+)?(\d{1,4})")
_OF_NUMBERED = re.compile(r"(?:press\s+#?(\d{1,6})\s+|#?(\d{1,6})\.)(\d{1,4})")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A button that was named, and the thread its message hangs in."""

    button: Button
    thread: str | None


class ButtonBoard:
    """The messages with buttons of this session. A message keeps its number when edited."""

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._last = 0
        self._shown: dict[int, tuple[tuple[Button, ...], str | None]] = {}

    def place(self, message: Message, *, thread: str | None, id_: int | None = None) -> int | None:
        """Take in a message as it stands now; its number, or None when it has no buttons.

        `id_` is the transcript's number of the message; None for private answers.
        """
        buttons = buttons_of(message)
        number = self._numbers.get(id_) if id_ else None
        if not buttons:
            self._shown.pop(number or 0, None)
            return None
        if number is None:
            self._last += 1
            number = self._last
            if id_:
                self._numbers[id_] = number
        self._shown[number] = (buttons, thread)
        return number

    def find(self, line: str) -> Found | None:
        """The button that `1`, `2.1` or `press 2 1` names; None when a line names none.

        Raises UsageError for one that is not there.
        """
        if match := _OF_NEWEST.fullmatch(line):
            return self._button(max(self._shown, default=0), int(match[1]))
        if match := _OF_NUMBERED.fullmatch(line):
            return self._button(int(match[1] or match[2]), int(match[3]))
        return None

    def _button(self, number: int, place: int) -> Found:
        if number not in self._shown:
            there = ", ".join(f"#{known}" for known in sorted(self._shown)[-5:]) or "none yet"
            raise UsageError(f"No message with that number has buttons. Those that have: {there}.")
        buttons, thread = self._shown[number]
        if not 1 <= place <= len(buttons):
            raise UsageError(f"Message #{number} has no button {place}, only 1 to {len(buttons)}.")
        return Found(button=buttons[place - 1], thread=thread)


async def press(button: Button, ask: Ask) -> Press | None:
    """The press of a button, its confirmation and form asked; None when the person leaves it."""
    if button.confirm:
        answer = await ask(f"{button.confirm} [y/n] ")
        if (answer or "").strip().lower() not in {"y", "yes"}:
            return None
    values: dict[str, JSON] = {}
    for field in button.form:
        value = await _ask_field(field, ask)
        if value is None:
            return None
        if value:
            values[field.name] = value
    return Press(verb=button.press.verb, arguments={**button.press.arguments, **values})


async def _ask_field(field: Field, ask: Ask) -> str | None:
    problem = ""
    while True:
        secret = field.kind is FieldKind.SECRET
        answer = await ask(problem + _question(field), secret=secret)
        if answer is None:
            return None
        value = _value(field, answer if secret else answer.strip())
        if value or (not field.required and not answer.strip()):
            return value
        problem = _MISFITS.get(field.kind, _EMPTY) if answer.strip() else _EMPTY


_EMPTY = "It must not be empty. "
_MISFITS = {
    FieldKind.CHOICE: "It must be one of these. ",
    FieldKind.MULTI_CHOICE: "It must be some of these, with commas between them. ",
    FieldKind.NUMBER: "It must be a number. ",
    FieldKind.FLAG: "It must be yes or no. ",
}
_NUMBER = re.compile(r"[-+]?\d{1,15}(\.\d{1,9})?", re.ASCII)
_FLAGS = {"y": "yes", "yes": "yes", "n": "no", "no": "no"}


def _question(field: Field) -> str:
    choices = "  ".join(f"{place}) {choice}" for place, choice in enumerate(field.choices, 1))
    notes = [
        field.hint,
        "yes or no" if field.kind is FieldKind.FLAG else "",
        "several with commas" if field.kind is FieldKind.MULTI_CHOICE else "",
        f"empty: {field.default}" if field.default else "",
        "may be left empty" if not field.required and not field.default else "",
    ]
    said = ", ".join(filter(None, notes))
    return f"{field.label}{f' ({said})' if said else ''}{': ' + choices if choices else ''} › "


def _value(field: Field, answer: str) -> str:
    """The answer as a value; empty when it does not fit."""
    match field.kind:
        case FieldKind.PERSON:
            return answer.removeprefix("@")
        case FieldKind.NUMBER:
            return answer if _NUMBER.fullmatch(answer) else ""
        case FieldKind.FLAG:
            return _FLAGS.get(answer.lower(), "")
        case FieldKind.MULTI_CHOICE:
            chosen = [_chosen(field, part.strip()) for part in answer.split(",")]
            return ", ".join(chosen) if all(chosen) else ""
        case _:
            return _chosen(field, answer)


def _chosen(field: Field, answer: str) -> str:
    """One of the choices, by its words or its number; any answer where there are none."""
    if not field.choices or answer in field.choices:
        return answer
    if answer.isdecimal() and 1 <= int(answer) <= len(field.choices):
        return field.choices[int(answer) - 1]
    return ""
