"""The world as GraphQL sees it, by the names of the schema; objects are made when asked for."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.fakes.linear.world import (
    Activity,
    Attachment,
    Comment,
    Issue,
    Session,
    State,
    Team,
    User,
    World,
)

Shape = dict[str, Any]


def page(nodes: Iterable[Shape]) -> Callable[..., Shape]:
    """A connection: the first so many, or so many after a cursor."""
    everything = list(nodes)

    def connection(first: int = 50, after: str | None = None, **_: Any) -> Shape:
        begin = int(after.removeprefix("cursor-")) if after else 0
        end = min(begin + first, len(everything))
        more = end < len(everything)
        return {
            "nodes": everything[begin:end],
            "pageInfo": {"hasNextPage": more, "endCursor": f"cursor-{end}" if end else None},
            "totalCount": len(everything),
        }

    return connection


def user_shape(user: User | None) -> Shape | None:
    """A user."""
    if user is None:
        return None
    return {"id": user.id, "name": user.name, "email": user.email, "app": user.app}


def state_shape(state: State) -> Shape:
    """A workflow state."""
    return {"id": state.id, "name": state.name, "type": state.type, "position": state.position}


def team_shape(team: Team) -> Shape:
    """A team with its states."""
    return {
        "id": team.id,
        "key": team.key,
        "name": team.name,
        "states": page(map(state_shape, team.states.values())),
    }


def issue_shape(world: World, issue: Issue) -> Shape:
    """An issue with what hangs on it."""
    # Newest first, as Linear gives them.
    comments = [c for c in reversed(world.comments.values()) if c.issue is issue]
    attachments = [a for a in reversed(world.attachments.values()) if a.issue is issue]
    return {
        "id": issue.id,
        "identifier": issue.identifier,
        "title": issue.title,
        "description": issue.description,
        "url": issue.url,
        "branchName": f"ana/{issue.identifier.lower()}",
        "state": state_shape(issue.state),
        "team": team_shape(issue.team),
        "project": {"name": issue.project} if issue.project else None,
        "labels": page({"name": name} for name in issue.labels),
        "assignee": user_shape(issue.assignee),
        "delegate": user_shape(issue.delegate),
        "comments": page(comment_shape(comment) for comment in comments),
        "attachments": page(map(attachment_shape, attachments)),
    }


def comment_shape(comment: Comment) -> Shape:
    """A comment."""
    return {
        "id": comment.id,
        "body": comment.body,
        "createdAt": comment.created_at.isoformat(),
        "user": user_shape(comment.user),
        "url": f"{comment.issue.url}#comment-{comment.id[:8]}",
        "parent": {"id": comment.parent} if comment.parent else None,
        "agentSession": {"id": comment.session} if comment.session else None,
    }


def attachment_shape(attachment: Attachment) -> Shape:
    """An attachment."""
    return {
        "id": attachment.id,
        "url": attachment.url,
        "title": attachment.title,
        "createdAt": attachment.created_at.isoformat(),
    }


def activity_shape(activity: Activity, session: Session) -> Shape:
    """Something said in a session."""
    return {
        "id": activity.id,
        "ephemeral": activity.ephemeral,
        "agentSession": {"id": session.id},
    }


def session_shape(world: World, session: Session) -> Shape:
    """A session; its status as of now."""
    return {
        "id": session.id,
        "status": world.status(session),
        "url": f"{session.issue.url}#session-{session.id[:8]}",
        "plan": session.plan,
        "externalLinks": [{"label": label, "url": url} for url, label in session.links.items()],
        "issue": {"id": session.issue.id, "identifier": session.issue.identifier},
    }
