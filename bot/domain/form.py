"""Form: what a question asks people for, and how their answers are read.

The format is published in docs/schemas/form.schema.json; bot/domain/form_reading.py reads it.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum, unique

from bot.domain.blueprint import OnExpiry
from bot.domain.codec import JSON, digest
from bot.domain.errors import UserError

Answer = str | int | float | bool | list[str]
"""What a field's answer is: multi_choice gives a list, number a number, flag a truth."""

HIDDEN = "••••"
"""Stands for a secret wherever people or records see its answer."""

SHORTEST_SECRET = 4
"""Characters: shorter ones cannot be kept out of a log."""

LONGEST_ANSWER = 4_000
"""Characters of a text or secret that sets no bound of its own."""

FEW_CHOICES = 5
"""As many choices as are shown as buttons."""


@unique
class FieldType(StrEnum):
    """What a field takes."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    MULTI_CHOICE = "multi_choice"
    SECRET = "secret"  # noqa: S105  # the word, not one
    FLAG = "flag"


@dataclass(frozen=True, kw_only=True)
class FormField:
    """One thing to be answered."""

    name: str
    label: str
    type: FieldType = FieldType.TEXT
    required: bool = True
    default: JSON = None
    """An answer of the type, or None without one."""
    choices: tuple[str, ...] = ()
    min: float | None = None
    max: float | None = None
    """Bounds of a number."""
    max_length: int | None = None
    """Characters of a text or secret."""
    pattern: str = ""
    """What the whole of a text must match; see bot/domain/pattern.py for what is allowed."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A question: what is asked, why, and the fields of the answer."""

    prompt: str
    fields: tuple[FormField, ...]
    why: str = ""
    deadline: timedelta = timedelta(hours=24)
    on_expiry: OnExpiry = OnExpiry.TIME_OUT

    @property
    def fingerprint(self) -> str:
        """Hash of the whole form."""
        return digest(self)

    @property
    def secrets(self) -> frozenset[str]:
        """The names of the fields whose answers nobody but the program may see."""
        return frozenset(part.name for part in self.fields if part.type is FieldType.SECRET)

    @property
    def only_choice(self) -> FormField | None:
        """The one field, where it is a choice among few: its choices can be buttons."""
        if len(self.fields) != 1:
            return None
        (only,) = self.fields
        few = only.type is FieldType.CHOICE and len(only.choices) <= FEW_CHOICES
        return only if few else None

    def defaults(self) -> dict[str, Answer]:
        """The answers that hold when nobody gives any."""
        return {part.name: part.default for part in self.fields if part.default is not None}

    def shown(self, answers: Mapping[str, Answer]) -> dict[str, Answer]:
        """The answers as everybody may see them."""
        secret = self.secrets
        return {name: HIDDEN if name in secret else value for name, value in answers.items()}


FIELD = "field."
"""What the names of form fields begin with where they stand among other arguments."""


class WrongAnswersError(UserError):
    """Some answers cannot be taken; `problems` says of each wrong field what is wrong."""

    def __init__(self, form: Form, problems: Mapping[str, str]) -> None:
        labels = {part.name: part.label for part in form.fields}
        said = (f"{labels.get(name, name)}: {problem}" for name, problem in problems.items())
        super().__init__("Nothing was answered. " + " ".join(said))
        self.problems = dict(problems)


class _WrongError(Exception):
    """One answer cannot be taken; the text says why, without the answer of a secret field."""


def read_answers(form: Form, given: Mapping[str, JSON]) -> dict[str, Answer]:
    """The typed answers, defaults filled in; empty ones count as not given.

    Words are read as the field's type, so that surfaces may hand on what was typed.
    Raises WrongAnswersError that names every wrong field, never a secret answer.
    """
    known = {part.name for part in form.fields}
    offers = ", ".join(part.name for part in form.fields)
    problems = {
        str(name)[:60]: f"there is no such field; the fields: {offers}."
        for name in given
        if name not in known
    }
    answers: dict[str, Answer] = {}
    for part in form.fields:
        try:
            answer = _read_given(part, given.get(part.name))
        except _WrongError as error:
            problems[part.name] = str(error)
        else:
            if answer is not None:
                answers[part.name] = answer
    if problems:
        raise WrongAnswersError(form, problems)
    return answers


def _read_given(part: FormField, value: JSON) -> Answer | None:
    if value is None or value == [] or (isinstance(value, str) and not value.strip()):
        if part.default is not None:
            default: Answer = part.default
            return default
        if part.required:
            raise _WrongError("an answer is needed.")
        return None
    return read_answer(part, value)


def read_answer(part: FormField, value: JSON) -> Answer:
    """One answer of a field, from words or a value of its type."""
    match part.type:
        case FieldType.NUMBER:
            return _read_number(part, value)
        case FieldType.FLAG:
            return _read_flag(value)
        case FieldType.CHOICE:
            return _read_choice(part, value)
        case FieldType.MULTI_CHOICE:
            return _read_choices(part, value)
        case FieldType.SECRET:
            return _read_secret(part, value)
        case _:
            return _read_text(part, value)


_NUMBER = re.compile(r"[-+]?\d{1,15}(\.\d{1,9})?")
_FLAGS = {"yes": True, "true": True, "y": True, "no": False, "false": False, "n": False}
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


def _read_number(part: FormField, value: JSON) -> Answer:
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text) or not text.isascii():
            raise _WrongError(f"it takes a number, not “{text[:40]}”.")
        value = float(text) if "." in text else int(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _WrongError("it takes a number.")
    if part.min is not None and value < part.min:
        raise _WrongError(f"it is at least {part.min:g}.")
    if part.max is not None and value > part.max:
        raise _WrongError(f"it is at most {part.max:g}.")
    return value


def _read_flag(value: JSON) -> Answer:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in _FLAGS:
        raise _WrongError("it takes yes or no.")
    return _FLAGS[word]


def _read_choice(part: FormField, value: JSON) -> str:
    word = value.strip() if isinstance(value, str) else ""
    found = [choice for choice in part.choices if choice == word] or [
        choice for choice in part.choices if choice.lower() == word.lower()
    ]
    if len(found) != 1:
        raise _WrongError(f"it is one of {', '.join(part.choices)}.")
    return found[0]


def _read_choices(part: FormField, value: JSON) -> Answer:
    words: Sequence[JSON] = value if isinstance(value, list) else _listed(part, value)
    try:
        chosen = {_read_choice(part, word) for word in words}
    except _WrongError:
        raise _WrongError(f"it takes any of {', '.join(part.choices)}.") from None
    return [choice for choice in part.choices if choice in chosen]


def _listed(part: FormField, value: JSON) -> list[str]:
    """The words of a list; a choice may hold a comma itself."""
    text = value.strip() if isinstance(value, str) else ""
    return [text] if text in part.choices else [word.strip() for word in text.split(",")]


def _read_secret(part: FormField, value: JSON) -> str:
    if not isinstance(value, str) or _UNSTORABLE.search(value):
        raise _WrongError("it takes text.")
    if len(value.strip()) < SHORTEST_SECRET:
        raise _WrongError(
            f"it needs at least {SHORTEST_SECRET} characters, to be kept out of the log."
        )
    if len(value) > (part.max_length or LONGEST_ANSWER):
        raise _WrongError(f"it has at most {part.max_length or LONGEST_ANSWER:,} characters.")
    return value


def _read_text(part: FormField, value: JSON) -> str:
    text = value.strip() if isinstance(value, str) else None
    if text is None or _UNSTORABLE.search(text):
        raise _WrongError("it takes text.")
    longest = part.max_length or LONGEST_ANSWER
    if len(text) > longest:
        raise _WrongError(f"it has at most {longest:,} characters, not {len(text):,}.")
    if part.pattern and not re.fullmatch(part.pattern, text):
        raise _WrongError(f"it does not have the form {part.pattern}")
    return text
