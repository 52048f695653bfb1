"""The neutral message: what is said, before any surface gives it its own form.

Texts marked "markup" use the small dialect of `bot.messages.markup`; all others are plain.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

from bot.domain.codec import JSON
from bot.domain.course import StepState
from bot.domain.invocation import Press


@unique
class Tone(StrEnum):
    """How a message stands out; always beside words and a symbol, never alone."""

    NEUTRAL = "neutral"
    BUSY = "busy"
    ATTENTION = "attention"
    GOOD = "good"
    BAD = "bad"


@unique
class FieldKind(StrEnum):
    """What a form field takes."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    PERSON = "person"
    NUMBER = "number"
    MULTI_CHOICE = "multi_choice"
    """Several of the choices; a list, or words with commas between them."""
    SECRET = "secret"  # noqa: S105  # the word, not one
    """Not shown while it is typed, and never kept by a surface."""
    FLAG = "flag"
    """Yes or no."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One thing a form asks for; its value becomes the press argument `name`."""

    name: str
    label: str
    kind: FieldKind = FieldKind.TEXT
    required: bool = True
    choices: tuple[str, ...] = ()
    default: str = ""
    """What stands in it at first; what an empty answer means."""
    hint: str = ""
    """What its value must be, in a few words."""


@dataclass(frozen=True, kw_only=True)
class Button:
    """A thing to press: the press it makes, and what is asked before."""

    label: str
    press: Press
    tone: Tone = Tone.NEUTRAL
    confirm: str = ""
    """What the surface's native confirmation asks; empty for none."""
    form: tuple[Field, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Step:
    """One of several things that follow each other; both texts are markup."""

    text: str
    state: StepState
    note: str = ""
    """How long it took, or since when it goes on."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A name and its value; the value is markup."""

    label: str
    value: str
    steps: tuple[Step, ...] = ()
    """The same with more of it, for a surface that has room for a list."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a list; `text` is markup."""

    text: str
    button: Button | None = None


@dataclass(frozen=True, kw_only=True)
class Message:
    """A card, note, list or answer."""

    title: str
    """Markup, one line."""
    body: str = ""
    """Markup."""
    facts: tuple[Fact, ...] = ()
    rows: tuple[Row, ...] = ()
    buttons: tuple[Button, ...] = ()
    tone: Tone = Tone.NEUTRAL
    fallback: str = ""
    """The whole in one plain line: notifications, screen readers."""
    mentions: tuple[str, ...] = ()
    """The people to ping; nobody else is."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """What it is about, as run, gate and subject: by these a surface finds it again, and keeps
    what it has beside messages in step.

    `to` names the one person whom it is for; nobody else is shown it.
    """


def is_for(message: JSON, reader: str) -> bool:
    """Whether an encoded message may be shown to a person: it names nobody else as the one."""
    addressed = message["attributes"].get("to")
    return addressed in {None, reader}
