"""Reads policy.yaml: who may do what."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, Strict

from adapters.yaml_model import FileModel, Flaw, Flaws, Matching, read_model, schema_of
from bot.domain.policy import Policy, Role, Terms

_HANDLE = r"[a-z0-9][a-z0-9._-]{0,62}"
_ROLES = tuple(role.word for role in Role)
_Person = Annotated[
    str,
    Matching(
        pattern=_HANDLE,
        problem="{} is not a person's name",
        remedy="write lower-case letters, digits, dots, dashes and underscores",
    ),
]
_Who = Annotated[
    str,
    Matching(
        pattern=f"{'|'.join(_ROLES)}|@{_HANDLE}",
        problem="{} is no role and no person",
        remedy=f"write {', '.join(_ROLES)}, or a person such as @ana",
    ),
]
_Blueprint = Annotated[
    str,
    Matching(
        pattern=r"[a-z0-9][a-z0-9-]{0,62}",
        problem="{} is not a blueprint's name",
        remedy="write lower-case letters, digits and dashes",
    ),
]
_Names = Annotated[tuple[_Who, ...], Field(min_length=1)]


class TermsPart(FileModel):
    """What holds for a blueprint; what is left out is as in the defaults."""

    run: _Names | None = None
    approve: _Names | None = None
    cancel: _Names | None = None
    answer: _Names | None = None
    """Who may answer questions."""
    escalate: tuple[_Who, ...] | None = None
    """Who is reminded of open gates as well, from the second reminder on."""
    quorum: Annotated[int, Strict(), Field(gt=0, le=100)] | None = None
    four_eyes: Annotated[bool, Strict()] | None = None

    def over(self, terms: Terms) -> Terms:
        """The terms with what stands here in place of theirs."""
        return replace(terms, **{name: value for name, value in self if value is not None})


class PolicyFile(FileModel, title="Signalbox policy"):
    """The rule book: people and their roles, and who may run, approve and cancel what."""

    schema_: Literal["signalbox/policy/v1"] = Field(alias="schema")
    people: dict[_Person, Literal["viewer", "operator", "approver", "admin"]]
    defaults: TermsPart = TermsPart()
    blueprints: dict[_Blueprint, TermsPart] = Field(default_factory=dict)
    fallback_owner: str = ""

    def policy(self) -> Policy:
        """The policy that stands here."""
        defaults = self.defaults.over(Terms())
        return Policy(
            people={person: Role[word.upper()] for person, word in self.people.items()},
            defaults=defaults,
            blueprints={name: part.over(defaults) for name, part in self.blueprints.items()},
            fallback_owner=self.fallback_owner,
        )

    def flaws(self) -> Flaws:
        """People who are not known, and quorums that nobody can reach."""
        if self.fallback_owner and self.fallback_owner not in self.people:
            yield ("fallback_owner",), _stranger(self.fallback_owner)
        yield from self._terms_flaws(("defaults",), self.defaults)
        for name, part in self.blueprints.items():
            yield from self._terms_flaws(("blueprints", name), part)

    def _terms_flaws(self, place: tuple[str, ...], part: TermsPart) -> Flaws:
        for field in ("run", "approve", "cancel", "answer", "escalate"):
            for index, who in enumerate(getattr(part, field) or ()):
                if who.startswith("@") and who[1:] not in self.people:
                    yield (*place, field, index), _stranger(who[1:])
        policy = self.policy()
        terms = part.over(policy.defaults)
        able = len(policy.who(terms.approve))
        if terms.quorum > max(1, able):
            problem = f"{terms.quorum} must approve, but only {able} may"
            yield (*place, "quorum"), Flaw(problem, "lower it, or let more people approve")


def _stranger(person: str) -> Flaw:
    return Flaw(f"“{person[:63]}” is not among the people", "add them under “people”")


def load_policy(path: Path) -> Policy:
    """The policy of a file. Raises BrokenFileError: one problem, and no part of it counts."""
    return read_model(path, PolicyFile)[0].policy()


def schema_json() -> str:
    """The JSON Schema of a policy file, as it is kept in docs/schemas."""
    return schema_of(PolicyFile)
