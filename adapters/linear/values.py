"""What Linear answers, as values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from uuid import UUID

from bot.domain.codec import JSON, digest
from bot.domain.issue_state import IssueState


@dataclass(frozen=True, kw_only=True)
class Viewer:
    """Who our token speaks for: with an OAuth app its app user."""

    id: str
    name: str
    is_app: bool
    organization: str
    """Its id."""


@dataclass(frozen=True, kw_only=True)
class LinearIssue:
    """An issue, with what decides whether it may be moved."""

    id: str
    identifier: str
    title: str
    description: str
    url: str
    branch: str
    state: IssueState
    team_id: str
    team_key: str
    project: str
    labels: tuple[str, ...]
    assignee: str
    assignee_email: str
    delegate: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where an issue stands in the workflow of its team."""

    issue: str
    state: IssueState
    delegate: str
    team_key: str
    states: tuple[IssueState, ...]


@dataclass(frozen=True, kw_only=True)
class Said:
    """A comment; all of it is untrusted."""

    by: str
    text: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Talk:
    """What was written on an issue and attached to it; all of it is untrusted."""

    comments: tuple[Said, ...]
    """Oldest first."""
    attachments: tuple[tuple[str, str], ...]
    """Title and address; oldest first."""


@dataclass(frozen=True, kw_only=True)
class CommentPlace:
    """Where a comment stands."""

    root: str
    """The comment that begins its thread, which may be itself."""
    session: str
    """The agent session that its thread belongs to; empty for none."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """An agent session; `status` is derived by Linear from the last activity."""

    id: str
    status: str
    issue: str
    links: Mapping[str, str]
    """Labels by address."""
    plan: JSON
    """A list of steps, or None."""


@unique
class ActivityType(StrEnum):
    """What an agent may say in a session."""

    THOUGHT = "thought"
    ACTION = "action"
    ELICITATION = "elicitation"
    RESPONSE = "response"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class Activity:
    """Something said in a session. An action has a `parameter`, all others only a body."""

    type: ActivityType
    body: str
    parameter: str = ""
    ephemeral: bool = False
    options: tuple[tuple[str, str], ...] = ()
    """Label and value of each answer that is offered."""

    def content(self) -> JSON:
        """As Linear takes it."""
        if self.type is ActivityType.ACTION:
            return {"type": "action", "action": self.body, "parameter": self.parameter}
        return {"type": self.type.value, "body": self.body}


def made_id(*parts: str) -> str:
    """The id under which a thing is created, so that trying again creates it once.

    Linear wants the form of a random UUID (version 4); this one is the same for the same parts.
    """
    return str(UUID(hex=digest(list(parts))[:32], version=4))


def read_state(fields: JSON) -> IssueState:
    """A workflow state."""
    return IssueState(
        id=fields["id"],
        name=fields["name"],
        type=fields["type"],
        position=float(fields["position"]),
    )


def read_issue(fields: JSON) -> LinearIssue:
    """An issue; what may be missing is empty."""
    assignee = fields.get("assignee") or {}
    return LinearIssue(
        id=fields["id"],
        identifier=fields["identifier"],
        title=fields["title"],
        description=fields.get("description") or "",
        url=fields.get("url") or "",
        branch=fields.get("branchName") or "",
        state=read_state(fields["state"]),
        team_id=fields["team"]["id"],
        team_key=fields["team"]["key"],
        project=(fields.get("project") or {}).get("name", ""),
        labels=tuple(label["name"] for label in nodes_of(fields.get("labels"))),
        assignee=assignee.get("id", ""),
        assignee_email=assignee.get("email") or "",
        delegate=(fields.get("delegate") or {}).get("id", ""),
    )


def read_standing(fields: JSON) -> Standing:
    """Where an issue stands, with the states of its team in their order."""
    states = sorted(map(read_state, nodes_of(fields["team"]["states"])), key=lambda s: s.position)
    return Standing(
        issue=fields["id"],
        state=read_state(fields["state"]),
        delegate=(fields.get("delegate") or {}).get("id", ""),
        team_key=fields["team"]["key"],
        states=tuple(states),
    )


def read_talk(comments: Sequence[JSON], attachments: Sequence[JSON]) -> Talk:
    """What people said on an issue, and what they attached to it."""
    said = (
        Said(by=(one.get("user") or {}).get("name", ""), text=one["body"], at=one["createdAt"])
        for one in reversed(
            comments
        )  # told newest first, so that those of one moment stay in order
    )
    attached = sorted(attachments, key=lambda one: one.get("createdAt") or "")
    return Talk(
        comments=tuple(sorted(said, key=lambda one: one.at)),
        attachments=tuple((node["title"], node["url"]) for node in attached),
    )


def read_comment_place(fields: JSON) -> CommentPlace:
    """The thread of a comment, and its session."""
    root = fields.get("parent") or fields
    return CommentPlace(root=root["id"], session=(fields.get("agentSession") or {}).get("id", ""))


def read_session(fields: JSON) -> Session:
    """An agent session."""
    return Session(
        id=fields["id"],
        status=fields.get("status") or "",
        issue=(fields.get("issue") or {}).get("id", ""),
        plan=_plan(fields.get("plan")),
        links={link["url"]: link["label"] for link in fields.get("externalLinks") or ()},
    )


def _plan(told: JSON) -> JSON:
    try:
        plan = json.loads(told) if isinstance(told, str) else told
    except ValueError:
        return None
    return plan if isinstance(plan, list) else None


def nodes_of(connection: JSON) -> Sequence[JSON]:
    """What a page of a connection holds."""
    return (connection or {}).get("nodes") or ()


def cursor_after(connection: JSON) -> str:
    """Where the next page of a connection begins; empty where this is the last one."""
    info = (connection or {}).get("pageInfo") or {}
    return (info.get("endCursor") or "") if info.get("hasNextPage") else ""
