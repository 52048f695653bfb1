"""Webhook payloads by the shapes of the schema's WebhookPayload types."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.fakes.linear.world import Activity, Comment, Issue, Session, State, Team, User, World

Payload = dict[str, Any]


def user_child(user: User | None) -> Payload | None:
    """A user within another payload."""
    if user is None:
        return None
    return {"id": user.id, "name": user.name, "email": user.email, "url": f"u/{user.name}"}


def team_child(team: Team) -> Payload:
    """A team within another payload."""
    return {"id": team.id, "key": team.key, "name": team.name}


def label_child(name: str) -> Payload:
    """A label within another payload."""
    return {"id": f"label-{name}", "name": name, "color": "#5e6ad2"}


def state_child(state: State) -> Payload:
    """A workflow state within another payload."""
    return {"id": state.id, "name": state.name, "type": state.type, "color": "#5e6ad2"}


def actor_of(user: User) -> Payload:
    """Who did it: `type` is user for people and apps alike."""
    return {"type": "user", **(user_child(user) or {})}


def issue_child(issue: Issue) -> Payload:
    """An issue within another payload."""
    return {
        "id": issue.id,
        "identifier": issue.identifier,
        "title": issue.title,
        "url": issue.url,
        "teamId": issue.team.id,
        "team": team_child(issue.team),
    }


def issue_payload(
    issue: Issue, action: str, actor: User, *, before: Mapping[str, Any] | None = None
) -> Payload:
    """An issue that was created, updated or removed."""
    return {
        "action": action,
        "actor": actor_of(actor),
        "url": issue.url,
        "data": {
            **issue_child(issue),
            "createdAt": issue.created_at.isoformat(),
            "updatedAt": issue.created_at.isoformat(),
            "description": issue.description,
            "number": issue.number,
            "priority": 0,
            "priorityLabel": "No priority",
            "prioritySortOrder": 0,
            "sortOrder": 0,
            "reactionData": [],
            "subscriberIds": [],
            "previousIdentifiers": [],
            "state": state_child(issue.state),
            "stateId": issue.state.id,
            "labelIds": [f"label-{name}" for name in issue.labels],
            "labels": [label_child(name) for name in issue.labels],
            "assignee": user_child(issue.assignee),
            "assigneeId": issue.assignee.id if issue.assignee else None,
            "delegate": user_child(issue.delegate),
            "delegateId": issue.delegate.id if issue.delegate else None,
        },
        **({"updatedFrom": dict(before)} if before is not None else {}),
    }


def comment_payload(comment: Comment, action: str, *, actor: User) -> Payload:
    """A comment that was created, updated or removed."""
    return {
        "action": action,
        "actor": actor_of(actor),
        "url": f"{comment.issue.url}#comment-{comment.id[:8]}",
        "data": {
            "id": comment.id,
            "createdAt": comment.created_at.isoformat(),
            "updatedAt": comment.created_at.isoformat(),
            "body": comment.body,
            "issueId": comment.issue.id,
            "issue": issue_child(comment.issue),
            "parentId": comment.parent or None,
            "userId": comment.user.id,
            "user": user_child(comment.user),
            "reactionData": [],
        },
    }


def session_payload(
    world: World,
    session: Session,
    action: str,
    *,
    activity: Activity | None = None,
    previous: Sequence[Comment] = (),
) -> Payload:
    """An AgentSessionEvent: created, or prompted with what was said."""
    issue = session.issue
    root = world.comments.get(session.root)
    payload: Payload = {
        "action": action,
        "appUserId": world.app.id,
        "oauthClientId": world.client_id,
        "agentSession": {
            "id": session.id,
            "type": "commentThread",
            "status": world.status(session),
            "url": f"{issue.url}#session-{session.id[:8]}",
            "createdAt": session.created_at.isoformat(),
            "updatedAt": session.created_at.isoformat(),
            "issueId": issue.id,
            "issue": {**issue_child(issue), "description": issue.description},
            "commentId": session.root or None,
            "comment": _comment_child(root) if root else None,
            "creatorId": session.creator.id if session.creator else None,
            "creator": user_child(session.creator),
            "appUserId": world.app.id,
            "organizationId": world.organization,
        },
    }
    if action == "created":
        payload["promptContext"] = _context(issue)
        payload["guidance"] = []
        payload["previousComments"] = [_comment_child(comment) for comment in previous]
    if activity is not None:
        payload["agentActivity"] = {
            "id": activity.id,
            "agentSessionId": session.id,
            "createdAt": activity.created_at.isoformat(),
            "updatedAt": activity.created_at.isoformat(),
            "content": dict(activity.content),
            "signal": activity.signal,
            "userId": activity.user.id,
            "user": user_child(activity.user),
        }
    return payload


def _comment_child(comment: Comment) -> Payload:
    return {
        "id": comment.id,
        "body": comment.body,
        "issueId": comment.issue.id,
        "userId": comment.user.id,
    }


def _context(issue: Issue) -> str:
    return (
        f'<issue identifier="{issue.identifier}"><title>{issue.title}</title>'
        f"<description>{issue.description}</description></issue>"
    )
