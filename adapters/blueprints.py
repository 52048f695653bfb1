"""Reads a folder of blueprint files; described for people in docs/blueprints.md."""

import hashlib
import re
from pathlib import Path

from adapters.blueprint_file import BlueprintFile
from adapters.yaml_lines import LARGEST
from adapters.yaml_model import read_model, schema_of
from bot.domain.blueprint import Blueprint
from bot.domain.catalog import BrokenFileError, Catalog, CatalogFile, FileProblem

_OWNER = re.compile(
    rb"""(?m)(?:^|[{,]\s*)["']?owner["']?\s*:\s*["']?@?([a-z0-9][a-z0-9._-]{0,62})"""
)


def load_folder(folder: Path, *, base: Path) -> Catalog:
    """Every blueprint of the `*.yaml` and `*.yml` files of a folder, in the order of their names.

    Relative repositories are meant from `base`. A broken file becomes problems and hides no
    other one; of two files with one name the first counts. Hidden files are left out. A folder
    that is not there is empty.
    """
    blueprints: dict[str, Blueprint] = {}
    problems: list[FileProblem] = []
    files: dict[str, str] = {}
    read: list[CatalogFile] = []
    for path in sorted(folder.glob("[!.]*.y*ml")):
        if path.suffix not in {".yaml", ".yml"}:
            continue
        # Before it is read: what changes meanwhile is then told anew, not left out.
        content = _content(path)
        try:
            blueprint = _load(path, base=base, files=files)
        except BrokenFileError as error:
            problems += error.problems
            read.append(_file(path, content, owner=_find_owner(content), problems=error.problems))
        else:
            blueprints[blueprint.name] = blueprint
            files[blueprint.name] = path.name
            read.append(_file(path, content, owner=blueprint.owner))
    return Catalog(blueprints=blueprints, problems=tuple(problems), files=tuple(read))


def _content(path: Path) -> bytes:
    """What a file holds, up to more than can be read as a blueprint; nothing where it is none."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError:
        return b""


def _file(
    path: Path, content: bytes, *, owner: str, problems: tuple[FileProblem, ...] = ()
) -> CatalogFile:
    sha256 = hashlib.sha256(content).hexdigest()
    return CatalogFile(file=path.name, sha256=sha256, owner=owner, problems=problems)


def _find_owner(content: bytes) -> str:
    """Whom a broken file names, read without understanding the rest of it."""
    found = _OWNER.search(content)
    return found[1].decode() if found else ""


def _load(path: Path, *, base: Path, files: dict[str, str]) -> Blueprint:
    content, document = read_model(path, BlueprintFile)
    blueprint = content.blueprint(base)
    if blueprint.name in files:
        problem = f"“{blueprint.name}” is the name in {files[blueprint.name]} too"
        raise BrokenFileError([document.problem(("name",), problem, "rename one of them")])
    return blueprint


def schema_json() -> str:
    """The JSON Schema of a blueprint file, as it is kept in docs/schemas."""
    return schema_of(BlueprintFile)
