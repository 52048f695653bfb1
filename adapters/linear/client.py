"""What we ask of Linear, as typed calls. Creating is idempotent: ids are made by us."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import islice

from adapters.linear import documents
from adapters.linear.dialect import UnknownToServerError
from adapters.linear.limits import MOST_PAGES, PAGE
from adapters.linear.transport import Transport
from adapters.linear.values import (
    Activity,
    CommentPlace,
    LinearIssue,
    Session,
    Standing,
    Talk,
    Viewer,
    cursor_after,
    nodes_of,
    read_comment_place,
    read_issue,
    read_session,
    read_standing,
    read_talk,
)
from bot.domain.codec import JSON
from bot.domain.errors import NotFoundError, UnavailableError, UserError

_LOOKED_THROUGH = 100
"""Issues that are looked through where a server has no search."""


class LinearClient:
    """Calls of the API; errors are those of the transport."""

    def __init__(self, transport: Transport) -> None:
        """Calls over a transport."""
        self._ask = transport.ask

    async def viewer(self) -> Viewer:
        """Who our token speaks for, and in which organization."""
        data = await self._ask(documents.VIEWER)
        viewer, organization = data["viewer"], data["organization"]
        return Viewer(
            id=viewer["id"],
            name=viewer["name"],
            is_app=bool(viewer.get("app")),
            organization=organization["id"],
        )

    async def issue(self, name: str) -> LinearIssue:
        """The issue of an id or identifier (ENG-142). Raises NotFoundError."""
        return read_issue(_found(await self._ask(documents.ISSUE, id=name)))

    async def search(self, words: str, *, limit: int) -> tuple[LinearIssue, ...]:
        """Issues that fit some words, as Linear ranks them."""
        try:
            data = await self._ask(documents.SEARCH_ISSUES, term=words, first=limit)
        except UnknownToServerError:
            return await self._look_through(words.casefold().split(), limit=limit)
        return tuple(read_issue(node) for node in data["searchIssues"]["nodes"])

    async def _look_through(self, words: Sequence[str], *, limit: int) -> tuple[LinearIssue, ...]:
        """For a server without a search: its first issues, those with all the words."""
        data = await self._ask(documents.ISSUES, first=_LOOKED_THROUGH)
        issues = map(read_issue, data["issues"]["nodes"])
        fitting = (
            issue
            for issue in issues
            if all(word in f"{issue.identifier} {issue.title}".casefold() for word in words)
        )
        return tuple(islice(fitting, limit))

    async def standing(self, issue: str) -> Standing:
        """Where an issue stands, and the states of its team."""
        return read_standing(_found(await self._ask(documents.ISSUE_STANDING, id=issue)))

    async def talk(self, issue: str, *, page: int = PAGE) -> Talk:
        """What people wrote on an issue, and what is attached to it, both oldest first.

        It is read page by page, so many to a page, and at most MOST_PAGES of them.
        """
        found = _found(await self._ask(documents.TALK, id=issue, first=page))
        asked = {"id": issue, "first": page}
        comments = await self._whole(found.get("comments"), documents.MORE_COMMENTS, asked)
        more = await self._whole(found.get("attachments"), documents.MORE_ATTACHMENTS, asked)
        return read_talk(comments, more)

    async def _whole(self, first: JSON, document: str, asked: Mapping[str, JSON]) -> Sequence[JSON]:
        """The nodes of a connection of which the first page is read; each once."""
        nodes, cursors = list(nodes_of(first)), [cursor_after(first)]
        while (after := cursors[-1]) and len(cursors) < MOST_PAGES:
            (connection,) = _found(await self._ask(document, **asked, after=after)).values()
            nodes += nodes_of(connection)
            cursors.append(cursor_after(connection))
            if cursors[-1] in cursors[:-1]:
                break  # a server that does not page gives the same one again
        return tuple({node.get("id", at): node for at, node in enumerate(nodes)}.values())

    async def session(self, session: str) -> Session:
        """An agent session. Raises NotFoundError."""
        return read_session(_found(await self._ask(documents.SESSION, id=session)))

    async def act(
        self, session: str, activity: Activity, *, made: str, urgent: bool = False
    ) -> None:
        """Say something in a session under an id of ours; saying it again says nothing new."""
        wanted: dict[str, JSON] = {
            "id": made,
            "agentSessionId": session,
            "content": activity.content(),
        }
        if activity.ephemeral:
            wanted["ephemeral"] = True
        if activity.options:
            options = [{"label": label, "value": value} for label, value in activity.options]
            wanted |= {"signal": "select", "signalMetadata": {"options": options}}
        await self._create(
            documents.CREATE_ACTIVITY, wanted, found_by=documents.ACTIVITY, urgent=urgent
        )

    async def update_session(
        self, session: str, *, plan: Sequence[JSON] | None = None, links: Mapping[str, str]
    ) -> None:
        """Set the plan of a session as a whole, and add links (labels by address)."""
        wanted: dict[str, JSON] = {
            "addedExternalUrls": [{"label": label, "url": url} for url, label in links.items()]
        }
        if plan is not None:
            wanted["plan"] = list(plan)
        await self._change(documents.UPDATE_SESSION, id=session, input=wanted)

    async def open_session(self, issue: str) -> str:
        """Begin a session of our own on an issue; its id."""
        data = await self._change(documents.OPEN_SESSION, input={"issueId": issue})
        return str(data["agentSession"]["id"])

    async def update_issue(self, issue: str, **changes: JSON) -> None:
        """Change fields of an issue, in the names of Linear's IssueUpdateInput."""
        await self._change(documents.UPDATE_ISSUE, id=issue, input=changes)

    async def comment(self, issue: str, body: str, *, made: str, parent: str = "") -> str:
        """Write a comment under an id of ours; where it is there already, it says this then.

        Returns its id, which is another one only on a server that takes none from us.
        """
        wanted = {"id": made, "issueId": issue, "body": body, "doNotSubscribeToIssue": True}
        if parent:
            wanted["parentId"] = parent
        payload = await self._create(documents.CREATE_COMMENT, wanted, found_by=documents.COMMENT)
        if payload is None:
            await self.edit_comment(made, body)
            return made
        return str(payload["comment"]["id"])

    async def comment_place(self, comment: str) -> CommentPlace:
        """Where a comment stands. Raises NotFoundError."""
        return read_comment_place(_found(await self._ask(documents.COMMENT, id=comment)))

    async def edit_comment(self, comment: str, body: str) -> None:
        """Let a comment of ours say this instead. Raises NotFoundError."""
        await self._change(documents.UPDATE_COMMENT, id=comment, input={"body": body})

    async def link(self, issue: str, *, url: str, title: str) -> None:
        """Attach an address to an issue, where that is known; again changes its title."""
        with suppress(UnknownToServerError):
            await self._change(documents.LINK_URL, issueId=issue, url=url, title=title)

    async def _create(
        self, document: str, wanted: Mapping[str, JSON], *, found_by: str, urgent: bool = False
    ) -> JSON:
        """Create under an id; None where it is there already, which Linear refuses."""
        try:
            return await self._change(document, urgent=urgent, input=dict(wanted))
        except UserError:
            if not await self._exists(found_by, wanted["id"]):
                raise
            return None

    async def _exists(self, document: str, made: str) -> bool:
        try:
            _found(await self._ask(document, id=made))
        except (NotFoundError, UnknownToServerError):
            return False
        return True

    async def _change(self, document: str, *, urgent: bool = False, **variables: JSON) -> JSON:
        """The payload of a mutation, whose `success` is looked at too."""
        (payload,) = (await self._ask(document, urgent=urgent, **variables)).values()
        if not payload.get("success", True):
            raise UnavailableError("Linear says that nothing was changed.")
        return payload


def _found(data: Mapping[str, JSON]) -> JSON:
    """The only part of an answer; some servers say null where Linear says that nothing is there."""
    (found,) = data.values()
    if found is None:
        raise NotFoundError("Linear does not have it, or not for this bot.")
    return found
