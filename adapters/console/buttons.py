"""Buttons in a terminal: numbered as they come, pressed by number, with their questions asked."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adapters.console.outbound import buttons_of
from bot.domain.codec import JSON
from bot.domain.errors import UsageError
from bot.domain.invocation import Press
from bot.messages.message import Button, Field, FieldKind, Message

Ask = Callable[[str], Awaitable[str | None]]
"""Asks one thing in words; None when the person leaves it."""

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
    hint = ""
    while True:
        answer = await ask(hint + _question(field))
        if answer is None:
            return None
        value = _value(field, answer.strip())
        if value or (not field.required and not answer.strip()):
            return value
        hint = "It must be one of these. " if field.choices else "It must not be empty. "


def _question(field: Field) -> str:
    choices = "  ".join(f"{place}) {choice}" for place, choice in enumerate(field.choices, 1))
    optional = "" if field.required else " (may be left empty)"
    return f"{field.label}{optional}{': ' + choices if choices else ''} › "


def _value(field: Field, answer: str) -> str:
    """The answer as a value; empty when it is none of the choices."""
    if field.kind is FieldKind.PERSON:
        return answer.removeprefix("@")
    if not field.choices or answer in field.choices:
        return answer
    if answer.isdecimal() and 1 <= int(answer) <= len(field.choices):
        return field.choices[int(answer) - 1]
    return ""
