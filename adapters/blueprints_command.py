"""`signalbox blueprints [FOLDER]`: what a folder holds, and what is wrong with it."""

import argparse
from collections.abc import Callable
from pathlib import Path

from bot.domain.blueprint import Blueprint
from bot.domain.catalog import Catalog

OK, BROKEN = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Let a parser take what `blueprints` takes."""
    parser.add_argument(
        "folder", nargs="?", type=Path, help="another folder than SIGNALBOX_BLUEPRINTS"
    )


def tell_blueprints(folder: Path, catalog: Catalog, *, say: Callable[[str], None]) -> int:
    """Say every blueprint and every problem; the exit code is 1 where any file is broken."""
    if not catalog.files:
        say(f"There are no blueprints in {folder}; docs/blueprints.md says how to write one.")
        return OK
    widest = max(map(len, catalog.blueprints), default=0)
    for blueprint in sorted(catalog.blueprints.values(), key=lambda one: one.name):
        say(f"✔ {_line(blueprint, widest)}")
    for problem in catalog.problems:
        say(f"✖ {problem}")
    broken = sum(file.broken for file in catalog.files)
    if broken:
        say(f"{broken} of {len(catalog.files)} files cannot be used.")
    return BROKEN if broken else OK


def _line(blueprint: Blueprint, widest: int) -> str:
    return f"{blueprint.name.ljust(widest)}  {blueprint.title} ({blueprint.project})"
