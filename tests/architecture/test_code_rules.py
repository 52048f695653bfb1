"""Rules of the house that no linter knows. An exception is listed here, with its reason."""

import ast
import sys
from collections.abc import Callable, Iterable, Iterator

import pytest

from tests.architecture.source import OURS, Module, calls, functions, imported, modules, names

MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 50

BORDERS = {
    "adapters/slack/work.py": "a bug in one request must not end the others",
    "adapters/clockwork.py": "a failed tick must not end the clockwork",
    "adapters/linear/inbox.py": "a bug with one event must not keep others from being heard",
    "adapters/runner/conduct.py": "a bug must leave neither the program nor the claim behind",
    "adapters/runner/worker.py": "a thread's bug must reach the main thread",
    "adapters/web/borders.py": "a bug in one request must be neither silent nor spread",
    "bot/services/examining.py": "a check that falls over must not take the others along",
    "bot/dispatch/dispatcher.py": "between a person and our bugs stands an incident id",
    "storage/writer.py": "whatever a unit raises is its caller's",
}
"""Where any exception at all may be caught: a bug must not end everything, or not silently."""

CLOCKS = {
    "adapters/runner/": "another process, without ports",
    "adapters/system.py": "the clock itself",
}

ENVIRONMENT = {
    "adapters/executors/local.py": "hands listed variables on to the runners",
    "adapters/runner/": "another process: it is configured by, and hands on, its environment",
    "bot/__main__.py": "lays the options of the command line over it",
    "bot/config.py": "the settings",
}

THIRD_PARTY: dict[str, set[str]] = {
    "adapters/proc.py": set(),
    "adapters/runner/": set(),
    "bot/domain/": set(),
    "bot/messages/": {"jinja2"},
    "bot/ports/": set(),
    "bot/services/": set(),
    "commands/": set(),
}
"""What may be imported beside the standard library and our own packages."""


def test_modules_are_short() -> None:
    long = [module.path for module in modules(*OURS) if module.lines > MAX_MODULE_LINES]
    assert long == []


def test_functions_are_short() -> None:
    found = (function for module in modules(*OURS) for function in functions(module))
    long = [function.place for function in found if function.lines > MAX_FUNCTION_LINES]
    assert long == []


def test_only_storage_commits() -> None:
    endings = (".begin", ".begin_nested", ".commit", ".rollback")
    assert _found(calls, endings, allowed=("storage/",)) == []


def test_only_the_clock_tells_the_time() -> None:
    readings = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time")
    assert _found(calls, readings, allowed=CLOCKS) == []


def test_only_settings_read_the_environment() -> None:
    assert _found(names, ("os.environ", "os.getenv"), allowed=ENVIRONMENT) == []


def test_exceptions_are_caught_by_name_except_at_listed_borders() -> None:
    caught = {
        module.path
        for module in modules(*OURS)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler) and _catches_all(node)
    }
    assert caught == set(BORDERS)


@pytest.mark.parametrize("place", THIRD_PARTY)
def test_the_core_and_the_runner_need_no_packages(place: str) -> None:
    known = sys.stdlib_module_names | THIRD_PARTY[place] | {*OURS, "templates"}
    foreign = [
        f"{module.path} imports {name}"
        for module in modules(place)
        for name in imported(module)
        if name.partition(".")[0] not in known
    ]
    assert foreign == []


def _found(
    look: Callable[[Module], Iterator[tuple[str, str]]],
    endings: tuple[str, ...],
    *,
    allowed: Iterable[str],
) -> list[str]:
    return [
        f"{place} uses {name}"
        for module in modules(*OURS)
        if not module.within(*allowed)
        for name, place in look(module)
        if name.endswith(endings)
    ]


def _catches_all(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or any(
        isinstance(node, ast.Name) and node.id in {"Exception", "BaseException"}
        for node in ast.walk(handler.type)
    )
