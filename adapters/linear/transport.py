"""One GraphQL call to Linear: sent, paced by its limits, and its errors sorted by what helps."""

import logging
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

import httpx

from adapters.linear.auth import Credentials
from adapters.linear.budget import Budget
from adapters.linear.dialect import Dialect
from adapters.linear.limits import REFUSED_WAIT, TIMEOUT
from adapters.linear.tokens import NoTokenError
from bot.domain.codec import JSON
from bot.domain.errors import NotFoundError, RefusedError, UnavailableError, UserError

_LOG = logging.getLogger(__name__)

_REFUSED = frozenset({"forbidden", "feature not accessible"})
_WRONG = frozenset({"invalid input", "user error", "graphql error", "usage limit exceeded"})
_UNKNOWN_TOKEN = frozenset({"authentication error"})
_LONGEST_REASON = 300
_LINEARS = "https://linear.app/oauth/authorize"


class Transport:
    """Carries documents to Linear. All failures are errors of ours."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        credentials: Credentials,
        *,
        url: str,
        budget: Budget,
        dialect: Dialect | None = None,
    ) -> None:
        """`url` may lack its last part, /graphql; without a dialect, all of Linear's is known."""
        self._http = http
        self._credentials = credentials
        self._url = graphql_address(url)
        self._budget = budget
        self._dialect = dialect or Dialect()

    async def ask(
        self, document: str, *, urgent: bool = False, **variables: JSON
    ) -> Mapping[str, JSON]:
        """The data of an answer; an error beside a usable root field is only logged.

        Raises UnavailableError when it is worth trying again, NotFoundError, RefusedError or
        UserError when it is not.
        """
        document, fitting = await self._dialect.fit(document, variables, self._ask)
        return await self._ask(document, fitting, urgent=urgent)

    async def _ask(
        self, document: str, variables: Mapping[str, JSON], *, urgent: bool = False
    ) -> Mapping[str, JSON]:
        self._budget.spend(urgent=urgent)
        header = await self._credentials.header()
        answer = await self._send(document, variables, header)
        if _is_unknown(answer) and await self._credentials.renew(header):
            answer = await self._send(document, variables, await self._credentials.header())
        return self._data(answer)

    async def _send(
        self, document: str, variables: Mapping[str, JSON], header: str
    ) -> httpx.Response:
        try:
            answer = await self._http.post(
                self._url,
                json={"query": document, "variables": dict(variables)},
                headers={"Authorization": header},
                timeout=TIMEOUT,
            )
        except httpx.HTTPError as error:
            raise UnavailableError(f"Linear does not answer: {type(error).__name__}.") from error
        self._budget.note(answer.headers)
        return answer

    def _data(self, answer: httpx.Response) -> Mapping[str, JSON]:
        body = _body(answer)
        errors = [error for error in body.get("errors") or () if isinstance(error, dict)]
        data = body.get("data")
        if errors:
            if not isinstance(data, dict) or not data or None in data.values():
                raise self._sorted(errors, answer)
            _LOG.warning("a part of Linear's answer is missing: %s", _reason(errors[0]))
        if answer.status_code != httpx.codes.OK or not isinstance(data, dict):
            raise UnavailableError(
                f"Linear answers HTTP {answer.status_code}.", retry_after=_retry_after(answer)
            )
        return data

    def _sorted(self, errors: Sequence[JSON], answer: httpx.Response) -> Exception:
        """The error of ours that an answer of errors means."""
        kinds = {_extension(error, "type") for error in errors}
        codes = {_extension(error, "code") for error in errors}
        text = _reason(errors[0])
        if "ratelimited" in codes | kinds or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            wait = _retry_after(answer) or self._budget.wait() or REFUSED_WAIT
            return UnavailableError("Linear's limit is reached.", retry_after=wait)
        if kinds & _UNKNOWN_TOKEN or answer.status_code == httpx.codes.UNAUTHORIZED:
            return NoTokenError("Linear does not know our token.", retry_after=REFUSED_WAIT)
        if any(map(_is_missing, errors)):
            return NotFoundError(f"Linear does not have it, or not for this bot: {text}")
        if kinds & _REFUSED:
            return RefusedError(f"Linear does not allow it: {text}")
        is_bad = answer.status_code == httpx.codes.BAD_REQUEST
        if kinds & _WRONG or (is_bad and kinds == {""}):
            return UserError(f"Linear refuses it: {text}")
        return UnavailableError(f"Linear failed: {text}")


def graphql_address(url: str) -> str:
    """The address of the API, from a base with or without /graphql."""
    plain = url.rstrip("/")
    return plain if plain.endswith("/graphql") else f"{plain}/graphql"


def is_linears(url: str) -> bool:
    """Whether an address is Linear's own."""
    host = urlsplit(url).hostname or ""
    return host == "linear.app" or host.endswith(".linear.app")


def token_address(url: str) -> str:
    """Where tokens are had, on the same host."""
    return _beside(url, "/oauth/token")


def authorize_address(url: str) -> str:
    """Where an admin lets the app in: Linear has a host of its own for people."""
    return _LINEARS if is_linears(url) else _beside(url, "/oauth/authorize")


def _beside(url: str, path: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _body(answer: httpx.Response) -> Mapping[str, JSON]:
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise UnavailableError(
            f"Linear answers HTTP {answer.status_code} without JSON.",
            retry_after=_retry_after(answer),
        )
    return body


def _is_unknown(answer: httpx.Response) -> bool:
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return True
    if answer.status_code != httpx.codes.BAD_REQUEST:
        return False
    return any(
        _extension(error, "type") in _UNKNOWN_TOKEN for error in _body(answer).get("errors") or ()
    )


def _extension(error: JSON, name: str) -> str:
    extensions = error.get("extensions") if isinstance(error, dict) else None
    value = extensions.get(name) if isinstance(extensions, dict) else None
    return value.lower() if isinstance(value, str) else ""


def _is_missing(error: JSON) -> bool:
    """Whether there is no such thing, or none for us: Linear has no kind of error for it."""
    said = f"{error.get('message')} {_reason(error)}".lower()
    return any(words in said for words in ("not found", "could not find"))


def _reason(error: JSON) -> str:
    extensions = error.get("extensions") or {}
    shown = extensions.get("userPresentableMessage") if isinstance(extensions, dict) else None
    text = shown or error.get("message") or "no reason was given"
    return " ".join(str(text).split())[:_LONGEST_REASON]


def _retry_after(answer: httpx.Response) -> float | None:
    text = answer.headers.get("Retry-After", "")
    return float(text) if text.isdigit() else None
