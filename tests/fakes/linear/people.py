"""People who act in Linear's own pages, and what the app hears of it."""

from typing import Any

from tests.fakes.linear.api import Api
from tests.fakes.linear.payloads import comment_payload, issue_payload, session_payload
from tests.fakes.linear.world import Activity, Comment, Issue, Session, User, World


class People:
    """Each method is one act of one person, `who` by name; webhooks wait to be delivered."""

    def __init__(self, world: World, api: Api) -> None:
        self._world = world
        self._api = api
        self._hooks = api.hooks

    def mentions_app(
        self, issue: Issue, text: str = "@signalbox please fix", **who: str
    ) -> Session:
        """Mention the app in a new comment, which opens a session."""
        user = self._user(**who)
        comment = self._api.add_comment(issue, user, text)
        session = self._open(issue, user, root=comment.id)
        comment.session = session.id
        return session

    def delegates(self, issue: Issue, **who: str) -> Session | None:
        """Delegate the issue to the app; no session while another one awaits input."""
        user = self._user(**who)
        before = {"delegateId": issue.delegate.id if issue.delegate else None}
        issue.delegate = self._world.app
        self._hooks.emit("Issue", issue_payload(issue, "update", user, before=before))
        if any(
            session.issue is issue and self._world.status(session) == "awaitingInput"
            for session in self._world.sessions.values()
        ):
            return None
        return self._open(issue, user)

    def automation_delegates(self, issue: Issue) -> Session:
        """A rule of the workspace delegates: nobody is behind the session."""
        issue.delegate = self._world.app
        return self._open(issue, None)

    def assigns(self, issue: Issue, to: str | None, **who: str) -> None:
        """Give the issue to somebody, or to nobody."""
        before = {"assigneeId": issue.assignee.id if issue.assignee else None}
        issue.assignee = self._world.users[to] if to else None
        self._hooks.emit("Issue", issue_payload(issue, "update", self._user(**who), before=before))

    def labels(self, issue: Issue, label: str, **who: str) -> None:
        """Put a label on the issue."""
        before = {"labelIds": [f"label-{name}" for name in issue.labels]}
        issue.labels.append(label)
        self._hooks.emit("Issue", issue_payload(issue, "update", self._user(**who), before=before))

    def moves(self, issue: Issue, state: str, **who: str) -> None:
        """Move the issue to a state of its team."""
        before = {"stateId": issue.state.id}
        issue.state = issue.team.states[state]
        self._hooks.emit("Issue", issue_payload(issue, "update", self._user(**who), before=before))

    def comments(self, issue: Issue, text: str, **who: str) -> Comment:
        """Write a comment."""
        return self._api.add_comment(issue, self._user(**who), text)

    def replies_to(self, comment: Comment, text: str, **who: str) -> Comment:
        """Reply in the thread of a comment."""
        root = comment.parent or comment.id
        return self._api.add_comment(comment.issue, self._user(**who), text, parent=root)

    def edits(self, comment: Comment, text: str) -> None:
        """Change a comment."""
        comment.body = text
        payload = comment_payload(comment, "update", actor=comment.user)
        self._hooks.emit("Comment", payload)

    def replies(self, session: Session, text: str, **details: Any) -> Activity:
        """Say something in a session."""
        user = self._user(**{key: details[key] for key in ("who",) if key in details})
        activity = Activity(
            id=self._world.new_id("AgentActivity"),
            user=user,
            content={"type": "prompt", "body": text},
            created_at=self._world.clock.now(),
            signal=details.get("signal"),
        )
        session.hears(activity)
        self._hooks.emit(
            "AgentSessionEvent",
            session_payload(self._world, session, "prompted", activity=activity),
        )
        return activity

    def selects(self, session: Session, label: str, **who: str) -> Activity:
        """Choose an option of the newest question; its value is said."""
        options = next(
            activity.signal_metadata["options"]
            for activity in reversed(session.activities)
            if activity.signal == "select" and activity.signal_metadata
        )
        value = next(
            option["value"] for option in options if option.get("label", option["value"]) == label
        )
        return self.replies(session, value, **who)

    def stops(self, session: Session, **who: str) -> Activity:
        """Press Stop."""
        return self.replies(session, "Stop", signal="stop", **who)

    def removes_team(self, key: str) -> None:
        """Take the app's access to a team away."""
        team = self._world.teams[key]
        team.seen = False
        self._hooks.emit(
            "PermissionChange",
            {
                "action": "teamAccessChanged",
                "appUserId": self._world.app.id,
                "oauthClientId": self._world.client_id,
                "canAccessAllPublicTeams": False,
                "addedTeamIds": [],
                "removedTeamIds": [team.id],
            },
        )

    def revokes_app(self) -> None:
        """Take the app out of the workspace; its tokens are to be revoked by the test."""
        self._hooks.emit("OAuthApp", {"action": "revoked", "oauthClientId": self._world.client_id})

    def _open(self, issue: Issue, creator: User | None, *, root: str = "") -> Session:
        session = Session(
            id=self._world.new_id("AgentSession"),
            issue=issue,
            created_at=self._world.clock.now(),
            owner=self._world.client_id,
            creator=creator,
            root=root,
        )
        self._world.sessions[session.id] = session
        self._hooks.emit("AgentSessionEvent", session_payload(self._world, session, "created"))
        return session

    def _user(self, who: str = "ana") -> User:
        return self._world.users[who]
