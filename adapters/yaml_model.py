"""Checks a document against a pydantic model; everything wrong becomes a sentence with its line.

No message repeats a value that could be a secret.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic import ValidationError as PydanticError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from adapters.yaml_lines import Document, Place, read_document
from bot.domain.catalog import BrokenFileError, FileProblem
from bot.domain.codec import JSON


class Flaw(ValueError):  # noqa: N818 - a finding that validators raise, no failure of ours
    """What is wrong with a value and how to mend it; raised by validators."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy


CHOICE = "·"
"""Begins the tags of the forms that a value may have; no place in a file has one in its name."""

Flaws = Iterator[tuple[Place, Flaw]]
"""Findings, each with the keys and indexes that lead to it."""


class FileModel(BaseModel, extra="forbid", use_attribute_docstrings=True):
    """The shape of a file or a part of it; fields that it does not know are errors."""

    def flaws(self) -> Flaws:
        """What only shows when several fields are looked at together."""
        yield from ()


@dataclass(frozen=True, kw_only=True)
class Matching:
    """Annotates a text that must match a pattern; `{}` in the problem stands for the value."""

    pattern: str
    problem: str
    remedy: str

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Checks before anything else, so that the words below are what people read."""
        return core_schema.no_info_before_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, JSON]:
        """The pattern, for editors."""
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def _check(self, value: object) -> object:
        if isinstance(value, str) and not re.fullmatch(self.pattern, value):
            raise Flaw(self.problem.format(shown(value)), self.remedy)
        return value


M = TypeVar("M", bound=FileModel)


def read_model(path: Path, model: type[M]) -> tuple[M, Document]:
    """A file as the model's value, and as the document that knows its lines.

    Raises BrokenFileError with every problem, by line.
    """
    document = read_document(path)
    try:
        value = model.model_validate(document.data)
        problems = [
            document.problem(place, flaw.problem, flaw.remedy) for place, flaw in value.flaws()
        ]
    except PydanticError as error:
        problems = [
            _problem(document, model, details)
            for details in error.errors()
            # Of a list whose every item is wrong pydantic also says that it is too short.
            if not (details["type"] == "too_short" and details["input"])
        ]
    if problems:
        raise BrokenFileError(sorted(problems, key=lambda problem: problem.line or 0))
    return value, document


def schema_of(model: type[FileModel]) -> str:
    """The JSON Schema of a file, as text."""
    schema = model.model_json_schema(schema_generator=_JsonSchema)
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | schema, indent=2, ensure_ascii=False) + "\n"


class _JsonSchema(GenerateJsonSchema):
    """Says only what the reader says: no made-up titles, and no names beside the allowed ones."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - the base's shape
        """Leave them out: they repeat the names."""
        return False

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """A group with free names, of which only those of the pattern are allowed."""
        made = super().dict_schema(schema)
        return made | {"additionalProperties": False} if "patternProperties" in made else made


def shown(value: object) -> str:
    """A value as people wrote it, short enough for a sentence."""
    if isinstance(value, bool):
        return "“yes”" if value else "“no”"
    return f"“{str(value)[:40]}”" if isinstance(value, str | int | float) else "this"


def _problem(document: Document, model: type[FileModel], details: ErrorDetails) -> FileProblem:
    place = tuple(
        step for step in details["loc"] if step != "[key]" and not str(step).startswith(CHOICE)
    )
    kind, context = details["type"], details.get("ctx", {})
    if kind == "value_error" and isinstance(context["error"], Flaw):
        problem, remedy = context["error"].problem, context["error"].remedy
    elif kind == "missing":
        problem, remedy = "this field is missing", f"add “{place[-1]}: …”"
    elif kind == "extra_forbidden":
        problem, remedy = _unknown(str(place[-1]), _fields(model, place[:-1]))
    elif details["input"] is None:
        problem, remedy = "this is empty", "fill it in, or take the field out"
    else:
        words = {
            key: str(word).replace("'", "").removesuffix(".0") for key, word in context.items()
        }
        words["value"] = shown(details["input"])
        problem, remedy = (text.format(**words) for text in _SAID.get(kind, _OTHER))
    return document.problem(place, problem, remedy)


_SAID: Mapping[str, tuple[str, str]] = {
    "enum": ("{value} is not known here", "write {expected}"),
    "literal_error": ("{value} is not known here", "write {expected}"),
    "string_type": ("{value} is not text", "put it in quotes"),
    "string_too_short": ("this is empty", "write something"),
    "string_too_long": ("this is longer than {max_length} characters", "shorten it"),
    "bool_type": ("{value} is neither yes nor no", "write yes or no"),
    "int_type": ("{value} is not a whole number", "write one such as 2, without quotes"),
    "float_type": ("{value} is not a number", "write one such as 2, without quotes"),
    "finite_number": ("{value} is not a number", "write one such as 2, without quotes"),
    "greater_than": ("{value} is too small", "write more than {gt}"),
    "less_than_equal": ("{value} is too large", "write at most {le}"),
    "tuple_type": ("{value} is not a list", "write it as [one, two]"),
    "too_short": ("this is empty", "write at least one"),
    "too_long": ("there are more than {max_length} here", "take some out"),
    "model_type": ("{value} is not a group of fields", "write lines of “name: value” below it"),
    "dict_type": ("{value} is not a group of fields", "write lines of “name: value” below it"),
}
"""What pydantic finds, by its error type, in our words: (problem, remedy)."""
_OTHER = ("this cannot be read", "compare it with the field's description in the documentation")


def _unknown(name: str, known: list[str]) -> tuple[str, str]:
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    remedy = f"write “{near[0]}”" if near else f"take it out; there are {', '.join(known)}"
    return f"“{name[:40]}” is not a field here", remedy


def _fields(model: type[FileModel], place: Place) -> list[str]:
    """The names of the fields that a part of the file may have."""
    kind: Any = model
    for step in place:
        if isinstance(kind, type) and issubclass(kind, FileModel):
            kind = _by_name(kind)[str(step)]
        else:
            kind = _group(get_args(kind)[1 if isinstance(step, str) else 0])
    return list(_by_name(kind))


def _group(kind: Any) -> Any:
    """Of a value that is a word or a group of fields, the group."""
    groups = (_group(part) for part in get_args(kind))
    of_fields = (group for group in groups if isinstance(group, type))
    return next((one for one in of_fields if issubclass(one, FileModel)), kind)


def _by_name(model: type[FileModel]) -> dict[str, Any]:
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}
