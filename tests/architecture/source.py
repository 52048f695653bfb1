"""The source as the rules see it: every module, parsed."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = ("adapters", "bot", "commands", "storage")


@dataclass(frozen=True, kw_only=True)
class Module:
    """A file of source; `path` is relative to the root, with forward slashes."""

    path: str
    tree: ast.Module
    lines: int

    def within(self, *places: str) -> bool:
        """Whether it is one of these files, or in one of these folders (which end in a slash)."""
        return any(self.path == place or self.path.startswith(place) for place in places)


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function or method with its place and the lines from `def` to its end."""

    place: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    lines: int


@cache
def modules(*places: str) -> tuple[Module, ...]:
    """The modules of these files and folders at the root, by path."""
    found = []
    for place in places:
        root = ROOT / place
        for file in [root] if root.is_file() else sorted(root.rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            path = file.relative_to(ROOT).as_posix()
            found.append(Module(path=path, tree=ast.parse(text), lines=text.count("\n")))
    return tuple(found)


def functions(module: Module) -> Iterator[Function]:
    """Every function of a module, nested ones too."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            yield Function(place=f"{module.path}:{node.lineno} {node.name}", node=node, lines=lines)


def names(module: Module) -> Iterator[tuple[str, str]]:
    """The last two parts of every dotted name, such as `os.environ`, with its place."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute):
            yield _ending(node), f"{module.path}:{node.lineno}"


def calls(module: Module) -> Iterator[tuple[str, str]]:
    """The same of every method that is called."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield _ending(node.func), f"{module.path}:{node.lineno}"


def _ending(node: ast.Attribute) -> str:
    before = node.value
    if isinstance(before, ast.Name):
        return f"{before.id}.{node.attr}"
    return f"{before.attr}.{node.attr}" if isinstance(before, ast.Attribute) else f".{node.attr}"


def imported(module: Module) -> Iterator[str]:
    """The full name of every module that is imported, wherever the import stands."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
