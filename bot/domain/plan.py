"""Plan: what a program means to do, what people approve, and what a push is checked against."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from bot.domain.codec import JSON, digest
from bot.domain.errors import UserError

_LONGEST_LIST = 500
_LONGEST_TEXT = 20_000
_LONGEST_LINE = 1_000
_MOST = 1e12
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The published plan format (docs/schemas/plan.schema.json); `files` is the scope."""

    summary: str
    base: str
    """The commit the plan was made on."""
    files: tuple[str, ...]
    """Globs from the repository's root: `*` stays within a name, the name `**` is any folders."""
    commands: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    diffstat: str = ""
    budget: Mapping[str, float] = field(default_factory=dict)
    """Bounds the program sets itself, such as usd or minutes."""

    @property
    def fingerprint(self) -> str:
        """Hash of the canonical form: what an approval is bound to."""
        return digest(self)

    def outside(self, files: Collection[str]) -> tuple[str, ...]:
        """The files that the scope does not cover, sorted."""
        return tuple(
            sorted(
                path
                for path in files
                if _leaves_repository(path)
                or not any(_pattern(glob).fullmatch(path) for glob in self.files)
            )
        )

    def widened(self, files: Collection[str]) -> "Plan":
        """The same plan with these very files added to its scope."""
        added = tuple(re.sub(r"([*?\[\]\\])", r"\\\1", path) for path in sorted(files))
        return replace(self, files=self.files + added)


def parse_plan(data: JSON) -> Plan:
    """A plan from untrusted JSON data. Raises UserError naming the field and the remedy."""
    if not isinstance(data, dict):
        raise UserError("The plan must be a JSON object with summary, base and files.")
    unknown = set(data) - {"summary", "base", "files", "commands", "risks", "diffstat", "budget"}
    if unknown:
        raise UserError(f"The plan has an unknown field “{min(unknown)[:40]}”; take it out.")
    files = _texts(data, "files")
    for path in files:
        _check_path(path)
    return Plan(
        summary=_text(data, "summary", required=True),
        base=_text(data, "base", required=True),
        files=files,
        commands=_texts(data, "commands"),
        risks=_texts(data, "risks"),
        diffstat=_text(data, "diffstat", required=False),
        budget=_numbers(data, "budget"),
    )


def _text(data: Mapping[str, JSON], name: str, *, required: bool) -> str:
    value = data.get(name, "")
    if not _is_text(value, _LONGEST_TEXT):
        raise UserError(f"The plan's {name} must be text of at most {_LONGEST_TEXT:,} characters.")
    if required and not value.strip():
        raise UserError(f"The plan needs a {name}.")
    return str(value)


def _is_text(value: JSON, longest: int) -> bool:
    return isinstance(value, str) and len(value) <= longest and not _UNSTORABLE.search(value)


def _texts(data: Mapping[str, JSON], name: str) -> tuple[str, ...]:
    value = data.get(name, [])
    if not isinstance(value, list) or len(value) > _LONGEST_LIST:
        raise UserError(f"The plan's {name} must be a list of at most {_LONGEST_LIST} texts.")
    for item in value:
        if not item or not _is_text(item, _LONGEST_LINE):
            raise UserError(
                f"Each of the plan's {name} must be a text of 1 to {_LONGEST_LINE:,} characters."
            )
    return tuple(value)


def _numbers(data: Mapping[str, JSON], name: str) -> dict[str, float]:
    value = data.get(name, {})
    if not isinstance(value, dict) or not all(
        isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number <= _MOST
        for number in value.values()
    ):
        raise UserError(f"The plan's {name} must be an object of amounts, such as {{“usd”: 2}}.")
    return {str(key): float(number) for key, number in value.items()}


def _leaves_repository(path: str) -> bool:
    parts = path.split("/")
    return path.startswith("/") or ".." in parts or ".git" in parts


def _check_path(path: str) -> None:
    if _leaves_repository(path):
        raise UserError(
            f"“{path[:80]}” in the plan's files leaves the repository; "
            "name files from its root, without “..” and outside .git."
        )


_FOLDERS = "(?:[^/]+/)*"
_PIECE = re.compile(r"(?P<stars>\*+)|(?P<one>\?)|\\(?P<escaped>.)|(?P<plain>.)", re.DOTALL)


@lru_cache(maxsize=2048)
def _pattern(glob: str) -> re.Pattern[str]:
    """The glob as a pattern for whole paths; a trailing slash means everything below.

    Every `*` and `**` but the last takes the least it can, for good: that finds a match where
    there is one, and no glob is slow.
    """
    groups: list[list[str]] = [[]]
    for name in (glob + "**" if glob.endswith("/") else glob).split("/"):
        if name == "**":
            groups.append([])
        else:
            groups[-1].append(_name_pattern(name))
    if not groups[-1]:
        groups[-1].append("[^/]+")
    head, *deeper = ("/".join(group) for group in groups)
    if not deeper:
        return re.compile(head)
    between = "".join(f"(?>{_FOLDERS}?{group}/)" for group in deeper[:-1] if group)
    return re.compile((f"{head}/" if head else "") + between + _FOLDERS + deeper[-1])


def _name_pattern(name: str) -> str:
    """The pattern of one folder's or file's name."""
    chunks = [""]
    for piece in _PIECE.finditer(name):
        if piece["stars"]:
            chunks.append("")
        else:
            chunks[-1] += "[^/]" if piece["one"] else re.escape(piece["escaped"] or piece["plain"])
    head, *rest = chunks
    if not rest:
        return head
    return head + "".join(f"(?>[^/]*?{chunk})" for chunk in rest[:-1]) + f"[^/]*{rest[-1]}"
