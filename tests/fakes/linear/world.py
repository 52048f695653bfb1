"""What an organization of Linear has: people, teams, issues, comments, sessions."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from tests.fakes.clock import FakeClock
from tests.fakes.linear.errors import forbidden, not_found, refusal

_NAMES = UUID("8d0c6a4e-4a4f-4a53-9a44-1f1c2d3e4f50")

STATES = (
    ("Triage", "triage"),
    ("Backlog", "backlog"),
    ("Todo", "unstarted"),
    ("In Progress", "started"),
    ("In Review", "started"),
    ("Done", "completed"),
    ("Canceled", "canceled"),
    ("Duplicate", "duplicate"),
)
"""The workflow of every team, in its order."""


def fixed_id(name: str) -> str:
    """A UUID that a name always has."""
    return str(uuid5(_NAMES, name))


@dataclass
class User:
    """A person, or our app."""

    id: str
    name: str
    email: str
    app: bool = False


@dataclass
class State:
    """A workflow state."""

    id: str
    name: str
    type: str
    position: float


@dataclass
class Team:
    """A team with its workflow; `seen` is whether the app may see it."""

    id: str
    key: str
    name: str
    states: dict[str, State]
    seen: bool = True


@dataclass
class Issue:
    """An issue."""

    id: str
    number: int
    team: Team
    title: str
    description: str
    state: State
    created_at: datetime
    project: str = ""
    labels: list[str] = field(default_factory=list)
    assignee: User | None = None
    delegate: User | None = None

    @property
    def identifier(self) -> str:
        return f"{self.team.key}-{self.number}"

    @property
    def url(self) -> str:
        return f"https://linear.app/acme/issue/{self.identifier}"


@dataclass
class Comment:
    """A comment; `root` begins its thread."""

    id: str
    issue: Issue
    user: User
    body: str
    created_at: datetime
    parent: str = ""
    session: str = ""
    """The session that it mirrors an activity of."""


@dataclass
class Activity:
    """Something said in a session."""

    id: str
    user: User
    content: Mapping[str, Any]
    created_at: datetime
    ephemeral: bool = False
    signal: str | None = None
    signal_metadata: Mapping[str, Any] | None = None


@dataclass
class Session:
    """An agent session; `owner` is the OAuth client that may write to it."""

    id: str
    issue: Issue
    created_at: datetime
    owner: str
    creator: User | None
    root: str = ""
    links: dict[str, str] = field(default_factory=dict)
    plan: Any = None
    activities: list[Activity] = field(default_factory=list)
    answered_at: datetime | None = None
    """When the app first said something, or set a link."""

    def hears(self, activity: Activity) -> None:
        """Add what was said, in the place of what was to be seen until then only."""
        self.activities = [said for said in self.activities if not said.ephemeral]
        self.activities.append(activity)


@dataclass
class Attachment:
    """An address on an issue; unique by both."""

    id: str
    issue: Issue
    url: str
    title: str
    created_at: datetime


FIRST_ANSWER = timedelta(seconds=10)
STALE = timedelta(minutes=30)
_DERIVED = {
    "thought": "active",
    "action": "active",
    "prompt": "active",
    "elicitation": "awaitingInput",
    "response": "complete",
    "error": "error",
}


class World:
    """One organization, by a clock that the test holds."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.organization = fixed_id("acme")
        self.client_id = "signalbox-app"
        self.app = User(
            id=fixed_id("app"), name="Signalbox", email="signalbox@oauthapp.linear.app", app=True
        )
        self.users = {
            name: User(id=fixed_id(name), name=name, email=f"{name}@acme.test")
            for name in ("ana", "ben", "eve")
        }
        self.teams = {key: _team(key) for key in ("ENG", "OPS")}
        self.issues: dict[str, Issue] = {}
        self.comments: dict[str, Comment] = {}
        self.sessions: dict[str, Session] = {}
        self.attachments: dict[str, Attachment] = {}
        self._numbers = itertools.count(141)
        self._made = itertools.count(1)

    def new_id(self, noun: str) -> str:
        """A UUID nobody has yet."""
        return fixed_id(f"{noun}-{next(self._made)}")

    def take_id(self, given: str | None, noun: str) -> str:
        """The id that a client made, if it is a fresh UUID of version 4."""
        if given is None:
            return self.new_id(noun)
        if not _is_version_4(given):
            raise refusal(f"Argument Validation Error: id must be a UUID v4, not {given}")
        known = {*self.comments, *self.attachments, *self.issues, *self.sessions}
        if given in known | {activity.id for activity in self.activities()}:
            raise refusal(f"Entity {noun} with id {given} already exists")
        return given

    def activities(self) -> Iterator[Activity]:
        """All that was said in all sessions."""
        for session in self.sessions.values():
            yield from session.activities

    def add_issue(self, title: str, *, team: str = "ENG", **details: Any) -> Issue:
        """A new issue in a team's Todo."""
        number = next(self._numbers)
        chosen = self.teams[team]
        issue = Issue(
            id=fixed_id(f"{team}-{number}"),
            number=number,
            team=chosen,
            title=title,
            description=details.pop("description", ""),
            state=chosen.states[details.pop("state", "Todo")],
            created_at=self.clock.now(),
            **details,
        )
        self.issues[issue.id] = issue
        return issue

    def issue(self, name: str) -> Issue:
        """The issue of a UUID or identifier that the app may see."""
        found = self.issues.get(name) or next(
            (issue for issue in self.issues.values() if issue.identifier == name.upper()), None
        )
        if found is None or not found.team.seen:
            raise not_found("Issue")
        return found

    def session(self, session_id: str) -> Session:
        """A session on an issue that the app may see."""
        found = self.sessions.get(session_id)
        if found is None or not found.issue.team.seen:
            raise not_found("AgentSession")
        return found

    def own_session(self, session_id: str, client: str) -> Session:
        """A session that this OAuth client may write to."""
        found = self.session(session_id)
        if found.owner != client:
            raise forbidden("Only the OAuth application that owns the session may update it")
        return found

    def user(self, user_id: str) -> User:
        """A person or the app."""
        everybody = (self.app, *self.users.values())
        for user in everybody:
            if user.id == user_id:
                return user
        raise not_found("User")

    def status(self, session: Session) -> str:
        """Derived from the last activity and the time."""
        now = self.clock.now()
        if not session.activities:
            return "pending" if now - session.created_at <= FIRST_ANSWER else "stale"
        last = session.activities[-1]
        derived = _DERIVED[last.content["type"]]
        if derived == "active" and now - last.created_at > STALE:
            return "stale"
        return derived

    def unresponsive(self, session: Session) -> bool:
        """Whether the app let ten seconds pass before it first did something."""
        answered = session.answered_at or self.clock.now()
        return answered - session.created_at > FIRST_ANSWER


def _team(key: str) -> Team:
    states = {
        name: State(id=fixed_id(f"{key}-{name}"), name=name, type=kind, position=float(at))
        for at, (name, kind) in enumerate(STATES)
    }
    return Team(id=fixed_id(key), key=key, name=f"Team {key}", states=states)


def _is_version_4(text: str) -> bool:
    try:
        return UUID(text).version == 4
    except ValueError:
        return False
