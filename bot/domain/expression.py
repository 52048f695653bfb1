"""Expression: a condition over variables, in a language that can compare and nothing else.

`wal_mb > 16 and integrity == 'ok'`; `not done`; `'health' in failed_steps`. Literals are numbers,
texts in quotes, `[lists]`, `true`, `false` and `none`; `health.size` looks into an object.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from bot.domain.codec import JSON
from bot.domain.errors import UserError

Scope = Mapping[str, JSON]
"""The variables: name → value; one that is not there is `none`."""

_LONGEST = 1_000
_DEEPEST = 20
_TOKEN = re.compile(
    r"\s*(?:(?P<number>-?[0-9]{1,15}(?:\.[0-9]{1,9})?)(?![A-Za-z0-9_.])"
    r"|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<sign>==|!=|<=|>=|[<>()\[\],])"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*))"
)
_LITERALS: Mapping[str, JSON] = {"true": True, "false": False, "none": None}
_WORDS = frozenset({"and", "or", "not", "in"})
_SIGNS = frozenset({"==", "!=", "<", "<=", ">", ">="})

_Node = Callable[[Scope], JSON]


class Expression:
    """A condition that was read."""

    def __init__(self, names: frozenset[str], value: _Node) -> None:
        self.names = names
        """The variables that it looks at."""
        self._value = value

    def holds(self, scope: Scope) -> bool:
        """Whether it is true. Raises UserError where values cannot be compared."""
        return bool(self._value(scope))


@lru_cache(maxsize=512)
def parse_expression(text: str) -> Expression:
    """Read a condition. Raises UserError saying what stands where nothing like it can."""
    if len(text) > _LONGEST:
        raise UserError(f"The condition has more than {_LONGEST:,} characters; shorten it.")
    parser = _Parser(text)
    value = parser.whole()
    return Expression(frozenset(parser.names), value)


def look_up(scope: Scope, path: str) -> JSON:
    """The value of a dotted name: `health.files.0.size`; None where there is none."""
    first, *rest = path.split(".")
    value = scope.get(first)
    for step in rest:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


class _Parser:
    """Recursive descent; each method returns the function that computes its part."""

    def __init__(self, text: str) -> None:
        self.names: set[str] = set()
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> _Node:
        """The condition from its first to its last word."""
        value = self._any_of()
        if self._peek():
            raise self._wrong()
        return value

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, *wanted: str) -> str:
        """The next token where it is one of `wanted`, else the empty text."""
        token = self._peek()
        if token not in wanted:
            return ""
        self._at += 1
        return token

    def _wrong(self) -> UserError:
        found = f"“{self._peek()[:40]}” stands where it cannot" if self._peek() else "it stops"
        return UserError(
            f"The condition “{self._text[:80]}” cannot be read: {found}; "
            "write comparisons such as size > 16, joined by and, or and not."
        )

    def _any_of(self) -> _Node:
        parts = [self._all_of()]
        while self._take("or"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else lambda scope: any(part(scope) for part in parts)

    def _all_of(self) -> _Node:
        parts = [self._denied()]
        while self._take("and"):
            parts.append(self._denied())
        return parts[0] if len(parts) == 1 else lambda scope: all(part(scope) for part in parts)

    def _denied(self) -> _Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise UserError("The condition is nested too deeply; split it.")
        if self._take("not"):
            inner = self._denied()
            value: _Node = lambda scope: not inner(scope)  # noqa: E731 - one of several ways
        else:
            value = self._compared()
        self._depth -= 1
        return value

    def _compared(self) -> _Node:
        left = self._operand()
        denied = bool(self._take("not"))
        sign = self._take("in") if denied else self._take("in", *_SIGNS)
        if not sign:
            if denied:
                raise self._wrong()
            return left
        right = self._operand()
        return lambda scope: _compare(left(scope), sign, right(scope)) is not denied

    def _operand(self) -> _Node:
        if self._take("("):
            inner = self._any_of()
            self._require(")")
            return inner
        if self._take("["):
            return self._list()
        token = self._peek()
        if not token or token in _WORDS or not (token[0].isalnum() or token[0] in "_-'\""):
            raise self._wrong()
        self._at += 1
        if token[0].isalpha() or token[0] == "_":
            return self._named(token)
        literal = token[1:-1] if token[0] in "'\"" else _number(token)
        return lambda _scope: literal

    def _named(self, token: str) -> _Node:
        if token in _LITERALS:
            return lambda _scope: _LITERALS[token]
        self.names.add(token.partition(".")[0])
        return lambda scope: look_up(scope, token)

    def _list(self) -> _Node:
        items: list[_Node] = []
        while not self._take("]"):
            items.append(self._operand())
            if not self._take(","):
                self._require("]")
                break
        return lambda scope: [item(scope) for item in items]

    def _require(self, sign: str) -> None:
        if not self._take(sign):
            raise self._wrong()


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    whole = text.rstrip()
    while at < len(whole):
        match = _TOKEN.match(whole, at)
        if match is None:
            raise UserError(
                f"The condition “{text[:80]}” cannot be read at “{whole[at:].strip()[:20]}”; "
                "put texts in quotes and use ==, !=, <, <=, >, >=, in, and, or, not."
            )
        found.append(match[0].strip())
        at = match.end()
    return found


def _number(token: str) -> float | int:
    return float(token) if "." in token else int(token)


def _compare(left: JSON, sign: str, right: JSON) -> bool:
    if sign in {"==", "!="}:
        return _same(left, right) is (sign == "==")
    if sign == "in":
        return _within(left, right)
    if not (_is_number(left) and _is_number(right)) and not (
        isinstance(left, str) and isinstance(right, str)
    ):
        raise UserError(
            f"{_kind(left)} cannot be compared with {_kind(right)} by “{sign}”; "
            "check where the variables get their values."
        )
    ordered: bool = left < right if sign[0] == "<" else left > right
    return ordered or (sign in {"<=", ">="} and left == right)


def _same(left: JSON, right: JSON) -> bool:
    """Equal and of one kind: `true` is not 1."""
    return isinstance(left, bool) is isinstance(right, bool) and bool(left == right)


def _within(left: JSON, right: JSON) -> bool:
    if isinstance(right, list):
        return any(_same(left, item) for item in right)
    if isinstance(left, str) and isinstance(right, str | Mapping):
        return left in right
    raise UserError(f"{_kind(left)} cannot be looked for in {_kind(right)}; use a list or a text.")


def _is_number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind(value: JSON) -> str:
    if value is None:
        return "Nothing"
    kinds = {bool: "a flag", int: "a number", float: "a number", str: "a text", list: "a list"}
    return kinds.get(type(value), "an object")
