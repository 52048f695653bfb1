"""Catalog: the blueprints of a folder, and what is wrong with the files that are none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from bot.domain.blueprint import Blueprint
from bot.domain.errors import NotFoundError, UserError

_OFFERED = 3
_LISTED = 10


@dataclass(frozen=True, kw_only=True)
class FileProblem:
    """One thing that is wrong with a file; as text it is one sentence."""

    file: str
    """The file's name, without its folder."""
    line: int | None = None
    """Counts from 1; None where the whole file is meant."""
    field: str = ""
    """Where in the file: `timeouts.run`, `inputs[0].default`."""
    problem: str
    remedy: str
    name: str = ""
    """What the file calls itself, as far as that could be read."""

    def __str__(self) -> str:
        line = f"line {self.line}" if self.line else ""
        place = ", ".join(filter(None, (self.file, line, self.field)))
        return f"{place}: {self.problem}; {self.remedy}."


class BrokenFileError(UserError):
    """A file cannot be used; `problems` are all that was found, by line."""

    def __init__(self, problems: Sequence[FileProblem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class CatalogFile:
    """One file of the folder, as it was read."""

    file: str
    """Its name, without the folder."""
    sha256: str
    """Of its content; empty where it could not be read."""
    owner: str = ""
    """The handle of the person it names as its owner, as far as that could be read."""
    problems: tuple[FileProblem, ...] = ()

    @property
    def broken(self) -> bool:
        """Whether it cannot be used."""
        return bool(self.problems)


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """What can be run, by name, and what could not be read."""

    blueprints: Mapping[str, Blueprint] = field(default_factory=dict)
    problems: tuple[FileProblem, ...] = ()
    files: tuple[CatalogFile, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Blueprints that cannot be started in this place, each with the reason."""
    hidden: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Names of blueprints which somebody does not see, each with what issues it is for."""

    def narrowed(self, *, shows: Callable[[str], bool], bars: Callable[[str], str]) -> "Catalog":
        """Without the projects that somebody does not see, and those that are not for a place.

        `bars` gives the reason why a project is not for the place, or nothing.
        """
        seen = {name: one for name, one in self.blueprints.items() if shows(one.project)}
        reasons = {project: bars(project) for project in {one.project for one in seen.values()}}
        barred = {name: why for name, one in seen.items() if (why := reasons[one.project])}
        here = {name: one for name, one in seen.items() if name not in barred}
        hidden = {name: one.match for name, one in self.blueprints.items() if name not in seen}
        return replace(self, blueprints=here, elsewhere=barred, hidden=hidden)

    def lacks(self, name: str) -> bool:
        """Whether no file that can be used has this name, whoever may see it."""
        return not (name in self.blueprints or name in self.elsewhere or name in self.hidden)

    def find(self, name: str) -> Blueprint:
        """The blueprint of that name.

        Raises NotFoundError: with the reason where it is not for this place, with the file's
        first problem where the name belongs to a broken file, else with the nearest names, as
        commands to offer.
        """
        if name in self.blueprints:
            return self.blueprints[name]
        if name in self.elsewhere:
            why = self.elsewhere[name]
            raise NotFoundError(f"“{name}” cannot be started here: {why}. Start it where it may.")
        for problem in self.problems:
            if name in {problem.name, problem.file.rpartition(".")[0]}:
                raise NotFoundError(f"The blueprint “{name}” cannot be used: {problem}")
        near = get_close_matches(name.lower(), self.blueprints, n=_OFFERED, cutoff=0.5)
        raise NotFoundError(
            f"There is no blueprint “{name[:63]}”; {self._offer(near)}",
            suggestions=[f"/run dispatch {offer}" for offer in near],
        )

    def _offer(self, near: Sequence[str]) -> str:
        if near:
            return f"did you mean {' or '.join(near)}?"
        names = sorted(self.blueprints)
        if not names and self.elsewhere:
            return "none can be started in this channel."
        if not names:
            return "the blueprints folder holds none that can be used."
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        return f"there are {', '.join(names[:_LISTED])}{more}."
