"""Looks at GitHub for the doctor: who we are, what we may do where, and whether it can call us."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx

from adapters.github.auth import AppAuth, Auth
from adapters.github.client import GitHubClient, reading
from adapters.github.limits import JWT_EARLY
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.repository import hosted_name
from bot.ports.clock import Clock
from bot.ports.doctor import Finding, compare_clocks

_TIMES = httpx.Timeout(5, connect=3)
_APP_NEEDS = {
    "contents": ("write", "push branches"),
    "pull_requests": ("write", "open pull requests"),
    "checks": ("write", "say beside a commit how its run fares"),
}
_LEVELS = {"read": 1, "write": 2, "admin": 3}
_DELIVERY = "00000000-0000-0000-0000-000000000000"
_PING = b'{"zen": "signalbox doctor"}'


@dataclass(frozen=True, kw_only=True)
class Identity:
    """The check of the token or the App."""

    client: GitHubClient
    auth: Callable[[], Auth] | None
    """Raises UserError where the key is none; None where GitHub is not set up."""
    token: str
    clock: Clock

    async def __call__(self) -> tuple[Finding, ...]:
        """Raises UnavailableError and UserError."""
        if self.auth is None:
            found = "It is not set up."
            return (Finding.not_set_up("token", found, "docs/github.md leads to a pull request."),)
        with reading():
            return await self._look(self.auth())

    async def _look(self, auth: Auth) -> tuple[Finding, ...]:
        if isinstance(auth, AppAuth):
            answer = await self.client.get("app", token=auth.signed())
            found = f"It is the App {answer.data.get('slug')}."
            shown = (Finding.ok("app", found), *compare_permissions(answer.data))
        else:
            answer = await self.client.get("user", token=self.token)
            shown = (Finding.ok("token", f"It is {answer.data.get('login')}'s token."),)
        date = answer.headers.get("date", "")
        return (*shown, compare_clocks("GitHub", date, self.clock.now(), most=JWT_EARLY))


def compare_permissions(app: JSON) -> tuple[Finding, ...]:
    """The permissions of an App against those that are needed."""
    given = app.get("permissions") or {}
    lacking = {
        name: (level, lets)
        for name, (level, lets) in _APP_NEEDS.items()
        if _LEVELS.get(given.get(name, ""), 0) < _LEVELS[level]
    }
    if not lacking:
        return (Finding.ok("permissions", "All that are needed are there."),)
    remedy = "Add it in the App's settings, and let each installation accept it."
    return tuple(
        (Finding.warning if name == "checks" else Finding.error)(
            "permissions", f"{name}: {level} is missing: the bot cannot {lets}.", remedy
        )
        for name, (level, lets) in lacking.items()
    )


@dataclass(frozen=True, kw_only=True)
class Repositories:
    """The check of every repository of the blueprints that is on this GitHub."""

    client: GitHubClient
    auth: Callable[[], Auth] | None
    host: str
    addresses: Callable[[], Sequence[str]]
    """As the blueprints write them."""

    async def __call__(self) -> tuple[Finding, ...]:
        """Raises UnavailableError."""
        if self.auth is None:
            return ()
        auth = self.auth()
        names = (hosted_name(address, self.host) for address in self.addresses())
        with reading():
            found = [await self._look(auth, name) for name in dict.fromkeys(names) if name]
        return tuple(found)

    async def _look(self, auth: Auth, name: str) -> Finding:
        try:
            token = await auth.token(name)
            answer = await self.client.get(f"repos/{name}", token=token)
        except UserError as error:
            return Finding.error(name, error.text, "See docs/github.md, “Permissions”.")
        may_push = (answer.data.get("permissions") or {}).get("push", True)
        if not (may_push or isinstance(auth, AppAuth)):
            found = "The token may read it, not push to it."
            return Finding.error(name, found, "Give the token Contents: read and write there.")
        return Finding.ok(name, f"It is seen; its default branch is {_branch(answer.data)}.")


def _branch(repository: JSON) -> str:
    return str(repository.get("default_branch", "unknown"))[:100]


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """The check of /github/webhook: signed deliveries are taken, others are not."""

    is_set_up: bool
    secret: str
    bot_address: Callable[[], str]
    """Where the running bot listens; empty where none was started."""

    async def __call__(self) -> tuple[Finding, ...]:
        """Nothing where GitHub is not used."""
        if not self.is_set_up:
            return ()
        if not self.secret:
            found = "No webhook secret is set: what happens there is seen within three minutes."
            remedy = "For at once, set SIGNALBOX_GITHUB_WEBHOOK_SECRET, and the webhook at GitHub."
            return (Finding.warning("webhook", found, remedy),)
        address = self.bot_address()
        try:
            signed = await self._knock(address, self.secret)
            forged = await self._knock(address, f"not {self.secret}")
        except (httpx.RequestError, httpx.InvalidURL):
            found = "No bot answers here, so the webhook was not tried."
            return (Finding.warning("webhook", found, "Start it with signalbox up."),)
        if (signed, forged) == (httpx.codes.OK, httpx.codes.UNAUTHORIZED):
            return (Finding.ok("webhook", "Signed deliveries are taken, others are refused."),)
        found = f"A signed delivery is answered with {signed}, a forged one with {forged}."
        return (Finding.error("webhook", found, "Start the bot anew with these settings."),)

    async def _knock(self, address: str, secret: str) -> int:
        signature = hmac.new(secret.encode(), _PING, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Delivery": _DELIVERY,
            "X-GitHub-Event": "ping",
            "X-Hub-Signature-256": f"sha256={signature}",
        }
        async with httpx.AsyncClient(timeout=_TIMES, trust_env=False) as http:
            url = f"{address}/github/webhook"
            return (await http.post(url, content=_PING, headers=headers)).status_code
