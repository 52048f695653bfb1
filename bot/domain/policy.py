"""Policy: who may do what, decided at the moment of acting. Unknown people may do nothing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, unique

from bot.domain.gate import Gate, GateKind
from bot.domain.issue_state import IssueStates
from bot.domain.person import Person
from bot.domain.run import Run
from bot.domain.sight import Sight


@unique
class Role(IntEnum):
    """What a person is in general; a higher role may do what a lower one may."""

    VIEWER = 1
    OPERATOR = 2
    APPROVER = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        """The role as people write it."""
        return self.name.lower()


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What policy sets for a blueprint: names are roles (`approver`) or people (`@ana`)."""

    run: tuple[str, ...] = ("operator",)
    approve: tuple[str, ...] = ("approver",)
    cancel: tuple[str, ...] = ("approver",)
    """Beside the run's owner and requester, who may stop their own as operators."""
    answer: tuple[str, ...] = ("operator",)
    """Who may answer its questions; four eyes do not bind answers."""
    escalate: tuple[str, ...] = ()
    """Who is reminded of its open gates as well, from the second reminder on."""
    quorum: int = 1
    four_eyes: bool = True


@dataclass(frozen=True, kw_only=True)
class ProjectTerms:
    """What policy sets for a project; `channels` are `surface/tenant/channel`."""

    channels: frozenset[str] = frozenset()
    """Where its runs are asked for and told; there, nothing of other projects is started."""
    see: tuple[str, ...] = ("viewer",)
    """Who may see its runs: roles or people. Whoever may not see them can do nothing to them."""
    people: Mapping[str, Role] = field(default_factory=dict)
    """Roles that hold in this project in place of the general ones."""

    @property
    def restricted(self) -> bool:
        """Whether somebody whom policy knows may not see it."""
        return "viewer" not in self.see


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The whole rule book, read from policy.yaml."""

    people: Mapping[str, Role] = field(default_factory=dict)
    persons: Mapping[str, Person] = field(default_factory=dict)
    """What is known of some of them beside their role."""
    defaults: Terms = field(default_factory=Terms)
    blueprints: Mapping[str, Terms] = field(default_factory=dict)
    projects: Mapping[str, ProjectTerms] = field(default_factory=dict)
    fallback_owner: str = ""
    issue_states: Mapping[str, IssueStates] = field(default_factory=dict)
    """Where issues move to, by the key of their team."""
    groups: Mapping[str, Role] = field(default_factory=dict)
    """Roles that groups of a surface, as `surface/team/group`, give to those of `people`."""

    def raised(self, members: Mapping[str, Collection[str]]) -> "Policy":
        """The rule book in which members of groups have their group's role, if it is higher.

        A group makes nobody a person: whom `people` does not name stays unknown.
        """
        people = {
            person: max([role, *self._given(person, members)])
            for person, role in self.people.items()
        }
        return replace(self, people=people)

    def _given(self, person: str, members: Mapping[str, Collection[str]]) -> list[Role]:
        return [role for name, role in self.groups.items() if person in members.get(name, ())]

    def find_by_email(self, email: str) -> str:
        """The handle of the one person with this e-mail address; empty for none or several."""
        wanted = email.casefold()
        found = [one.handle for one in self.persons.values() if one.email.casefold() == wanted]
        return found[0] if wanted and len(found) == 1 else ""

    def within(self, project: str) -> "Policy":
        """The rule book inside a project: its own roles, and only the people who may see it."""
        if project not in self.projects:
            return self
        seeing = {
            person: role
            for person in self.people
            if (role := self.role_within(project, person)) is not None
        }
        return replace(self, people=seeing, projects={})

    def role_within(self, project: str, person: str) -> Role | None:
        """A known person's role in a listed project; None for whoever may not see it."""
        terms = self.projects[project]
        role = terms.people.get(person, self.people[person])
        return role if _mean(terms.see, person, role) else None

    def terms(self, blueprint: str) -> Terms:
        """The terms that hold for a blueprint."""
        return self.blueprints.get(blueprint, self.defaults)

    def who(self, names: Collection[str]) -> tuple[str, ...]:
        """The people that role names and handles stand for, sorted."""
        return tuple(sorted(person for person in self.people if self.includes(names, person)))

    def includes(self, names: Collection[str], person: str) -> bool:
        """Whether one of the names means this person: by handle, or by a role they reach."""
        role = self.people.get(person)
        return role is not None and _mean(names, person, role)


def _mean(names: Collection[str], person: str, role: Role) -> bool:
    """Whether one of the names is this person's handle, or a role that theirs reaches."""
    roles = {name.upper() for name in names} & set(Role.__members__)
    return f"@{person}" in names or any(role >= Role[name] for name in roles)


@dataclass(frozen=True, kw_only=True)
class Ruling:
    """Yes or no, the rule that says so, and who may."""

    allowed: bool
    rule: str
    who: tuple[str, ...] = ()
    not_who: tuple[tuple[str, str], ...] = ()
    """People whom a rule keeps out although their role would do: (person, why)."""


_BY_ROLE: Mapping[str, Role] = {
    "list": Role.VIEWER,
    "show": Role.VIEWER,
    "logs": Role.VIEWER,
    "artifacts": Role.VIEWER,
    "blueprints": Role.VIEWER,
    "mine": Role.VIEWER,
    "stats": Role.VIEWER,
    "cost": Role.VIEWER,
    "why": Role.VIEWER,
    "help": Role.VIEWER,
    "timeline": Role.VIEWER,
    "inbox": Role.VIEWER,
    "issues": Role.VIEWER,
    "can": Role.VIEWER,
    "nudge": Role.OPERATOR,
    "export": Role.VIEWER,
    "ask": Role.OPERATOR,
    "reply": Role.OPERATOR,
    "review": Role.OPERATOR,
    "enable": Role.APPROVER,
    "disable": Role.APPROVER,
    "assign": Role.ADMIN,
    "confirm": Role.ADMIN,
}
_BY_TERMS: Mapping[str, str] = {
    "dispatch": "run",
    "retry": "run",
    "rerun": "run",
    "restart": "cancel",
    "stop": "cancel",
    "delete": "cancel",
    "approve": "approve",
    "deny": "approve",
    "changes": "approve",
    "answer": "answer",
}
_OWN = frozenset({"restart", "stop", "delete", "retry", "rerun"})


def decide_visibility(policy: Policy, person: str) -> Sight:
    """Which runs a person may see now. Unknown people see nothing, their own runs neither."""
    if person not in policy.people:
        return Sight(nothing=True)
    hidden = (name for name in policy.projects if policy.role_within(name, person) is None)
    return Sight(hidden=frozenset(hidden))


def decide_places(policy: Policy, project: str, channel: str) -> str:
    """Why a project's runs may not be started in a channel; empty where they may.

    A channel that is bound to projects is for those alone. A project that not everybody may see
    is told in its own channels only, where it has some.
    """
    bound = sorted(name for name, terms in policy.projects.items() if channel in terms.channels)
    if project in bound:
        return ""
    if bound:
        return f"this channel is for {' and '.join(bound)}"
    own = policy.projects.get(project)
    if own and own.restricted and own.channels:
        return f"its runs are told only in {' and '.join(sorted(own.channels))}"
    return ""


def decide_permission(  # noqa: PLR0913  # what is acted on: a run, or a blueprint of a project
    policy: Policy,
    person: str,
    verb: str,
    *,
    project: str = "",
    blueprint: str = "",
    run: Run | None = None,
) -> Ruling:
    """Whether a person may use a verb, on a run where one is named. Unknown verbs: no."""
    policy = policy.within(run.project if run else project)
    blueprint = run.blueprint if run else blueprint
    if verb in _BY_ROLE:
        return _by_role(policy, person, verb)
    if verb not in _BY_TERMS:
        return Ruling(allowed=False, rule=f"no rule lets anybody “{verb}”")
    field_name = _BY_TERMS[verb]
    names: tuple[str, ...] = getattr(policy.terms(blueprint), field_name)
    rule = f"{field_name} of {blueprint or 'a blueprint'}: {', '.join(names)}"
    own = _own(policy, run) if run and verb in _OWN else ()
    who = tuple(sorted({*policy.who(names), *own}))
    if person in own:
        return Ruling(allowed=True, rule="their own run", who=who)
    return Ruling(allowed=person in who, rule=rule, who=who)


def _own(policy: Policy, run: Run) -> tuple[str, ...]:
    """Whose run it is, of those who may act on runs at all."""
    return tuple(
        name for name in (run.owner, run.requested_by) if policy.includes(("operator",), name)
    )


def _by_role(policy: Policy, person: str, verb: str) -> Ruling:
    needed = _BY_ROLE[verb]
    return Ruling(
        allowed=policy.includes((needed.word,), person),
        rule=f"{verb} needs the role {needed.word}",
        who=policy.who((needed.word,)),
    )


def decide_gate_permission(policy: Policy, person: str, *, run: Run, gate: Gate) -> Ruling:
    """Whether a person may decide a gate now, and who else may; of a question: answer it.

    Under four-eyes, whoever asked for the attempt or steered it may not decide an approval,
    whatever their role.
    """
    if gate.kind is GateKind.QUESTION:
        return decide_permission(policy, person, "answer", run=run)
    return decide_approval(policy, person, run=run, four_eyes=gate.four_eyes)


def decide_approval(policy: Policy, person: str, *, run: Run, four_eyes: bool) -> Ruling:
    """Whether a person may approve what a run asks for, whichever gate asks."""
    policy = policy.within(run.project)
    names = policy.terms(run.blueprint).approve
    able = policy.who(names)
    barred = run.involved if four_eyes else frozenset()
    not_who = tuple(
        (name, "asked for it" if name in {run.requested_by, run.attempt_by} else "steered it")
        for name in able
        if name in barred
    )
    rule = f"approve of {run.blueprint}: {', '.join(names)}"
    if person in barred:
        rule = "four eyes: whoever asked for a run or steered it may not decide it"
    return Ruling(
        allowed=person in able and person not in barred,
        rule=rule,
        who=tuple(name for name in able if name not in barred),
        not_who=not_who,
    )


def decide_undo(policy: Policy, person: str, *, asked_by: str, run: Run) -> Ruling:
    """Whether a person may take back what was asked about a run: who asked for it, or an admin."""
    inside = policy.within(run.project)
    who = tuple(sorted({*inside.who(("admin",)), *({asked_by} & set(inside.people))}))
    return Ruling(allowed=person in who, rule="undo: who asked for it, or an admin", who=who)


def decide_owner(
    policy: Policy, *, explicit: str, requester: str, assignee: str | None
) -> tuple[str, bool]:
    """Who owns a new run, and whether that is the fallback.

    An explicit owner wins; then the tracker issue's assignee; a run on an issue without a
    known assignee goes to the fallback account; a run without an issue to who asked for it.
    `assignee` is None without an issue, and empty for an issue whose assignee is unknown.
    """
    if explicit:
        return explicit, False
    if assignee is None:
        return requester, False
    if assignee:
        return assignee, False
    return policy.fallback_owner or requester, True
