"""Reads a folder of blueprint files; described for people in docs/blueprints.md."""

from pathlib import Path

from adapters.blueprint_file import BlueprintFile
from adapters.yaml_model import read_model, schema_of
from bot.domain.blueprint import Blueprint
from bot.domain.catalog import BrokenFileError, Catalog, FileProblem


def load_folder(folder: Path, *, base: Path) -> Catalog:
    """Every blueprint of the `*.yaml` and `*.yml` files of a folder, in the order of their names.

    Relative repositories are meant from `base`. A broken file becomes problems and hides no
    other one; of two files with one name the first counts. Hidden files are left out. A folder
    that is not there is empty.
    """
    blueprints: dict[str, Blueprint] = {}
    problems: list[FileProblem] = []
    files: dict[str, str] = {}
    for path in sorted(folder.glob("[!.]*.y*ml")):
        if path.suffix not in {".yaml", ".yml"}:
            continue
        try:
            blueprint = _load(path, base=base, files=files)
        except BrokenFileError as error:
            problems += error.problems
        else:
            blueprints[blueprint.name] = blueprint
            files[blueprint.name] = path.name
    return Catalog(blueprints=blueprints, problems=tuple(problems))


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
