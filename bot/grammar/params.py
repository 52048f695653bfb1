"""Parameters of commands, and how words or a button's values fill them.

A command lists its parameters; everything else (help, completion, forms) reads the same list.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Any

from bot.domain.codec import JSON, decode
from bot.domain.errors import UsageError, WrongFieldError
from bot.domain.form import FIELD
from bot.domain.selection import Filter, Ref, RefKind, Selection
from bot.grammar.filters import read_filter
from bot.grammar.words import Word, Words, next_ref, read_ref


@unique
class Kind(StrEnum):
    """What a parameter takes, in words and in its typed value."""

    BLUEPRINT = "blueprint"
    """One word → str."""
    WORK = "work"
    """One word that names a blueprint or an issue → str."""
    ISSUE = "issue"
    """One word that names an issue by key or id → str."""
    ISSUES = "issues"
    """The rest, words that issues are searched by → str."""
    WITH = "with"
    """`with` and one word → str."""
    VERB = "verb"
    """One word → str."""
    RUN = "run"
    """One run → Ref."""
    RUNS = "runs"
    """Runs, or a filter, or nothing in a thread → Selection."""
    PERSON = "person"
    """@handle → str."""
    CHOICE = "choice"
    """One of the choices → str."""
    ACTION = "action"
    """One of the choices, in its place → str."""
    OPTION = "option"
    """`name=value` → str."""
    INPUTS = "inputs"
    """Every other `key=value` → dict."""
    BY = "by"
    """`by` and one of the choices → str."""
    FORM = "form"
    """The fields of a form, which only buttons carry, as `field.<name>` → dict."""
    FILTER = "filter"
    """The words of a list, up to one of the choices → Filter."""
    NUMBER = "number"
    """Digits → int."""
    TEXT = "text"
    """The rest, verbatim → str."""


@dataclass(frozen=True, kw_only=True)
class Param:
    """One parameter; `hidden` ones travel in buttons and are not typed."""

    name: str
    kind: Kind
    required: bool = False
    choices: tuple[str, ...] = ()
    hidden: bool = False
    help: str = ""
    shown_as: str = ""
    """The word of help for it, where that is another than its name."""
    or_else: str = ""
    """The parameter that does as well where this one is required."""

    @property
    def usage(self) -> str:
        """How help writes it."""
        form = {
            Kind.ACTION: "|".join(self.choices),
            Kind.CHOICE: "|".join(self.choices),
            Kind.BY: f"by {'|'.join(self.choices)}",
            Kind.OPTION: f"{self.name}=…",
            Kind.INPUTS: "key=value …",
            Kind.WORK: f"<{self.name}|issue>",
            Kind.WITH: f"with <{self.shown_as or self.name}>",
            Kind.TEXT: f"<{self.shown_as or self.name}…>",
            Kind.ISSUES: f"<{self.shown_as or self.name}…>",
            Kind.RUNS: "<run>…",
            Kind.PERSON: "@person",
            Kind.FILTER: "filters and words",
        }.get(self.kind, f"<{self.name}>")
        return form if self.required else f"[{form}]"


def parse_words(params: Sequence[Param], text: str, *, verb: str, now: datetime) -> dict[str, Any]:
    """The typed arguments that the words after a verb give.

    Raises UsageError saying what is missing or cannot be placed.
    """
    words = Words(text, now=now)
    free_text = any(param.kind is Kind.TEXT for param in params)
    choices = {choice for param in params for choice in param.choices}
    values: dict[str, Any] = {}
    for param in params:
        if param.kind in _LOOSE or param.hidden:
            continue
        value = _read_param(param, words, free_text=free_text or _begins(words, choices))
        if value is not None:
            values[param.name] = value
    for param in params:
        if param.kind is Kind.BY and param.name not in values and (group := _read_by(param, words)):
            values[param.name] = group
    _read_loose(params, words, values)
    _require(params, values, verb)
    left = words.peek()
    if left is not None:
        usage = " ".join(param.usage for param in params if not param.hidden)
        raise UsageError(
            f"“{left.text[:60]}” has no place in {verb}. It takes: {usage or 'nothing more'}.",
            suggestions=(f"/run help {verb}",),
        )
    return values


_LOOSE = frozenset({Kind.CHOICE, Kind.OPTION, Kind.INPUTS, Kind.WITH})
"""Kinds that may stand in any order after the others."""


def _begins(words: Words, choices: Collection[str]) -> bool:
    """Whether the next word is one of these choices, and so no title."""
    word = words.peek()
    return word is not None and not word.quoted and word.text.lower() in choices


def _read_param(param: Param, words: Words, *, free_text: bool) -> Any:
    match param.kind:
        case Kind.RUNS:
            return _read_runs(words, free_text=free_text)
        case Kind.RUN:
            return _read_run(words, free_text=free_text)
        case Kind.FILTER:
            return read_filter(words, leftover=True, ends=("except", *param.choices))
        case Kind.BY:
            return _read_by(param, words)
        case Kind.TEXT | Kind.ISSUES:
            return words.rest() or None
        case Kind.NUMBER:
            return _read_number(words)
        case Kind.ACTION:
            return _read_action(param, words)
        case _:
            word = words.next()
            return word.text.lstrip("@") if word else None


def _read_action(param: Param, words: Words) -> str | None:
    word = words.next()
    if word and word.text.lower() not in param.choices:
        offers = " or ".join(param.choices)
        raise UsageError(f"“{word.text[:40]}” cannot be done here; say {offers}.")
    return word.text.lower() if word else None


def _read_number(words: Words) -> int | None:
    word = words.peek()
    if word is None or word.quoted or not re.fullmatch(r"\d{1,9}", word.text):
        return None
    words.next()
    return int(word.text)


def _read_by(param: Param, words: Words) -> str | None:
    """What follows the word “by”; nothing is taken where it does not stand next."""
    word = words.peek()
    if word is None or word.quoted or word.text.lower() != "by":
        return None
    words.next()
    named = words.next()
    if named is None or named.text.lower() not in param.choices:
        given = f"by “{named.text[:40]}”" if named else "by nothing"
        raise UsageError(f"Sums go by {' or '.join(param.choices)}, not {given}.")
    return named.text.lower()


def _read_run(words: Words, *, free_text: bool) -> Ref | None:
    ref = next_ref(words)
    if ref or free_text:
        return ref
    word = words.next()
    return Ref(kind=RefKind.TITLE, words=word.text) if word else None


def _read_runs(words: Words, *, free_text: bool) -> Selection | None:
    refs: list[Ref] = []
    while ref := next_ref(words):
        refs.append(ref)
    if refs:
        return Selection(refs=tuple(refs), without=_read_without(words))
    filter_ = read_filter(words, leftover=False)
    if filter_ is not None:
        return Selection(filter=filter_, without=_read_without(words))
    word = None if free_text else words.next()
    return Selection(refs=(Ref(kind=RefKind.TITLE, words=word.text),)) if word else None


def _read_without(words: Words) -> tuple[Ref, ...]:
    word = words.peek()
    if word is None or word.text.lower() != "except":
        return ()
    words.next()
    refs: list[Ref] = []
    while ref := next_ref(words):
        refs.append(ref)
    if not refs:
        raise UsageError("Say which runs to leave out after “except”, such as except R-81.")
    return tuple(refs)


def _read_loose(params: Sequence[Param], words: Words, values: dict[str, Any]) -> None:
    """Choices, options and inputs, in any order, until a word is none of them."""
    choices = {
        choice: param for param in params if param.kind is Kind.CHOICE for choice in param.choices
    }
    options = {param.name for param in params if param.kind is Kind.OPTION and not param.hidden}
    inputs = next((param.name for param in params if param.kind is Kind.INPUTS), "")
    with_ = next((param.name for param in params if param.kind is Kind.WITH), "")
    while (word := words.peek()) is not None and not word.quoted:
        name, equals, value = word.text.partition("=")
        if word.text.lower() in choices:
            target, taken = choices[word.text.lower()].name, word.text.lower()
        elif with_ and word.text.lower() == "with":
            target, taken = with_, _after_with(words)
        elif equals and name.lower() in options:
            target, taken = name.lower(), value.lstrip("@") if name.lower() == "owner" else value
        elif equals and inputs and name:
            values.setdefault(inputs, {})[name] = value
            words.next()
            continue
        else:
            break
        if target in values:
            raise UsageError(f"{target} is given twice; once is enough.")
        values[target] = taken
        words.next()


def _after_with(words: Words) -> str:
    """The word after “with”, which is then the next to take."""
    words.next()
    named = words.peek()
    if named is None:
        raise UsageError("Say with which blueprint, such as with fix-rounding.")
    return named.text


def _require(params: Sequence[Param], values: Mapping[str, Any], verb: str) -> None:
    for param in params:
        if param.required and not (values.get(param.name) or values.get(param.or_else)):
            what = f" ({param.help})" if param.help else ""
            raise UsageError(
                f"{verb} needs {param.usage}{what}.", suggestions=(f"/run help {verb}",)
            )


def parse_press(
    params: Sequence[Param], arguments: Mapping[str, JSON], *, verb: str
) -> dict[str, Any]:
    """The typed arguments of a pressed button: the same parameters, each value a text or list.

    Raises UsageError where a form's field was left empty or is malformed, WrongFieldError where
    nothing but blanks stands in one that is needed.
    """
    values: dict[str, Any] = {}
    for param in params:
        if param.kind is Kind.FORM:
            values[param.name] = form_values(arguments)
            continue
        given = arguments.get(param.name)
        if given is None or given == "":
            continue
        if param.required and isinstance(given, str) and not given.strip():
            raise WrongFieldError(f"{verb} needs {param.usage}.", field=param.name)
        values[param.name] = _read_pressed(param, given)
    _require(params, values, verb)
    return values


def _read_pressed(param: Param, given: JSON) -> Any:
    match param.kind:
        case Kind.RUNS:
            listed = given if isinstance(given, list) else [given]
            return Selection(refs=tuple(_pressed_ref(item) for item in listed))
        case Kind.RUN:
            return _pressed_ref(given)
        case Kind.NUMBER:
            return int(str(given))
        case Kind.INPUTS:
            return {str(key): str(value) for key, value in dict(given).items()}
        case Kind.FILTER:
            return decode(Filter, given)
        case Kind.CHOICE | Kind.ACTION | Kind.BY if given not in param.choices:
            raise UsageError(f"{param.name} is one of {', '.join(param.choices)}.")
        case _:
            return str(given)


def form_values(arguments: Mapping[str, JSON]) -> dict[str, JSON]:
    """The values of a form's fields among the arguments of a press, by field name."""
    return {
        name.removeprefix(FIELD): value
        for name, value in arguments.items()
        if name.startswith(FIELD)
    }


def _pressed_ref(text: JSON) -> Ref:
    ref = read_ref(Word(str(text)))
    if ref is None:
        raise UsageError(f"“{str(text)[:40]}” names no run.")
    return ref
