"""The types of the fields of blueprint files, with what is said where a value does not fit."""

import re
import shlex
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, Strict, WithJsonSchema

from adapters.yaml_model import Flaw, Matching, shown
from bot.domain import labels as label_sets
from bot.domain.errors import UserError
from bot.domain.issue_choice import MATCH_KEYS

NAME = Matching(
    pattern=r"[a-z0-9][a-z0-9-]{0,62}",
    problem="{} is not a name",
    remedy="write up to 63 lower-case letters, digits and dashes",
)
PERSON = Matching(
    pattern=r"(@?[a-z0-9][a-z0-9._-]{0,62})?",
    problem="{} is not a person's name",
    remedy="write the name that policy.yaml has, such as ana",
)
INPUT_NAME = Matching(
    pattern=r"[a-z][a-z0-9_]{0,62}",
    problem="{} is not a name",
    remedy="write lower-case letters, digits and underscores",
)
MATCH_KEY = Matching(
    pattern="|".join(MATCH_KEYS),
    problem="{} is nothing that an issue is chosen by",
    remedy=f"write {', '.join(MATCH_KEYS[:-1])} or {MATCH_KEYS[-1]}",
)
VARIABLE = Matching(
    pattern=r"(?!SIGNALBOX_)[A-Za-z_][A-Za-z0-9_]{0,127}",
    problem="{} cannot be set",
    remedy="write letters, digits and underscores, and do not begin with SIGNALBOX_",
)
LINE = Matching(
    pattern=r"[^\x00-\x1f\x7f]{1,200}",
    problem="{} is not one line of up to 200 characters",
    remedy="shorten it to one line",
)
ARGUMENT = Matching(
    pattern=r"[^\x00]{0,32768}",
    problem="{} cannot be passed to a program",
    remedy="take out NUL characters and keep to 32,768 characters",
)
_DURATIONS = "write 90s, 5m, 2h or 1d"
DURATION = Matching(
    pattern=r"[1-9][0-9]{0,4}[smhd]", problem="{} is not a duration", remedy=_DURATIONS
)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_REFERENCE = r"env:[A-Za-z_][A-Za-z0-9_]*|file:/[^\x00-\x1f]+"


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not re.fullmatch(f"{DURATION.pattern}|0s", value):
        raise Flaw(f"{shown(value)} is not a duration", _DURATIONS)
    return timedelta(**{_UNITS[value[-1]]: int(value[:-1])})


def _lasting(value: timedelta) -> timedelta:
    if not value:
        raise Flaw("“0s” leaves no time", _DURATIONS)
    return value


def _reference(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(_REFERENCE, value):
        raise Flaw(
            "a secret stands here as a reference, never as its value",
            "write env:NAME or file:/absolute/path, and change the secret if it stood here",
        )
    return value


def _words(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise Flaw("a quote in it is not closed", "close it, or write a list") from error


def _repository(value: str) -> str:
    if value.startswith(("-", "~")) or "::" in value:
        raise Flaw("this is no path and no address of a repository", _REPOSITORIES)
    if "://" in value:
        address = urlsplit(value)
        if address.scheme not in {"https", "http", "ssh", "git", "file"}:
            raise Flaw(f"“{address.scheme}:” is not fetched from", _REPOSITORIES)
        if address.password is not None or (address.username and address.scheme[:4] == "http"):
            raise Flaw(
                "an address must not carry a password or token",
                "write git@host:path, which signs in with the host's key, and change the secret",
            )
    return value


_REPOSITORIES = "write an absolute path, a path from the data folder, or a git, ssh or https URL"


def read_labels(value: tuple[str, ...]) -> tuple[str, ...]:
    """Labels in their canonical form. Raises Flaw."""
    try:
        return label_sets.canonical(value)
    except UserError as error:
        problem, _, remedy = error.text.partition(": ")
        raise Flaw(problem, remedy) from error


def single(value: object) -> object:
    """A value that is neither a list nor a group. Raises Flaw."""
    if isinstance(value, dict | list):
        raise Flaw("this is not one value", "write a text, a number, yes or no")
    return value


Flag = Annotated[bool, Strict()]
Whole = Annotated[int, Strict(), Field(gt=0, le=1_000_000_000)]
AnyDuration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": f"^(?:{DURATION.pattern}|0s)$"}),
]
Duration = Annotated[
    AnyDuration,
    AfterValidator(_lasting),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION.pattern}$"}),
]
Command = Annotated[
    tuple[Annotated[str, ARGUMENT], ...],
    Field(min_length=1),
    BeforeValidator(_words),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
            ]
        }
    ),
]
Secret = Annotated[
    str,
    BeforeValidator(_reference),
    WithJsonSchema({"type": "string", "pattern": f"^(?:{_REFERENCE})$"}),
]
Repository = Annotated[str, LINE, AfterValidator(_repository)]


def read_handle(value: str) -> str:
    """A person's handle, with or without the at sign."""
    return value.removeprefix("@")
