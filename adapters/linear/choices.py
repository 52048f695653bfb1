"""Buttons as options of a question in Linear, and the chosen option as what the button presses.

An option's value comes back as if it had been typed. So it is words of the grammar; where a
button is bound to what was shown, the words end in the beginning of its fingerprint.
"""

import re
from dataclasses import dataclass

from adapters.linear.limits import LONGEST_LABEL, MOST_OPTIONS
from bot.domain.form import FIELD
from bot.domain.invocation import Press
from bot.messages.message import Button, Message

_SHOWN = 16
_BOUND = re.compile(
    rf"(?P<verb>approve) (?P<gate>G-[1-9]\d{{0,17}}) #(?P<shown>[0-9a-f]{{{_SHOWN}}})"
)


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A chosen option that is bound to what was shown of a gate."""

    verb: str
    gate: str
    shown: str
    """The beginning of a fingerprint."""

    @property
    def number(self) -> int:
        """The gate's id."""
        return int(self.gate.removeprefix("G-"))

    def press(self, fingerprint: str) -> Press:
        """What the button presses, given what the gate shows now.

        Where that is another thing, the press names what was shown, and is refused.
        """
        shown = fingerprint if fingerprint.startswith(self.shown) else self.shown
        return Press(verb=self.verb, arguments={"runs": [self.gate], "shown": shown})


def options_of(message: Message) -> tuple[tuple[str, str], ...]:
    """Label and value of each button that words can press; those with a form are typed."""
    found = ((button.label, _value(button)) for button in message.buttons if not button.form)
    return tuple((label[:LONGEST_LABEL], value) for label, value in found if value)[:MOST_OPTIONS]


def read_bound(text: str) -> Bound | None:
    """The option that was chosen; None where it is other words."""
    match = _BOUND.fullmatch(text.strip())
    return Bound(**match.groupdict()) if match else None


def _value(button: Button) -> str:
    arguments = button.press.arguments
    match button.press.verb:
        case "say":
            return str(arguments["text"])
        case "approve":
            (gate,) = arguments["runs"]
            return f"approve {gate} #{str(arguments['shown'])[:_SHOWN]}"
        case "answer":
            answers = [value for name, value in arguments.items() if name.startswith(FIELD)]
            return f"answer {arguments['run']} {answers[0]}" if len(answers) == 1 else ""
        case _:
            return ""
