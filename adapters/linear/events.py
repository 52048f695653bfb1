"""Webhooks as values: what happened in Linear, and by what key it is taken once.

Both known forms of a prompt are read: its text in `agentActivity.content.body`, as the schema
has it, and in `agentActivity.body`, as the guide shows it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from adapters.linear.signature import MALFORMED, RefusedWebhookError
from bot.domain.codec import JSON

COMMAND = "/run"
_LONGEST_NAME = 200
_LABELS = {"labelIds", "labels"}


@dataclass(frozen=True, kw_only=True)
class SessionCreated:
    """Somebody mentioned the app or delegated an issue to it."""

    session: str
    issue: str
    creator: str
    """Who did; empty where an automation did."""


@dataclass(frozen=True, kw_only=True)
class SessionPrompted:
    """Somebody said something in a session, chose an option, or pressed Stop."""

    session: str
    issue: str
    creator: str
    """Who began the session; empty where an automation did."""
    activity: str
    user: str
    text: str
    stop: bool


@dataclass(frozen=True, kw_only=True)
class IssueChanged:
    """An issue was created or changed by somebody; what did not change is None."""

    issue: str
    identifier: str
    actor: str
    assignee: str | None
    """The account of the new assignee; empty where nobody is."""
    new_labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CommentWritten:
    """Somebody replied in a thread, of which `parent` is the root, or wrote a command."""

    comment: str
    issue: str
    actor: str
    text: str
    parent: str

    @property
    def is_command(self) -> bool:
        """Whether it begins with `/run`."""
        return self.text.split(maxsplit=1)[:1] == [COMMAND]


@dataclass(frozen=True, kw_only=True)
class AccessChanged:
    """The app may see other teams than before."""

    removed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AppRevoked:
    """The app was taken out of the workspace."""

    at: datetime | None
    """When; None where that is not told."""


Event = (
    SessionCreated | SessionPrompted | IssueChanged | CommentWritten | AccessChanged | AppRevoked
)


@dataclass(frozen=True, kw_only=True)
class Addressed:
    """For whom a webhook was made, and who did what it tells of."""

    organization: str
    app_user: str
    """Empty where it is for any app."""
    actor: str


def read_address(payload: Mapping[str, JSON]) -> Addressed:
    """For whom it is. Raises RefusedWebhookError for a payload that does not say."""
    actor = payload.get("actor")
    return Addressed(
        organization=_text(payload, "organizationId"),
        app_user=_optional(payload, "appUserId"),
        actor=_optional(actor, "id") if isinstance(actor, dict) else "",
    )


def read_event(payload: Mapping[str, JSON]) -> Event | None:
    """What happened; None for what does not concern us.

    Raises RefusedWebhookError where a known kind of event lacks what it always has.
    """
    match _text(payload, "type"), _text(payload, "action"):
        case "AgentSessionEvent", "created":
            return _created(payload)
        case "AgentSessionEvent", "prompted":
            return _prompted(payload)
        case "Issue", "create" | "update":
            return _issue(payload)
        case "Comment", "create":
            return _comment(payload)
        case "PermissionChange", "teamAccessChanged":
            removed = _list(payload, "removedTeamIds")
            return AccessChanged(removed=tuple(map(str, removed)))
        case "OAuthApp", "revoked":
            return AppRevoked(at=_moment(payload, "createdAt"))
        case _:
            return None


def key_of(event: Event, delivery: str) -> str:
    """By what an event is taken once; sessions by what was said, whatever delivery told of it."""
    match event:
        case SessionCreated():
            return created_key(event.session)
        case SessionPrompted():
            return f"{event.session}:prompted:{event.activity}"
        case CommentWritten():
            return f"comment:{event.comment}"
        case _:
            return f"delivery:{delivery}"


def created_key(session: str) -> str:
    """The key of the beginning of a session."""
    return f"{session}:created"


def reread(body: str) -> Event | None:
    """The event of a payload that was stored."""
    return read_event(json.loads(body))


def _created(payload: Mapping[str, JSON]) -> SessionCreated:
    if "agentSession" not in payload:
        return _created_plainly(payload)
    session = _part(payload, "agentSession")
    return SessionCreated(
        session=_text(session, "id"), issue=_issue_of(session), creator=_creator(session)
    )


def _created_plainly(payload: Mapping[str, JSON]) -> SessionCreated:
    """As stand-ins tell it, in the form of all other events: who did it is the actor."""
    session, actor = _part(payload, "data"), payload.get("actor")
    return SessionCreated(
        session=_text(session, "id"),
        issue=_issue_of(session),
        creator=_optional(actor, "id") if isinstance(actor, dict) else "",
    )


def _prompted(payload: Mapping[str, JSON]) -> SessionPrompted:
    session, activity = _part(payload, "agentSession"), _part(payload, "agentActivity")
    content = activity.get("content")
    said = content.get("body") if isinstance(content, dict) else None
    text = said if isinstance(said, str) else activity.get("body")
    stop = _optional(activity, "signal") == "stop"
    if not isinstance(text, str) and not stop:
        raise _malformed("agentActivity.content.body")
    user = activity.get("user")
    return SessionPrompted(
        session=_text(session, "id"),
        issue=_issue_of(session),
        creator=_creator(session),
        activity=_text(activity, "id"),
        user=_optional(activity, "userId") or _text(user if isinstance(user, dict) else {}, "id"),
        text=text if isinstance(text, str) else "",
        stop=stop,
    )


def _issue_of(session: Mapping[str, JSON]) -> str:
    """Empty where the session is about something else than an issue."""
    issue = session.get("issue")
    return _optional(session, "issueId") or (
        _optional(issue, "id") if isinstance(issue, dict) else ""
    )


def _creator(session: Mapping[str, JSON]) -> str:
    creator = session.get("creator")
    return _optional(session, "creatorId") or (
        _optional(creator, "id") if isinstance(creator, dict) else ""
    )


def _issue(payload: Mapping[str, JSON]) -> IssueChanged:
    data, actor = _part(payload, "data"), payload.get("actor")
    before = payload.get("updatedFrom") if payload["action"] == "update" else {}
    changed = before if isinstance(before, dict) else {}
    is_new = payload["action"] == "create"
    return IssueChanged(
        issue=_text(data, "id"),
        identifier=_text(data, "identifier"),
        actor=_optional(actor, "id") if isinstance(actor, dict) else "",
        assignee=_optional(data, "assigneeId") if is_new or _is_reassigned(data, changed) else None,
        new_labels=_new_labels(data, changed) if is_new or changed.keys() & _LABELS else (),
    )


def _is_reassigned(data: Mapping[str, JSON], before: Mapping[str, JSON]) -> bool:
    """Linear tells only what changed; others tell all that was before."""
    return "assigneeId" in before and before["assigneeId"] != data.get("assigneeId")


def _new_labels(data: Mapping[str, JSON], changed: Mapping[str, JSON]) -> tuple[str, ...]:
    known = {label for label in _list(changed, "labelIds") if isinstance(label, str)}
    known |= {str(label.get("id")) for label in _list(changed, "labels") if isinstance(label, dict)}
    return tuple(
        _text(label, "name")
        for label in _list(data, "labels")
        if isinstance(label, dict) and label.get("id") not in known
    )


def _comment(payload: Mapping[str, JSON]) -> CommentWritten | None:
    data, actor = _part(payload, "data"), payload.get("actor")
    if not _optional(data, "issueId"):
        return None
    written = CommentWritten(
        comment=_text(data, "id"),
        issue=_text(data, "issueId"),
        actor=_optional(actor, "id") if isinstance(actor, dict) else "",
        text=_text(data, "body", longest=None).strip(),
        parent=_optional(data, "parentId"),
    )
    return written if written.parent or written.is_command else None


def _part(fields: Mapping[str, JSON], name: str) -> Mapping[str, JSON]:
    part = fields.get(name)
    if not isinstance(part, dict):
        raise _malformed(name)
    return part


def _text(fields: Mapping[str, JSON], name: str, *, longest: int | None = _LONGEST_NAME) -> str:
    text = fields.get(name)
    if not isinstance(text, str) or not text or (longest and len(text) > longest):
        raise _malformed(name)
    return text


def _optional(fields: Mapping[str, JSON], name: str) -> str:
    text = fields.get(name)
    if text is not None and (not isinstance(text, str) or len(text) > _LONGEST_NAME):
        raise _malformed(name)
    return text or ""


def _moment(fields: Mapping[str, JSON], name: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(_optional(fields, name))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _list(fields: Mapping[str, JSON], name: str) -> Sequence[JSON]:
    value = fields.get(name)
    return value if isinstance(value, list) else ()


def _malformed(name: str) -> RefusedWebhookError:
    return RefusedWebhookError(MALFORMED, f"{name} is missing or no text.")
