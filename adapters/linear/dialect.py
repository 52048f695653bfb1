"""What a server of Linear's API knows of its schema, and documents cut down to that.

Linear knows everything that we ask. A stand-in may know less; it is asked once for its schema.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.domain.codec import JSON
from bot.domain.errors import UserError

_TYPE = "name kind ofType { name kind ofType { name kind ofType { name kind } } }"
SCHEMA = f"""
query Schema {{
  __schema {{
    queryType {{ name }}
    mutationType {{ name }}
    types {{
      name
      fields {{ name args {{ name }} type {{ {_TYPE} }} }}
      inputFields {{ name type {{ {_TYPE} }} }}
    }}
  }}
}}
"""
_TOKEN = re.compile(r"\$?\w+!?|[{}():\[\]]!?")

Variables = Mapping[str, JSON]
Ask = Callable[[str, Variables], Awaitable[Mapping[str, JSON]]]


class UnknownToServerError(UserError):
    """The server has no such query or mutation."""


@dataclass(frozen=True)
class _Field:
    type: str
    arguments: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The names that a server knows."""

    roots: Mapping[str, str]
    """The types of `query` and `mutation`."""
    fields: Mapping[str, Mapping[str, _Field]]
    inputs: Mapping[str, Mapping[str, str]]
    """Types of the fields of input objects."""

    def fit(self, document: str, variables: Variables) -> tuple[str, Variables]:
        """A document without what is not known, and its variables.

        Raises UnknownToServerError where nothing is left.
        """
        return _Cut(self, iter(_TOKEN.findall(document))).document(variables)


def read_schema(data: JSON) -> Schema:
    """The schema in an answer to SCHEMA."""
    told = data["__schema"]
    roots = {kind: (told[f"{kind}Type"] or {}).get("name", "") for kind in ("query", "mutation")}
    return Schema(
        roots=roots,
        fields={
            kind["name"]: {
                one["name"]: _Field(
                    _innermost(one["type"]), frozenset(a["name"] for a in one["args"])
                )
                for one in kind["fields"] or ()
            }
            for kind in told["types"]
        },
        inputs={
            kind["name"]: {one["name"]: _innermost(one["type"]) for one in kind["inputFields"]}
            for kind in told["types"]
            if kind.get("inputFields")
        },
    )


def _innermost(kind: JSON) -> str:
    while kind.get("ofType"):
        kind = kind["ofType"]
    return str(kind["name"] or "")


@dataclass
class _Cut:
    """One document on its way; ours have no fragments, aliases, directives or nested inputs."""

    schema: Schema
    tokens: Iterator[str]
    used: set[str] = field(default_factory=set)

    def document(self, variables: Variables) -> tuple[str, Variables]:
        """The whole of it."""
        kind, name = next(self.tokens), next(self.tokens)
        opener = next(self.tokens)
        declared = self._declared() if opener == "(" else {}
        if declared:
            next(self.tokens)
        body = self._selection(self.schema.roots[kind])
        if not body:
            raise UnknownToServerError(f"This server does not know {name}.")
        kept = {one: kind for one, kind in declared.items() if one in self.used}
        heads = ", ".join(f"{one}: {kind}" for one, kind in kept.items())
        text = f"{kind} {name}{f'({heads})' if heads else ''} {{ {' '.join(body)} }}"
        return text, {
            one: self._input(kept[f"${one}"].rstrip("!"), value)
            for one, value in variables.items()
            if f"${one}" in kept
        }

    def _declared(self) -> dict[str, str]:
        declared = {}
        while (token := next(self.tokens)) != ")":
            next(self.tokens)  # the colon
            declared[token] = next(self.tokens)
        return declared

    def _selection(self, kind: str) -> list[str]:
        """What stays between two braces, of which the first is read."""
        known, kept = self.schema.fields.get(kind, {}), []
        name = next(self.tokens)
        while name != "}":
            found = known.get(name)
            arguments: dict[str, str] = {}
            inner: list[str] | None = None
            after = next(self.tokens)
            if after == "(":
                arguments, after = self._declared(), next(self.tokens)
            if after == "{":
                inner, after = self._selection(found.type if found else ""), next(self.tokens)
            if found and inner != []:
                kept.append(_written(name, self._arguments(found, arguments), inner))
            name = after
        return kept

    def _arguments(self, found: _Field, given: Mapping[str, str]) -> Mapping[str, str]:
        kept = {one: value for one, value in given.items() if one in found.arguments}
        self.used |= {value for value in kept.values() if value.startswith("$")}
        return kept

    def _input(self, kind: str, value: JSON) -> JSON:
        """An input object without the fields that are not known."""
        known = self.schema.inputs.get(kind)
        if known is None or not isinstance(value, dict):
            return value
        offered = value if value.keys() <= known.keys() else {**_flat(value), **value}
        return {
            name: json.dumps(one) if known[name] == "String" and _is_object(one) else one
            for name, one in offered.items()
            if name in known
        }


def _is_object(value: JSON) -> bool:
    return isinstance(value, list | dict)


def _written(name: str, arguments: Mapping[str, str], inner: list[str] | None) -> str:
    given = ", ".join(f"{one}: {value}" for one, value in arguments.items())
    return f"{name}{f'({given})' if given else ''}" + (f" {{ {' '.join(inner)} }}" if inner else "")


def _flat(value: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The older, flat form of what is said in a session, and of its link."""
    also: dict[str, JSON] = {}
    content, links = value.get("content"), value.get("addedExternalUrls")
    if isinstance(content, dict):
        words = (content.get("body"), content.get("action"), content.get("parameter"))
        also |= {
            "sessionId": value.get("agentSessionId"),
            "type": content.get("type"),
            "body": " ".join(str(one) for one in words if one),
        }
    if isinstance(links, list) and links:
        also["externalUrl"] = links[0].get("url")
    return also


class Dialect:
    """Fits what we ask to the server that is asked."""

    def __init__(self, *, whole: bool = True) -> None:
        """`whole` for Linear itself, which knows everything; others are asked at first use."""
        self._whole = whole
        self._schema: Schema | None = None
        self._lock = asyncio.Lock()

    async def fit(self, document: str, variables: Variables, ask: Ask) -> tuple[str, Variables]:
        """The document and variables that this server takes; `ask` asks it something.

        Raises UnknownToServerError where it takes nothing of it, and what `ask` raises.
        """
        if self._whole:
            return document, variables
        async with self._lock:
            if self._schema is None:
                try:
                    self._schema = read_schema(await ask(SCHEMA, {}))
                except (UserError, KeyError, TypeError, AttributeError):
                    self._whole = True  # it keeps its schema to itself: then it has to know all
                    return document, variables
        return self._schema.fit(document, variables)
