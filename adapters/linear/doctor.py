"""Looks at Linear: whether it is set up, answers, knows us, and agrees on the time."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from adapters.linear.access import LinearAccess
from adapters.linear.auth import FixedToken
from adapters.linear.documents import VIEWER
from adapters.linear.limits import TIMEOUT, WINDOW
from adapters.linear.transport import graphql_address
from bot.domain.codec import JSON
from bot.domain.errors import UnavailableError
from bot.ports.clock import Clock
from bot.ports.doctor import Finding, compare_clocks, is_loopback

_PAGE = "docs/linear.md"
_SHORTEST_SECRET = 16


@dataclass(frozen=True, kw_only=True)
class LinearCheck:
    """The check of the connection: asks once who we are."""

    access: LinearAccess
    clock: Clock
    public_url: str = ""

    async def __call__(self) -> tuple[Finding, ...]:
        """Set-up, connection, token, organization, webhook and clock."""
        if not self.access.is_set_up:
            remedy = f"Set SIGNALBOX_LINEAR_TOKEN or the client's id and secret: {_PAGE}."
            return (Finding.not_set_up("settings", "Nothing opens Linear.", remedy),)
        answer = await self._ask()
        clock = compare_clocks(
            "Linear", answer.headers.get("Date", ""), self.clock.now(), most=WINDOW
        )
        return (*self._token(answer), *self._webhook(), clock)

    async def _ask(self) -> httpx.Response:
        """Who we are; without a token, only whether Linear answers."""
        token = self.access.token
        headers = {"Authorization": await FixedToken(token).header()} if token else {}
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT) as http:
                return await http.post(
                    graphql_address(self.access.api_url),
                    json={"query": VIEWER, "variables": {}},
                    headers=headers,
                )
        except httpx.HTTPError as error:
            raise UnavailableError(f"Linear does not answer: {type(error).__name__}.") from error

    def _token(self, answer: httpx.Response) -> Iterator[Finding]:
        yield Finding.ok("connection", "Linear answers.")
        if not self.access.token:
            yield self._app()
            return
        data = _data(answer)
        if data is None:
            remedy = f"Make a new one, with the scopes of {_PAGE}, and set SIGNALBOX_LINEAR_TOKEN."
            found = f"Linear does not take it (HTTP {answer.status_code})."
            yield Finding.error("token", found, remedy)
            return
        viewer, organization = data["viewer"], data["organization"]
        if viewer["app"]:
            yield Finding.ok("token", f"It speaks for the app {viewer['name']}.")
        else:
            remedy = "Use an OAuth app with actor=app: only an app has agent sessions."
            found = f"It speaks for the person {viewer['name']}, whose own requests are not heard."
            yield Finding.warning("token", found, remedy)
        yield Finding.ok("organization", f"{organization['name']} ({organization['id']}).")

    def _app(self) -> Finding:
        if not self.access.client_id:
            remedy = "Set SIGNALBOX_LINEAR_CLIENT_ID too."
            return Finding.error("token", "The client's secret is set without its id.", remedy)
        found = "The bot gets its own; asking for one here would end that one."
        return Finding.ok("token", found)

    def _webhook(self) -> Iterator[Finding]:
        secret = self.access.webhook_secret
        if len(secret) < _SHORTEST_SECRET:
            remedy = "Copy it from the app's webhook into SIGNALBOX_LINEAR_WEBHOOK_SECRET."
            found = "It is too short to be one." if secret else "None is set: nothing is heard."
            yield Finding.error("webhook secret", found, remedy)
        else:
            yield Finding.ok("webhook secret", "It is set.")
        if self.public_url.startswith("https://"):
            address = f"{self.public_url.rstrip('/')}/linear/webhook"
            yield Finding.ok("webhook address", f"Linear is to call {address}.")
        else:
            remedy = "Set SIGNALBOX_PUBLIC_URL to an https address that Linear reaches."
            found = "Linear calls https addresses only, and none is set."
            # A stand-in on this machine calls any.
            by_itself = is_loopback(self.access.api_url)
            yield (Finding.warning if by_itself else Finding.error)(
                "webhook address", found, remedy
            )


def _data(answer: httpx.Response) -> JSON | None:
    """The answer's data where it says who we are."""
    try:
        data = answer.json().get("data")
    except (ValueError, AttributeError):
        return None
    whole = isinstance(data, dict) and data.get("viewer") and data.get("organization")
    return data if whole else None
