"""GitHub's REST API over HTTP: versions, limits, pages and what each refusal means."""

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from adapters.github.limits import (
    ACCEPT,
    API_VERSION,
    MOST_PAGES,
    PER_PAGE,
    SECONDARY_WAIT,
    USER_AGENT,
    WRITE_PAUSE,
)
from bot.domain.codec import JSON
from bot.domain.errors import NotFoundError, RefusedError, UnavailableError, UserError
from bot.ports.clock import Clock

_LOG = logging.getLogger(__name__)
_TIMEOUT = 20.0
_REMEMBERED = 500
"""Answers that are kept with their ETag."""
_NEXT = re.compile(r'<([^>]+)>;\s*rel="next"')
_LONGEST_REASON = 300


@contextmanager
def reading() -> Iterator[None]:
    """What GitHub says is not what it documents: raises UnavailableError instead of a bug's error.

    A proxy's page or a stand-in's gap must end a call, never the bot.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        _LOG.exception("GitHub's answer cannot be read")
        raise UnavailableError("GitHub's answer cannot be read") from error


class TokenRefusedError(RefusedError):
    """The token does not count, or no longer."""


class UnprocessableError(UserError):
    """GitHub understood what was asked, and will not do it; the text says why."""


@dataclass(frozen=True)
class Answer:
    """What GitHub said."""

    status: int
    data: JSON
    headers: Mapping[str, str]


class GitHubClient:
    """One connection pool to one GitHub; tokens are handed in with every call."""

    def __init__(
        self,
        api_url: str,
        *,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        write_pause: float = WRITE_PAUSE,
    ) -> None:
        """`api_url` is https://api.github.com, or of an Enterprise server https://HOST/api/v3."""
        self._http = httpx.AsyncClient(
            base_url=api_url.rstrip("/") + "/",
            headers={
                "Accept": ACCEPT,
                "User-Agent": USER_AGENT,
                "X-GitHub-Api-Version": API_VERSION,
            },
            timeout=_TIMEOUT,
            transport=transport,
            follow_redirects=False,
        )
        self.graphql_url = graphql_address(api_url)
        self._clock = clock
        self._write_pause = write_pause
        self._written_at = -write_pause
        self._writing = asyncio.Lock()
        self._limited: dict[str, datetime] = {}
        """Tokens that have met a limit, and until when nothing is asked with them."""
        self._known: OrderedDict[str, tuple[str, Answer]] = OrderedDict()

    async def close(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def get(self, path: str, *, token: str) -> Answer:
        """Read something; unchanged, it costs nothing of the limits."""
        known = self._known.get(path)
        headers = {"If-None-Match": known[0]} if known else {}
        answer = await self._send("GET", path, token=token, headers=headers)
        if known and answer.status == HTTPStatus.NOT_MODIFIED:
            self._known.move_to_end(path)
            return known[1]
        if etag := answer.headers.get("etag"):
            self._known[path] = (etag, answer)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return answer

    async def get_all(self, path: str, *, token: str, within: str = "") -> list[JSON]:
        """Every page of a list, up to a thousand entries.

        `within` is the field that holds it, where the answer is not the list itself.
        """
        entries: list[JSON] = []
        joint = "&" if "?" in path else "?"
        following = f"{path}{joint}per_page={PER_PAGE}"
        for _ in range(MOST_PAGES):
            answer = await self.get(following, token=token)
            entries += answer.data[within] if within else answer.data
            further = _NEXT.search(answer.headers.get("link", ""))
            if further is None:
                return entries
            following = self._relative(further[1])
        _LOG.warning("only the first %d of %s were read", len(entries), path.partition("?")[0])
        return entries

    async def post_at_once(self, path: str, body: JSON, *, token: str) -> Answer:
        """Ask for what changes nothing for people, such as a token."""
        return await self._send("POST", path, token=token, body=body)

    async def write(self, method: str, path: str, body: JSON, *, token: str) -> Answer:
        """Change something; changes keep a distance in time."""
        async with self._writing:
            wait = self._written_at + self._write_pause - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            try:
                return await self._send(method, path, token=token, body=body)
            finally:
                self._written_at = time.monotonic()

    def _relative(self, address: str) -> str:
        """A page's address, on this GitHub only: a token goes nowhere else."""
        base = str(self._http.base_url)
        if not address.startswith(base):
            raise UnavailableError("GitHub names a next page that is not on itself")
        return address.removeprefix(base)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        token: str,
        body: JSON = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        self._heed_limit(token)
        try:
            response = await self._http.request(
                method,
                path.lstrip("/"),
                json=body,
                headers={**(headers or {}), "Authorization": f"Bearer {token}"},
            )
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise UnavailableError(f"GitHub does not answer: {type(error).__name__}") from error
        self._note_limit(response, token)
        return _read(response, f"{method} {path.partition('?')[0]}")

    def _heed_limit(self, token: str) -> None:
        """Whoever goes on asking at a limit is shut out for longer."""
        until = self._limited.get(token)
        if until is None:
            return
        left = (until - self._clock.now()).total_seconds()
        if left > 0:
            raise UnavailableError("GitHub's rate limit is met", retry_after=left)
        del self._limited[token]

    def _note_limit(self, response: httpx.Response, token: str) -> None:
        """Raises UnavailableError with the time to wait where a limit was met."""
        if response.status_code not in {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}:
            return
        headers = response.headers
        wait: float | None = None
        if headers.get("retry-after"):
            wait = self._until(headers["retry-after"])
        elif headers.get("x-ratelimit-remaining") == "0":
            reset = headers.get("x-ratelimit-reset", "")
            now = self._clock.now().timestamp()
            wait = max(float(reset) - now, 1.0) if reset.isdecimal() else SECONDARY_WAIT
        elif (
            "rate limit" in _reason(_json(response)).lower()
            or response.status_code == HTTPStatus.TOO_MANY_REQUESTS
        ):
            wait = SECONDARY_WAIT
        if wait is not None:
            self._limited[token] = self._clock.now() + timedelta(seconds=wait)
            raise UnavailableError("GitHub's rate limit is met", retry_after=wait)

    def _until(self, retry_after: str) -> float:
        """Seconds; the header may hold a date instead."""
        if retry_after.isdecimal():
            return float(retry_after)
        try:
            wait = parsedate_to_datetime(retry_after) - self._clock.now()
        except (TypeError, ValueError):
            return SECONDARY_WAIT
        return max(wait.total_seconds(), 1.0)


def graphql_address(api_url: str) -> str:
    """Where GraphQL is spoken, from the address of the REST API: beside v3 on an own server."""
    return f"{api_url.rstrip('/').removesuffix('/v3')}/graphql"


def _json(response: httpx.Response) -> JSON:
    """The body; None where it is none in JSON."""
    try:
        return response.json() if response.content else None
    except ValueError:
        return None


def _read(response: httpx.Response, what: str) -> Answer:
    data, status = _json(response), response.status_code
    if response.is_success or status == HTTPStatus.NOT_MODIFIED:
        return Answer(status, data, response.headers)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise UnavailableError(f"GitHub answers with status {status}")
    raise _refusal(status, what, _reason(data), response.headers)


def _reason(data: JSON) -> str:
    """What GitHub says of a refusal, on one line."""
    if not isinstance(data, dict):
        return ""
    errors = data.get("errors")
    details = [
        str(error.get("message") or error.get("code") or "") if isinstance(error, dict) else error
        for error in (errors if isinstance(errors, list) else [])
    ]
    words = "; ".join(filter(None, [str(data.get("message") or ""), *map(str, details)]))
    shown = "".join(character if character.isprintable() else " " for character in words)
    return shown[:_LONGEST_REASON]


def _refusal(status: int, what: str, said: str, headers: Mapping[str, str]) -> UserError:
    if status == HTTPStatus.UNAUTHORIZED:
        return TokenRefusedError(
            "GitHub does not accept our token any more. Make a new one, or check the App's id and "
            "key; then start the bot again."
        )
    if status == HTTPStatus.FORBIDDEN:
        needed = headers.get("x-accepted-github-permissions", "")
        hint = f" It needs the permission {needed}." if needed else ""
        return RefusedError(f"GitHub refuses {what}: {said or 'no permission'}.{hint}")
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.MOVED_PERMANENTLY}:
        return NotFoundError(
            f"GitHub knows nothing at {what}, or our token may not see it: give it access to the "
            "repository."
        )
    return UnprocessableError(f"GitHub will not do {what}: {said or f'status {status}'}.")
