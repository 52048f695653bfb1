"""Reads a YAML file as plain data that remembers its lines, so that errors can point at them.

Made for files that people write: a subset of YAML without custom tags and repeated keys, bounded
in size, depth and in what aliases may unfold to.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import yaml

from bot.domain.catalog import BrokenFileError, FileProblem
from bot.domain.codec import JSON

LARGEST = 256 * 1024
"""Bytes of a file."""
_DEEPEST = 16
_MOST_VALUES = 5_000
_LARGEST_NUMBER = 10**15

Place = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""

_TAG = "tag:yaml.org,2002:"
_SCALARS = frozenset(f"{_TAG}{kind}" for kind in ("null", "bool", "int", "float"))
_TEXTS = frozenset(f"{_TAG}{kind}" for kind in ("str", "timestamp", "merge", "value"))


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file's content: `data` is plain JSON data, `lines` says where each value stands."""

    file: str
    data: dict[str, JSON]
    lines: Mapping[Place, int]

    def problem(self, place: Place, problem: str, remedy: str) -> FileProblem:
        """What is wrong at a place; the line is that of the nearest value around it."""
        around = place
        while around not in self.lines:
            around = around[:-1]
        name = self.data.get("name")
        return FileProblem(
            file=self.file,
            line=self.lines[around],
            field=spell(place),
            problem=problem,
            remedy=remedy,
            name=name if isinstance(name, str) else "",
        )


def spell(place: Place) -> str:
    """A place as people read it: `inputs[0].default`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")


def read_document(path: Path) -> Document:
    """The content of a YAML file whose top is a mapping. Raises BrokenFileError."""
    text = _read_text(path)
    try:
        return _Unfolding(path.name).document(_Loader(text).get_single_node())
    except _RefusedError as refused:
        line, problem, remedy = refused.args
        raise _broken(path, problem, remedy, line=line) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # What PyYAML quotes after these words may be a secret that begins with a special sign.
        said = re.sub(r"(alias|anchor|tag) '.*", r"\1", error.problem or error.context or "")
        remedy = "check the indentation, the quotes and the colons there"
        line = mark.line + 1 if mark else None
        raise _broken(path, f"this is not YAML: {said}", remedy, line=line) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _broken(path, "there is a control character", "take it out", line=line) from None


def _read_text(path: Path) -> str:
    try:
        if not path.is_file():
            raise _broken(path, "there is no such file", "create it, or correct its name")
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        problem = f"it cannot be read ({error.strerror})"
        raise _broken(path, problem, "let the account that signalbox runs as read it") from error
    if len(content) > LARGEST:
        raise _broken(path, "it is larger than 256 KiB", "take out what does not belong to it")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _broken(path, "this is not UTF-8", "save it as UTF-8 text", line=line) from None


def _broken(path: Path, problem: str, remedy: str, *, line: int | None = None) -> BrokenFileError:
    found = FileProblem(file=path.name, line=line, problem=problem, remedy=remedy)
    return BrokenFileError([found])


class _RefusedError(Exception):
    """YAML that is not read here: line, problem, remedy."""


def _refuse(node: yaml.Node, problem: str, remedy: str) -> NoReturn:
    raise _RefusedError(_line(node), problem, remedy)


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


class _Loader(yaml.SafeLoader):
    """Composes nodes, no deeper than a file that people write can be."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next node, counted against the depth."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _RefusedError(self.line + 1, "this is nested too deeply", "flatten it")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class _Unfolding:
    """Turns nodes into data and notes their lines; aliases are unfolded within bounds."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._lines: dict[Place, int] = {}
        self._scalars = yaml.constructor.SafeConstructor()

    def document(self, root: yaml.Node | None) -> Document:
        """The whole file."""
        if root is None:
            raise _RefusedError(1, "the file is empty", "fill it in, or remove it")
        if not isinstance(root, yaml.MappingNode) or root.tag != f"{_TAG}map":
            _refuse(root, "the file is no list of fields", "begin it with “schema: signalbox/…”")
        return Document(file=self._file, data=self._mapping(root, ()), lines=self._lines)

    def _value(self, node: yaml.Node, place: Place) -> JSON:
        self._lines.setdefault(place, _line(node))
        if len(self._lines) > _MOST_VALUES or len(place) > _DEEPEST:
            _refuse(node, "there are more values than can be read", "use fewer aliases")
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self._value(item, (*place, at)) for at, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS | _TEXTS:
            return self._scalar(node)
        _refuse(node, "this tag is not read here", "take out the word that begins with “!”")

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, JSON]:
        self._lines.setdefault(place, _line(node))
        data: dict[str, JSON] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                _refuse(key, "a field's name must be a word", "write “name: value”")
            name = _text(key)
            if name in data:
                _refuse(key, f"the field “{name[:40]}” stands here twice", "keep one of them")
            self._lines[*place, name] = _line(key)
            data[name] = self._value(value, (*place, name))
        return data

    def _scalar(self, node: yaml.ScalarNode) -> JSON:
        if node.tag in _TEXTS:
            return _text(node)
        try:
            value = self._scalars.construct_object(node)
        except (ValueError, LookupError):
            _refuse(node, "this is no number or yes or no that can be read", "put it in quotes")
        if isinstance(value, int) and abs(value) > _LARGEST_NUMBER:
            _refuse(node, "this number is too large", "write a smaller one, or put it in quotes")
        return value


def _text(node: yaml.ScalarNode) -> str:
    text = str(node.value)
    if any("\ud800" <= character <= "\udfff" for character in text):
        _refuse(node, "this holds half a character", "write the character itself")
    return text
