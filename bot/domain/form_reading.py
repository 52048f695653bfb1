"""Reading a form from the untrusted JSON of a program; every refusal names the field."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from bot.domain.blueprint import OnExpiry
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.form import (
    LONGEST_ANSWER,
    FieldType,
    Form,
    FormField,
    WrongAnswersError,
    read_answers,
)
from bot.domain.pattern import LONGEST_TEXT, check_pattern

_MOST_FIELDS = 20
_MOST_CHOICES = 50
_LONGEST_PROMPT = 2_000
_LONGEST_LABEL = 200
_LARGEST = 1e15
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_DURATION = re.compile(r"([1-9]\d{0,4})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST_DEADLINE = timedelta(days=366)
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_OF_FORM = frozenset({"prompt", "why", "fields", "deadline", "on_expiry"})
_OF_FIELD = frozenset(
    {"name", "label", "type", "required", "default", "choices", "min", "max"}
    | {"max_length", "pattern"}
)
_TYPED: Mapping[str, frozenset[FieldType]] = {
    "choices": frozenset({FieldType.CHOICE, FieldType.MULTI_CHOICE}),
    "min": frozenset({FieldType.NUMBER}),
    "max": frozenset({FieldType.NUMBER}),
    "max_length": frozenset({FieldType.TEXT, FieldType.SECRET}),
    "pattern": frozenset({FieldType.TEXT}),
}
"""The settings that only some types have."""


def parse_form(data: JSON) -> Form:
    """A form from untrusted JSON data. Raises UserError naming the field and the remedy."""
    if not isinstance(data, dict):
        raise UserError("The form must be a JSON object with prompt and fields.")
    _refuse_unknown(data, _OF_FORM, "The form")
    listed = data.get("fields")
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MOST_FIELDS:
        raise UserError(f"The form's fields must be a list of 1 to {_MOST_FIELDS} objects.")
    fields = tuple(_parse_field(part, place) for place, part in enumerate(listed, start=1))
    for name, count in Counter(part.name for part in fields).items():
        if count > 1:
            raise UserError(f"Two of the form's fields are called “{name}”; rename one.")
    form = Form(
        prompt=_text(data, "prompt", "The form's", _LONGEST_PROMPT),
        why=_text(data, "why", "The form's", _LONGEST_PROMPT, required=False),
        fields=fields,
        deadline=_duration(data.get("deadline", "24h")),
        on_expiry=_on_expiry(data.get("on_expiry", OnExpiry.TIME_OUT.value)),
    )
    _check_defaults(form)
    return form


def _refuse_unknown(data: Mapping[str, JSON], known: frozenset[str], what: str) -> None:
    unknown = {str(name) for name in data} - known
    if unknown:
        raise UserError(f"{what} has an unknown setting “{min(unknown)[:40]}”; take it out.")


def _text(
    data: Mapping[str, JSON], name: str, whose: str, longest: int, *, required: bool = True
) -> str:
    value = data.get(name, "")
    if not isinstance(value, str) or len(value) > longest or _UNSTORABLE.search(value):
        raise UserError(f"{whose} {name} must be text of at most {longest:,} characters.")
    if required and not value.strip():
        raise UserError(f"{whose} {name} is missing.")
    return value


def _duration(value: JSON) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    deadline = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta(0)
    if not timedelta(0) < deadline <= _LONGEST_DEADLINE:
        raise UserError("The form's deadline must be a duration of up to 366 days, such as 4h.")
    return deadline


def _on_expiry(value: JSON) -> OnExpiry:
    if value not in tuple(OnExpiry):
        raise UserError(f"The form's on_expiry must be one of {', '.join(OnExpiry)}.")
    return OnExpiry(value)


def _check_defaults(form: Form) -> None:
    """Where the deadline answers by itself, the defaults must answer everything."""
    if form.on_expiry is not OnExpiry.DEFAULT:
        return
    try:
        read_answers(form, {})
    except WrongAnswersError as error:
        names = ", ".join(error.problems)
        raise UserError(
            f"The form's on_expiry is default, but these fields have none: {names}; add defaults, "
            "or write time_out or cancel."
        ) from None


def _parse_field(data: JSON, place: int) -> FormField:
    whose = f"Field {place} of the form:"
    if not isinstance(data, dict):
        raise UserError(f"{whose} it must be an object with name and label.")
    name = data.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UserError(f"{whose} its name must be up to 63 of a-z, 0-9 and _, a letter first.")
    whose = f"The field “{name}”:"
    _refuse_unknown(data, _OF_FIELD, f"The field “{name}”")
    kind = data.get("type", FieldType.TEXT.value)
    if kind not in tuple(FieldType):
        raise UserError(f"{whose} its type must be one of {', '.join(FieldType)}.")
    _check_settings(data, FieldType(kind), whose)
    part = FormField(
        name=name,
        label=_text(data, "label", whose, _LONGEST_LABEL),
        type=FieldType(kind),
        required=_flag(data, whose),
        choices=_choices(data, FieldType(kind), whose),
        min=_number(data, "min", whose),
        max=_number(data, "max", whose),
        max_length=_length(data, whose),
        pattern=_pattern(data, whose),
    )
    if part.min is not None and part.max is not None and part.min > part.max:
        raise UserError(f"{whose} its min is above its max.")
    return _with_default(part, data.get("default"), whose)


def _check_settings(data: Mapping[str, JSON], kind: FieldType, whose: str) -> None:
    for setting, kinds in _TYPED.items():
        if data.get(setting) is not None and kind not in kinds:
            raise UserError(f"{whose} a {kind.value} has no {setting}; take it out.")
    if kind is FieldType.SECRET and data.get("default") is not None:
        raise UserError(f"{whose} a secret has no default; take it out.")


def _flag(data: Mapping[str, JSON], whose: str) -> bool:
    value = data.get("required", True)
    if not isinstance(value, bool):
        raise UserError(f"{whose} its required must be true or false.")
    return value


def _choices(data: Mapping[str, JSON], kind: FieldType, whose: str) -> tuple[str, ...]:
    if kind not in _TYPED["choices"]:
        return ()
    value = data.get("choices")
    if not isinstance(value, list) or not 1 <= len(value) <= _MOST_CHOICES:
        raise UserError(f"{whose} its choices must be a list of 1 to {_MOST_CHOICES} texts.")
    choices = tuple(
        _text({"choices": choice}, "choices", whose, _LONGEST_LABEL).strip() for choice in value
    )
    if len({choice.lower() for choice in choices}) < len(choices):
        raise UserError(f"{whose} two of its choices are the same.")
    return choices


def _number(data: Mapping[str, JSON], name: str, whose: str) -> float | None:
    value = data.get(name)
    if value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or abs(value) > _LARGEST
    ):
        raise UserError(f"{whose} its {name} must be a number.")
    return float(value)


def _length(data: Mapping[str, JSON], whose: str) -> int | None:
    value = data.get("max_length")
    if value is None:
        return LONGEST_TEXT if data.get("pattern") else None
    longest = LONGEST_TEXT if data.get("pattern") else LONGEST_ANSWER
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= longest:
        raise UserError(f"{whose} its max_length must be a whole number from 1 to {longest:,}.")
    return value


def _pattern(data: Mapping[str, JSON], whose: str) -> str:
    value = data.get("pattern") or ""
    if not isinstance(value, str):
        raise UserError(f"{whose} its pattern must be text.")
    try:
        return check_pattern(value)
    except UserError as error:
        raise UserError(f"{whose} {error.text}") from None


def _with_default(part: FormField, default: JSON, whose: str) -> FormField:
    """The field with its default, which must be an answer that it takes."""
    if default is None:
        return part
    try:
        answers = read_answers(Form(prompt="", fields=(part,)), {part.name: default})
    except WrongAnswersError as error:
        raise UserError(f"{whose} its default: {error.problems[part.name]}") from None
    answer = answers.get(part.name)
    if type(answer) is not type(default):
        raise UserError(f"{whose} its default must be a value of the type {part.type.value}.")
    return replace(part, default=answer)
