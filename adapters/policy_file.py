"""Reads policy.yaml: who may do what."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Discriminator, Field, Strict, Tag

from adapters.yaml_model import CHOICE, FileModel, Flaw, Flaws, Matching, read_model, schema_of
from bot.domain.issue_state import Moment
from bot.domain.person import Person
from bot.domain.policy import Policy, ProjectTerms, Role, Terms

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
_Project = Annotated[
    str,
    Matching(
        pattern=r"[a-z0-9][a-z0-9-]{0,62}",
        problem="{} is not a project's name",
        remedy="write lower-case letters, digits and dashes",
    ),
]
_Names = Annotated[tuple[_Who, ...], Field(min_length=1)]
_Channel = Annotated[
    str,
    Matching(
        pattern=r"[^\s/]+/[^\s/]+/[^\s/]+",
        problem="{} is not a channel",
        remedy="write surface/team/channel, such as slack/T012/C345 or console/local/console",
    ),
]
_Account = Annotated[
    str,
    Matching(
        pattern=r"[^\s/]+/[^\s/]+/[^\s/]+",
        problem="{} is not an account",
        remedy="write surface/team/account, such as slack/T012/U345",
    ),
]
_Team = Annotated[
    str,
    Matching(
        pattern=r"[A-Z][A-Z0-9]{0,9}",
        problem="{} is not the key of a team",
        remedy="write it as its issues do: ENG for ENG-142",
    ),
]
_State = Annotated[str, Field(max_length=100)]
_Group = Annotated[
    str,
    Matching(
        pattern=r"[^\s/]+/[^\s/]+/[^\s/]+",
        problem="{} is not a group",
        remedy="write surface/team/group, such as slack/T012/S345",
    ),
]
_RoleWord = Literal["viewer", "operator", "approver", "admin"]


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise Flaw(f"“{name[:40]}” is no time zone", "write one such as Europe/Berlin") from None
    return name


class PersonPart(FileModel):
    """A person: the role, and what else is known."""

    role: _RoleWord
    name: Annotated[str, Field(max_length=100)] = ""
    """How the person is called."""
    email: Annotated[str, Field(max_length=254)] = ""
    """Suggests whose an issue or a commit is; it gives no rights."""
    time_zone: Annotated[str, AfterValidator(_known_zone)] = "UTC"
    identities: tuple[_Account, ...] = ()
    """Accounts that are theirs, as surface/team/account; others are linked with /run link."""

    def person(self, handle: str) -> Person:
        """What is known of the person."""
        known = {name: value for name, value in self if name != "role"}
        return Person(handle=handle, **known)


def _form(value: object) -> str:
    return f"{CHOICE}person" if isinstance(value, dict | PersonPart) else f"{CHOICE}role"


_WordOrPerson = Annotated[
    Annotated[_RoleWord, Tag(f"{CHOICE}role")] | Annotated[PersonPart, Tag(f"{CHOICE}person")],
    Discriminator(_form),
]


class ProjectPart(FileModel):
    """What holds for a project's runs."""

    channels: tuple[_Channel, ...] = ()
    """Where its runs are started; nothing of other projects is started there."""
    see: _Names = ("viewer",)
    """Who may see its runs; for everybody else they do not exist."""
    people: dict[_Person, _RoleWord] = Field(default_factory=dict)
    """Roles that people have in this project in place of their general one."""

    def terms(self) -> ProjectTerms:
        """The terms that stand here."""
        roles = {person: Role[word.upper()] for person, word in self.people.items()}
        return ProjectTerms(channels=frozenset(self.channels), see=self.see, people=roles)


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


class IssueStatesPart(FileModel):
    """The names of the states that a team's issues move to; never backwards."""

    started: _State = ""
    """Once the run is really at work; the first started state when left out."""
    pr_opened: _State = ""
    merged: _State = ""
    failed: _State = ""

    def states(self) -> Mapping[Moment, str]:
        """The names that stand here."""
        return {Moment(moment): name for moment, name in self if name}


class PolicyFile(FileModel, title="Signalbox policy"):
    """The rule book: people and their roles, and who may run, approve and cancel what."""

    schema_: Literal["signalbox/policy/v1"] = Field(alias="schema")
    people: dict[_Person, _WordOrPerson]
    defaults: TermsPart = TermsPart()
    blueprints: dict[_Blueprint, TermsPart] = Field(default_factory=dict)
    projects: dict[_Project, ProjectPart] = Field(default_factory=dict)
    fallback_owner: str = ""
    """Who owns runs on issues whose assignee nobody here knows."""
    groups: dict[_Group, _RoleWord] = Field(default_factory=dict)
    """Roles of a chat's user groups, for those of their members who are among the people."""
    issue_states: dict[_Team, IssueStatesPart] = Field(default_factory=dict)
    """Where the issues of a tracker's team move to as their runs go on."""

    def policy(self) -> Policy:
        """The policy that stands here."""
        defaults = self.defaults.over(Terms())
        return Policy(
            people={person: _role(part) for person, part in self.people.items()},
            persons=self._persons(),
            defaults=defaults,
            blueprints={name: part.over(defaults) for name, part in self.blueprints.items()},
            projects={name: part.terms() for name, part in self.projects.items()},
            fallback_owner=self.fallback_owner,
            groups={group: Role[word.upper()] for group, word in self.groups.items()},
            issue_states={team: part.states() for team, part in self.issue_states.items()},
        )

    def flaws(self) -> Flaws:
        """People who are not known, and quorums that nobody can reach."""
        if self.fallback_owner and self.fallback_owner not in self.people:
            yield ("fallback_owner",), _stranger(self.fallback_owner)
        yield from self._terms_flaws(("defaults",), self.defaults)
        for name, part in self.blueprints.items():
            yield from self._terms_flaws(("blueprints", name), part)
        for name, project in self.projects.items():
            yield from self._project_flaws(("projects", name), project)
        yield from self._account_flaws()

    def _persons(self) -> Mapping[str, Person]:
        return {
            handle: part.person(handle)
            for handle, part in self.people.items()
            if isinstance(part, PersonPart)
        }

    def _project_flaws(self, place: tuple[str, ...], part: ProjectPart) -> Flaws:
        for person in part.people:
            if person not in self.people:
                yield (*place, "people", person), _stranger(person)
        yield from self._unknown((*place, "see"), part.see)

    def _account_flaws(self) -> Flaws:
        owners: dict[str, str] = {}
        for handle, person in self._persons().items():
            for index, account in enumerate(person.identities):
                owner = owners.setdefault(account, handle)
                if owner != handle:
                    flaw = Flaw(f"“{account[:80]}” is @{owner}'s already", "take it out of one")
                    yield ("people", handle, "identities", index), flaw

    def _unknown(self, place: tuple[str | int, ...], names: tuple[str, ...]) -> Flaws:
        for index, who in enumerate(names):
            if who.startswith("@") and who[1:] not in self.people:
                yield (*place, index), _stranger(who[1:])

    def _terms_flaws(self, place: tuple[str, ...], part: TermsPart) -> Flaws:
        for field in ("run", "approve", "cancel", "answer", "escalate"):
            yield from self._unknown((*place, field), getattr(part, field) or ())
        policy = self.policy()
        terms = part.over(policy.defaults)
        able = len(policy.who(terms.approve))
        # Who may beside them is known only once a chat has said who is in its groups.
        if terms.quorum > max(1, able) and not self.groups:
            problem = f"{terms.quorum} must approve, but only {able} may"
            yield (*place, "quorum"), Flaw(problem, "lower it, or let more people approve")


def _role(part: str | PersonPart) -> Role:
    word = part.role if isinstance(part, PersonPart) else part
    return Role[word.upper()]


def _stranger(person: str) -> Flaw:
    return Flaw(f"“{person[:63]}” is not among the people", "add them under “people”")


def load_policy(path: Path) -> Policy:
    """The policy of a file. Raises BrokenFileError: one problem, and no part of it counts."""
    return read_model(path, PolicyFile)[0].policy()


def schema_json() -> str:
    """The JSON Schema of a policy file, as it is kept in docs/schemas."""
    return schema_of(PolicyFile)
