"""A folder of blueprint files, and the smallest of them."""

from pathlib import Path

from adapters.blueprints import load_folder
from bot.domain.catalog import Catalog

HEAD = """schema: signalbox/blueprint/v1
name: fix
profile: pod
title: Fix it
project: shop
command: [make, fix]
"""


DATA = Path("/srv/data")


def load(folder: Path, **files: str) -> Catalog:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return load_folder(folder, base=DATA)
