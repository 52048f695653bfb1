"""The Tracker of Linear: issues as the core knows them, with what people said and attached."""

from adapters.linear.client import LinearClient
from adapters.linear.identity import OurIdentity
from adapters.linear.values import LinearIssue, Talk
from bot.domain.issue import Issue, IssueAttachment, IssueComment


class LinearTracker:
    """Reads issues."""

    surface = "linear"

    def __init__(self, client: LinearClient, identity: OurIdentity) -> None:
        """`identity` says which organization they are of."""
        self._client = client
        self._identity = identity

    async def load_issue(self, name: str) -> Issue:
        """The issue of a key or id, read anew, with its comments and attachments."""
        found = await self._client.issue(name)
        talk = await self._client.talk(found.id)
        us = await self._identity.viewer()
        return _issue(found, us.organization, talk)

    async def search_issues(self, words: str, *, limit: int) -> tuple[Issue, ...]:
        """Issues whose title or key fits these words; their comments are not read."""
        found = await self._client.search(words, limit=limit)
        us = await self._identity.viewer()
        return tuple(_issue(issue, us.organization) for issue in found)


def _issue(found: LinearIssue, organization: str, talk: Talk | None = None) -> Issue:
    comments = talk.comments if talk else ()
    return Issue(
        surface=LinearTracker.surface,
        tenant=organization,
        id=found.id,
        key=found.identifier,
        title=found.title,
        url=found.url,
        description=found.description,
        team=found.team_key,
        project=found.project,
        labels=found.labels,
        assignee=found.assignee,
        assignee_email=found.assignee_email,
        branch=found.branch,
        comments=tuple(IssueComment(by=said.by, text=said.text, at=said.at) for said in comments),
        attachments=tuple(
            IssueAttachment(title=title, url=url)
            for title, url in (talk.attachments if talk else ())
        ),
    )
