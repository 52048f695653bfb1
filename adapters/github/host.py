"""The CodeHost port over GitHub."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import urlsplit

from adapters.github.auth import Auth
from adapters.github.checks import Checks
from adapters.github.client import GitHubClient, TokenRefusedError, UnprocessableError, reading
from adapters.github.graphql import mark_ready
from adapters.github.limits import MOST_REVIEWS
from adapters.github.pulls import asks_for_changes, branch_query, read_pull, read_review
from adapters.github.text import body_of, title_of
from bot.domain.codec import JSON
from bot.domain.pull_request import PullState, Review, SeenPull
from bot.domain.repository import hosted_name
from bot.ports.code_host import CommitReport, Credential, PullDraft

T = TypeVar("T")
SURFACE = "github"
_CLOUD = "api.github.com"
_RESIDENT = ".ghe.com"


def git_host(api_url: str) -> str:
    """The host of repositories' addresses, with an unusual port, from that of the API.

    `api.github.com` serves github.com, `api.NAME.ghe.com` NAME.ghe.com; every other host
    serves its own repositories.
    """
    parts = urlsplit(api_url)
    name = parts.hostname or ""
    if name == _CLOUD or (name.startswith("api.") and name.endswith(_RESIDENT)):
        name = name.removeprefix("api.")
    return f"{name}:{parts.port}" if parts.port else name


class GitHubHost:
    """Pull requests, checks and credentials of the repositories on one GitHub."""

    surface = SURFACE

    def __init__(self, client: GitHubClient, auth: Auth, *, host: str) -> None:
        """`host` as `git_host` gives it."""
        self._client = client
        self._auth = auth
        self._host = host

    async def credential(self, address: str, *, push: bool) -> Credential | None:
        """See CodeHost."""
        repository = hosted_name(address, self._host)
        with reading():
            return await self._auth.grant(repository, push=push) if repository else None

    async def open_pull_request(self, draft: PullDraft) -> SeenPull:
        """See CodeHost."""
        return await self._as(draft.repository, lambda token: self._open(draft, token))

    async def load_pull_request(self, repository: str, number: int) -> SeenPull:
        """See CodeHost."""
        return await self._as(repository, lambda token: self._load(repository, number, token))

    async def mark_ready(self, repository: str, number: int) -> SeenPull:
        """See CodeHost. REST cannot, and GraphQL asks for a token that may also write code."""
        path = f"repos/{repository}/pulls/{number}"
        with reading():
            token = await self._auth.writing_token(repository)
            pull = (await self._client.get(path, token=token)).data
            if pull.get("draft"):
                await mark_ready(self._client, str(pull["node_id"]), token=token)
        return await self.load_pull_request(repository, number)

    async def report(self, repository: str, commit: str, report: CommitReport) -> str:
        """See CodeHost."""

        async def tell(token: str) -> str:
            checks = Checks(self._client, repository, token)
            kind = checks.tell_check if self._auth.makes_checks else checks.tell_status
            return await kind(commit, report)

        return await self._as(repository, tell)

    async def _as(self, repository: str, call: Callable[[str], Awaitable[T]]) -> T:
        """Make a call with a token; one that is refused is replaced once."""
        with reading():
            try:
                return await call(await self._auth.token(repository))
            except TokenRefusedError:
                self._auth.forget(repository)
                return await call(await self._auth.token(repository))

    async def _open(self, draft: PullDraft, token: str) -> SeenPull:
        """Find before creating; and again where somebody was quicker."""
        found = await self._find(draft, token)
        if found is None:
            try:
                return await self._create(draft, token)
            except UnprocessableError:
                found = await self._find(draft, token)
                if found is None:
                    raise
        return await self._bring_up_to_date(draft, found, token)

    async def _find(self, draft: PullDraft, token: str) -> JSON:
        query = branch_query(draft.repository, draft.branch)
        path = f"repos/{draft.repository}/pulls?{query}"
        ours = (
            pull
            for pull in await self._client.get_all(path, token=token)
            if pull["head"]["ref"] == draft.branch and _is_own(pull, draft.repository)
        )
        return next(ours, None)

    async def _create(self, draft: PullDraft, token: str) -> SeenPull:
        repository = await self._client.get(f"repos/{draft.repository}", token=token)
        body = {
            "title": title_of(draft.content),
            "head": draft.branch,
            "base": repository.data["default_branch"],
            "body": body_of(draft.content),
            "draft": draft.draft,
            "maintainer_can_modify": True,
        }
        path = f"repos/{draft.repository}/pulls"
        try:
            answer = await self._client.write("POST", path, body, token=token)
        except UnprocessableError as error:
            if not draft.draft or "draft" not in error.text.lower():
                raise
            # Some plans have no drafts in private repositories.
            body["draft"] = False
            answer = await self._client.write("POST", path, body, token=token)
        return read_pull(answer.data)

    async def _bring_up_to_date(self, draft: PullDraft, found: JSON, token: str) -> SeenPull:
        """Our part of the description says how things are now; the title is left to people."""
        present = str(found.get("body") or "").replace("\r\n", "\n")
        wanted = body_of(draft.content, present)
        if wanted != present:
            path = f"repos/{draft.repository}/pulls/{found['number']}"
            await self._client.write("PATCH", path, {"body": wanted}, token=token)
        return await self._load(draft.repository, int(found["number"]), token)

    async def _load(self, repository: str, number: int, token: str) -> SeenPull:
        path = f"repos/{repository}/pulls/{number}"
        data = (await self._client.get(path, token=token)).data
        seen = read_pull(data)
        if seen.state is PullState.MERGED:
            return seen
        reviews = await self._client.get_all(f"{path}/reviews", token=token)
        asking = [review for review in reviews if asks_for_changes(review)][-MOST_REVIEWS:]
        with_comments = [await self._review(path, review, token) for review in asking]
        return read_pull(data, with_comments)

    async def _review(self, path: str, review: JSON, token: str) -> Review:
        of_review = f"{path}/reviews/{review['id']}/comments"
        return read_review(review, await self._client.get_all(of_review, token=token))


def _is_own(pull: JSON, repository: str) -> bool:
    """Whether it comes from a branch of the repository itself, not of a fork of that name."""
    source = pull["head"].get("repo") or {}
    return str(source.get("full_name", "")).lower() == repository.lower()
