"""Where Slack calls the bot: our own door, at which we knock ourselves."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from slack_sdk.signature import SignatureVerifier

from adapters.slack.doctor.access import Access
from adapters.slack.names import EVENTS_PATH
from bot.ports.clock import Clock
from bot.ports.doctor import Finding, Level, is_loopback

_TIMES = httpx.Timeout(5, connect=3)
_CHALLENGE = "signalbox-doctor"
_BODY = json.dumps({"type": "url_verification", "token": "", "challenge": _CHALLENGE})
_RESTART = "Start the bot anew with these settings."


@dataclass(frozen=True, kw_only=True)
class SlackRequests:
    """The check of /slack/events: signed requests are taken, others are not."""

    access: Access
    public_url: str
    bot_address: Callable[[], str]
    """Where the running bot listens; empty where none was started."""
    clock: Clock

    async def __call__(self) -> tuple[Finding, ...]:
        """Nothing where Socket Mode is used, or Slack not at all."""
        access = self.access
        if access.by_socket or not (access.bot_token or access.by_oauth or access.signing_secret):
            return ()
        if not access.signing_secret:
            return (
                Finding.error(
                    "requests",
                    "Neither an app token nor a signing secret is set: nothing comes from Slack.",
                    "Set SIGNALBOX_SLACK_APP_TOKEN for Socket Mode, or "
                    "SIGNALBOX_SLACK_SIGNING_SECRET, from the app's page Basic Information.",
                ),
            )
        return (*await self._near(), await self._far())

    async def _near(self) -> tuple[Finding, ...]:
        address = self.bot_address()
        if not address:
            return (_not_running("No bot was started here."),)
        try:
            signed = await self._knock(address, secret=self.access.signing_secret)
            forged = await self._knock(address, secret="not the secret")  # noqa: S106  # none
        except (httpx.RequestError, httpx.InvalidURL):
            return (_not_running(f"No bot answers at {address}."),)
        door = _door("requests", address, signed)
        return (door, _forgery(forged)) if door.level is Level.OK else (door,)

    async def _far(self) -> Finding:
        url = self.public_url.rstrip("/")
        if not url:
            # A stand-in on this machine finds the bot without one.
            by_itself = is_loopback(self.access.api_url)
            return (Finding.warning if by_itself else Finding.error)(
                "public address",
                "There is none to which Slack could send requests.",
                "Set SIGNALBOX_PUBLIC_URL, or use Socket Mode.",
            )
        try:
            signed = await self._knock(url, secret=self.access.signing_secret)
        except (httpx.RequestError, httpx.InvalidURL) as error:
            return Finding.warning(
                "public address",
                f"{url} does not answer from here: {type(error).__name__}.",
                "Look whether it answers from outside; a network may not let itself be called "
                "by its own outer address.",
            )
        return _door("public address", url, signed)

    async def _knock(self, address: str, *, secret: str) -> httpx.Response:
        at = str(int(self.clock.now().timestamp()))
        signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=_BODY)
        headers = {
            "Content-Type": "application/json",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": signature or "",
        }
        async with httpx.AsyncClient(timeout=_TIMES, trust_env=False) as http:
            return await http.post(address + EVENTS_PATH, content=_BODY, headers=headers)


def _not_running(found: str) -> Finding:
    return Finding.not_set_up("requests", found, "Start it, then look again whether it takes them.")


def _door(checked: str, address: str, answer: httpx.Response) -> Finding:
    where = f"{address}{EVENTS_PATH}"
    if answer.status_code == httpx.codes.OK and _CHALLENGE in answer.text:
        return Finding.ok(checked, f"{where} takes signed requests.")
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        found = f"{where} does not take our signature: it has another secret, or another clock."
        return Finding.error(checked, found, _RESTART)
    if answer.status_code == httpx.codes.NOT_FOUND:
        found = f"Nothing is at {where}: that bot was started without Slack, or a proxy hides it."
        return Finding.error(checked, found, _RESTART)
    found = f"{where} answers a signed request with HTTP {answer.status_code}."
    return Finding.error(checked, found, "Look whether a proxy changes requests; then the log.")


def _forgery(answer: httpx.Response) -> Finding:
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        return Finding.ok("signatures", "A request with a wrong signature is refused.")
    found = f"A request with a wrong signature is answered with HTTP {answer.status_code}."
    return Finding.error("signatures", found, "Close the port, and report it as a bug.")
