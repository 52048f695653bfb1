"""Calls of Slack's Web API, with their failures as ours: told apart by what may have happened."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import ClientConnectorError, ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import UnavailableError, UserError

Clients = Callable[[str], Awaitable[AsyncWebClient]]
"""The client that speaks with a workspace's token. Raises UserError for one that has no bot."""

_LIMITED = 429
_BROKEN = 500
_LATER = frozenset({"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org"})
_MENDABLE = frozenset({"invalid_auth", "not_authed", "token_expired", "missing_scope"})
"""An operator can mend these, so what is to be told waits."""
_DOUBTFUL = frozenset({"fatal_error", "internal_error", "request_timeout"})
"""Some aspect of the call may have succeeded, as Slack says."""
NOT_TAKEN = frozenset({"invalid_blocks", "invalid_blocks_format", "invalid_arguments"})
"""What Slack says of blocks that it does not know: the text alone is told instead."""
_MENDED_AFTER = 60
_SHORTEST_WAIT = 1.0


class DoubtfulError(UnavailableError):
    """The answer was lost: Slack may have done what was asked."""


class SlackRefusedError(UserError):
    """Slack says no; `code` is its word for why."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"Slack refused {method}: {code}.")
        self.code = code


class Calls:
    """Calls methods by their name in Slack's reference."""

    def __init__(self, clients: Clients) -> None:
        """`clients` gives each workspace's client."""
        self._clients = clients

    async def client(self, tenant: str) -> AsyncWebClient:
        """A workspace's client, which never repeats a call by itself: that would post twice."""
        client = await self._clients(tenant)
        client.retry_handlers.clear()
        return client

    async def __call__(self, tenant: str, method: str, **arguments: Any) -> Mapping[str, Any]:
        """The answer of a method, such as `chat.postMessage`.

        Raises SlackRefusedError; DoubtfulError where Slack may have done it; UnavailableError.
        """
        client = await self.client(tenant)
        return await answered(method, getattr(client, method.replace(".", "_"))(**arguments))


async def answered(method: str, call: Awaitable[Any]) -> Mapping[str, Any]:
    """The answer of a call that is made by an SDK. Raises as Calls does."""
    try:
        response = await call
    except SlackApiError as error:
        raise _refusal(method, error) from error
    except ClientConnectorError as error:
        raise UnavailableError(f"Slack cannot be reached: {error}", untouched=True) from error
    except (TimeoutError, ClientError, SlackClientError, OSError, ValueError) as error:
        raise DoubtfulError(f"Slack's answer to {method} was lost: {error!r}") from error
    data: Mapping[str, Any] = response.data if isinstance(response.data, dict) else {}
    return data


def _refusal(method: str, error: SlackApiError) -> Exception:
    response = error.response
    status, code = _status(response), _code(response)
    if status == _LIMITED or code in _LATER:
        wait = _seconds(getattr(response, "headers", {}))
        return UnavailableError(
            f"Slack limits {method}.", retry_after=wait or _SHORTEST_WAIT, untouched=True
        )
    if status >= _BROKEN or code in _DOUBTFUL or not code:
        return DoubtfulError(f"Slack failed at {method}: {code or status}")
    if code in _MENDABLE:
        return UnavailableError(
            f"Slack does not let us call {method}: {code}.",
            retry_after=_MENDED_AFTER,
            untouched=True,
        )
    return SlackRefusedError(method, code)


def is_passing(error: SlackApiError) -> bool:
    """Whether Slack may answer the same call otherwise another time."""
    status, code = _status(error.response), _code(error.response)
    return status == _LIMITED or status >= _BROKEN or not code or code in _LATER | _DOUBTFUL


def _status(response: Any) -> int:
    return getattr(response, "status_code", 0) or getattr(response, "status", 0) or 0


def _code(response: Any) -> str:
    data = getattr(response, "data", response)
    return str(data.get("error", "")) if isinstance(data, Mapping) else ""


def _seconds(headers: Mapping[str, str]) -> float:
    found = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return float(found) if found.replace(".", "", 1).isdigit() else 0.0
