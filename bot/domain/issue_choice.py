"""Choosing the blueprint for an issue, by what blueprints say they are for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from bot.domain.blueprint import Blueprint
from bot.domain.catalog import Catalog
from bot.domain.issue import Issue

MATCH_KEYS = ("team", "project", "label", "repository")
"""What `match` of a blueprint may name."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The blueprints that fit an issue best: one, several that nothing tells apart, or none."""

    blueprints: tuple[Blueprint, ...]
    because: str
    """Why the first was chosen, as `/run why` says it; empty without one."""


def choose_blueprint(issue: Issue, blueprints: Iterable[Blueprint]) -> Fit:
    """The blueprints whose every demand the issue meets and that demand the most, by name.

    A blueprint that demands nothing is chosen for no issue.
    """
    fitting = [one for one in blueprints if one.match and meets(issue, one.match)]
    most = max((len(one.match) for one in fitting), default=0)
    best = sorted((one for one in fitting if len(one.match) == most), key=lambda one: one.name)
    return Fit(blueprints=tuple(best), because=_because(issue, best[0]) if best else "")


def is_withheld(issue: Issue, catalog: Catalog) -> bool:
    """Whether an issue is only for blueprints that somebody does not see: then it is not there."""
    if choose_blueprint(issue, catalog.blueprints.values()).blueprints:
        return False
    return any(match and meets(issue, match) for match in catalog.hidden.values())


def meets(issue: Issue, demands: Mapping[str, str]) -> bool:
    """Whether an issue is as demanded, letter case aside; what is not known is not met."""
    return all(_meets(issue, name, wanted.casefold()) for name, wanted in demands.items())


def _meets(issue: Issue, name: str, wanted: str) -> bool:
    match name:
        case "team":
            return issue.team.casefold() == wanted
        case "project":
            return issue.project.casefold() == wanted
        case "label":
            return wanted in {label.casefold() for label in issue.labels}
        case "repository":
            return any(_lies_in(attached.url, wanted) for attached in issue.attachments)
        case _:
            return False


def _lies_in(url: str, repository: str) -> bool:
    """Whether an address is a repository (`github.com/acme/shop`), or of something in it."""
    try:
        address = urlsplit(url.casefold())
        host = address.hostname or ""
    except ValueError:
        return False
    place = f"{host}{address.path}".rstrip("/").removesuffix(".git")
    return place == repository or place.startswith(f"{repository}/")


def _because(issue: Issue, blueprint: Blueprint) -> str:
    demands = ", ".join(
        f"{name} {blueprint.match[name]}" for name in MATCH_KEYS if name in blueprint.match
    )
    return f"{issue.key} matches {demands}"
