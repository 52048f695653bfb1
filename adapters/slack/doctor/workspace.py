"""Tokens: whose they are, what they may do, and whether Slack opens a connection for them."""

from dataclasses import dataclass
from datetime import timedelta

from adapters.slack.doctor.access import Access, RefusedCallError
from adapters.slack.scopes import ADD_SCOPES, APP_SCOPE, SCOPES
from bot.ports.clock import Clock
from bot.ports.doctor import Finding, compare_clocks

_SIGNED_FOR = timedelta(minutes=5)
"""Requests whose time is further from ours are refused."""
_GONE = frozenset({"account_inactive", "team_access_not_granted", "token_expired", "token_revoked"})
_COPY_TOKEN = "Copy the Bot User OAuth Token (xoxb-…) from the app's page OAuth & Permissions."  # noqa: S105  # no token
_COPY_APP_TOKEN = (
    f"Make an app-level token (xapp-…) with the scope {APP_SCOPE} on the app's page Basic "
    "Information, and set SIGNALBOX_SLACK_APP_TOKEN to it."
)


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The check of the bot token: whose it is, what it may do, and what time it is there."""

    access: Access
    clock: Clock

    async def __call__(self) -> tuple[Finding, ...]:
        """Raises UnavailableError where Slack does not answer."""
        access = self.access
        if not (access.bot_token or access.app_token or access.signing_secret or access.by_oauth):
            found = "It is not set up."
            return (Finding.not_set_up("app", found, "docs/slack.md leads to the first run."),)
        if not access.bot_token:
            return (_no_bot_token(access),)
        try:
            answer = await access.call("auth.test")
        except RefusedCallError as error:
            return (_refused_token(str(error)),)
        if not answer.get("bot_id"):
            found = "The token is valid, but is no bot's."
            return (Finding.error("bot token", found, _COPY_TOKEN),)
        headers = {name.lower(): str(value) for name, value in answer.headers.items()}
        found = f"It is {answer.get('user')} of {answer.get('team')} ({answer.get('team_id')})."
        return (
            Finding.ok("bot token", found),
            *compare_scopes(headers.get("x-oauth-scopes", "")),
            compare_clocks("Slack", headers.get("date", ""), self.clock.now(), most=_SIGNED_FOR),
        )


def _no_bot_token(access: Access) -> Finding:
    if access.by_oauth:
        found = "Workspaces install it by OAuth; their tokens are not looked at here."
        return Finding.ok("bot token", found)
    return Finding.error("bot token", "SIGNALBOX_SLACK_BOT_TOKEN is not set.", _COPY_TOKEN)


def _refused_token(reason: str) -> Finding:
    if reason in _GONE:
        found = f"The app has been removed, or its token withdrawn ({reason})."
        remedy = f"Install the app anew. {_COPY_TOKEN}"
    else:
        found, remedy = f"Slack does not take it ({reason}).", _COPY_TOKEN
    return Finding.error("bot token", found, remedy)


def compare_scopes(granted: str) -> tuple[Finding, ...]:
    """The scopes of a token, with commas between them, against those that are needed."""
    given = {name.strip() for name in granted.split(",") if name.strip()}
    if not given:
        found = "Slack has not told what the token may do."
        return (Finding.warning("scopes", found, ADD_SCOPES),)
    lacking = [scope for scope in SCOPES if scope.name not in given]
    if not lacking:
        return (Finding.ok("scopes", f"All {len(SCOPES)} that are needed are granted."),)
    return tuple(
        (Finding.error if scope.vital else Finding.warning)(
            "scopes", f"{scope.name} is missing: the bot cannot {scope.lets}.", ADD_SCOPES
        )
        for scope in lacking
    )


@dataclass(frozen=True, kw_only=True)
class Connection:
    """The check of Socket Mode, where it is used."""

    access: Access

    async def __call__(self) -> tuple[Finding, ...]:
        """Ask for a connection, and do not open it."""
        access = self.access
        if not access.by_socket:
            return ()
        try:
            await access.call("apps.connections.open", token=access.app_token)
        except RefusedCallError as error:
            return (_refused_connection(str(error)),)
        return (Finding.ok("socket mode", "Slack opens a connection for the app token."),)


def _refused_connection(reason: str) -> Finding:
    found = f"Slack opens no connection for the app token ({reason})."
    if reason == "missing_scope":
        return Finding.error("socket mode", found, f"Give it the scope {APP_SCOPE}.")
    if reason in {"forbidden", "not_allowed"}:
        return Finding.error("socket mode", found, "Turn it on, on the app's page Socket Mode.")
    return Finding.error("socket mode", found, _COPY_APP_TOKEN)
