"""What our operations do in the world, for one OAuth client."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.linear.content import check_activity, check_plan
from tests.fakes.linear.errors import forbidden, not_found, refusal
from tests.fakes.linear.hooks import Hooks
from tests.fakes.linear.payloads import comment_payload, issue_payload
from tests.fakes.linear.schema import Resolver
from tests.fakes.linear.shapes import (
    Shape,
    activity_shape,
    attachment_shape,
    comment_shape,
    issue_shape,
    page,
    session_shape,
    user_shape,
)
from tests.fakes.linear.tokens import Token
from tests.fakes.linear.world import Activity, Attachment, Comment, Issue, Session, User, World

MIRRORED = {"response", "error", "elicitation"}
"""Activities that stand as comments too."""


class Api:
    """Queries and mutations."""

    def __init__(self, world: World, hooks: Hooks) -> None:
        self.world = world
        self.hooks = hooks

    def resolvers(self, token: Token) -> Mapping[str, Resolver]:
        """Root fields by name; `token` is what asked."""
        client, speaks = token.client, self.world.app
        if token.actor == "user":
            speaks = self.world.users["ana"]
        return {
            "viewer": lambda: user_shape(speaks),
            "organization": lambda: {
                "id": token.organization or self.world.organization,
                "urlKey": "acme",
                "name": "Acme",
            },
            "issue": lambda id: issue_shape(self.world, self.world.issue(id)),  # noqa: A006
            "searchIssues": self._search,
            "issues": lambda first=50, **_: self._search("", first),
            "agentSession": lambda id: session_shape(self.world, self.world.session(id)),  # noqa: A006
            "agentActivity": self._activity,
            "comment": lambda id: comment_shape(self._comment(id)),  # noqa: A006
            "agentActivityCreate": lambda input: self._act(input, client),  # noqa: A006
            "agentSessionUpdate": lambda id, input: self._update(id, input, client),  # noqa: A006
            "agentSessionCreateOnIssue": lambda input: self._open(input, client),  # noqa: A006
            "issueUpdate": self._change_issue,
            "commentCreate": self._write,
            "commentUpdate": self._rewrite,
            "attachmentLinkURL": self._link,
        }

    def _search(self, term: str, first: int = 50, **_: Any) -> Shape:
        words = term.casefold().split()
        found = [
            issue_shape(self.world, issue)
            for issue in self.world.issues.values()
            if issue.team.seen
            and all(word in f"{issue.identifier} {issue.title}".casefold() for word in words)
        ]
        return page(found)(first=first)

    def _activity(self, id: str) -> Shape:  # noqa: A002
        for session in self.world.sessions.values():
            for activity in session.activities:
                if activity.id == id:
                    return activity_shape(activity, self.world.session(session.id))
        raise not_found("AgentActivity")

    def _comment(self, comment_id: str) -> Comment:
        found = self.world.comments.get(comment_id)
        if found is None or not found.issue.team.seen:
            raise not_found("Comment")
        return found

    def _act(self, wanted: Mapping[str, Any], client: str) -> Shape:
        if "sessionId" in wanted:  # the flat form of other stand-ins
            content = {"type": wanted["type"], "body": wanted["body"]}
            wanted = {"agentSessionId": wanted["sessionId"], "content": content}
        session = self.world.own_session(wanted["agentSessionId"], client)
        check_activity(wanted)
        activity = Activity(
            id=self.world.take_id(wanted.get("id"), "AgentActivity"),
            user=self.world.app,
            content=wanted["content"],
            created_at=self.world.clock.now(),
            ephemeral=bool(wanted.get("ephemeral")),
            signal=wanted.get("signal"),
            signal_metadata=wanted.get("signalMetadata"),
        )
        self._say(session, activity)
        return _done(agentActivity=activity_shape(activity, session))

    def _say(self, session: Session, activity: Activity) -> None:
        session.hears(activity)
        session.answered_at = session.answered_at or self.world.clock.now()
        if activity.content["type"] in MIRRORED:
            comment = self.add_comment(
                session.issue, self.world.app, activity.content["body"], parent=session.root
            )
            comment.session = session.id

    def add_comment(
        self, issue: Issue, user: User, body: str, *, parent: str = "", made: str | None = None
    ) -> Comment:
        """A comment, of which the webhook tells."""
        comment = Comment(
            id=self.world.take_id(made, "Comment"),
            issue=issue,
            user=user,
            body=body,
            created_at=self.world.clock.now(),
            parent=parent,
        )
        self.world.comments[comment.id] = comment
        self.hooks.emit("Comment", comment_payload(comment, "create", actor=user))
        return comment

    def _update(self, id: str, wanted: Mapping[str, Any], client: str) -> Shape:  # noqa: A002
        session = self.world.own_session(id, client)
        unknown = set(wanted) - {
            "plan",
            "externalUrls",
            "addedExternalUrls",
            "removedExternalUrls",
        }
        if unknown:
            raise forbidden(f"{sorted(unknown)} can only be updated by internal clients")
        if wanted.get("plan") is not None:
            check_plan(wanted["plan"])
            session.plan = wanted["plan"]
        if "externalUrls" in wanted:
            session.links = {}
        for link in (*wanted.get("externalUrls", ()), *wanted.get("addedExternalUrls", ())):
            session.links[link["url"]] = link["label"]
        for url in wanted.get("removedExternalUrls", ()):
            session.links.pop(url, None)
        if session.links:
            session.answered_at = session.answered_at or self.world.clock.now()
        return _done(agentSession=session_shape(self.world, session))

    def _open(self, wanted: Mapping[str, Any], client: str) -> Shape:
        session = Session(
            id=self.world.new_id("AgentSession"),
            issue=self.world.issue(wanted["issueId"]),
            created_at=self.world.clock.now(),
            owner=client,
            creator=None,
        )
        self.world.sessions[session.id] = session
        return _done(agentSession=session_shape(self.world, session))

    def _change_issue(self, id: str, input: Mapping[str, Any]) -> Shape:  # noqa: A002
        issue = self.world.issue(id)
        before: dict[str, Any] = {}
        if "stateId" in input:
            states = {state.id: state for state in issue.team.states.values()}
            if input["stateId"] not in states:
                raise refusal("stateId is no state of the issue's team")
            before["stateId"], issue.state = issue.state.id, states[input["stateId"]]
        if "delegateId" in input:
            before["delegateId"] = issue.delegate.id if issue.delegate else None
            issue.delegate = self.world.user(input["delegateId"]) if input["delegateId"] else None
        if "assigneeId" in input:
            before["assigneeId"] = issue.assignee.id if issue.assignee else None
            issue.assignee = self.world.user(input["assigneeId"]) if input["assigneeId"] else None
        self.hooks.emit("Issue", issue_payload(issue, "update", self.world.app, before=before))
        return _done(issue=issue_shape(self.world, issue))

    def _write(self, input: Mapping[str, Any]) -> Shape:  # noqa: A002
        if not str(input.get("body") or "").strip():
            raise refusal("body must not be empty")
        parent = input.get("parentId") or ""
        if parent and self._comment(parent).parent:
            raise refusal("parentId must be the root of a thread")
        issue = self._comment(parent).issue if parent else self.world.issue(input["issueId"])
        comment = self.add_comment(
            issue, self.world.app, input["body"], parent=parent, made=input.get("id")
        )
        return _done(comment=comment_shape(comment))

    def _rewrite(self, id: str, input: Mapping[str, Any]) -> Shape:  # noqa: A002
        comment = self._comment(id)
        if not comment.user.app:
            raise forbidden("You can only update your own comments")
        comment.body = input["body"]
        self.hooks.emit("Comment", comment_payload(comment, "update", actor=self.world.app))
        return _done(comment=comment_shape(comment))

    def _link(self, issueId: str, url: str, title: str = "", id: str | None = None) -> Shape:  # noqa: A002, N803
        issue = self.world.issue(issueId)
        for attachment in self.world.attachments.values():
            if attachment.issue is issue and attachment.url == url:
                attachment.title = title
                return _done(attachment=attachment_shape(attachment))
        made = self.world.take_id(id, "Attachment")
        attachment = Attachment(
            id=made,
            issue=issue,
            url=url,
            title=title or url,
            created_at=self.world.clock.now(),
        )
        self.world.attachments[made] = attachment
        return _done(attachment=attachment_shape(attachment))


def _done(**made: Shape) -> Shape:
    return {"success": True, "lastSyncId": 1, **made}
