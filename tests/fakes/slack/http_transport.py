"""Signed requests to the app's own address."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlencode

import aiohttp

from tests.fakes.slack.delivery import Answer, Delivery

FORM = "application/x-www-form-urlencoded"
REASONS = {"operation_timeout": "http_timeout", "connection_failed": "connection_failed"}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of x-slack-signature."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class HttpTransport:
    """Posts to one request URL and waits for the answer."""

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        patience: Callable[[], timedelta],
        signed_at: Callable[[], datetime],
    ) -> None:
        """Verifiers compare `signed_at` with their own clock."""
        self._url = url
        self._secret = secret
        self._patience = patience
        self._signed_at = signed_at

    async def send(self, delivery: Delivery, attempt: int, reason: str) -> Answer:
        """Post it; an answer other than 200 is no acknowledgement."""
        body, kind = encode(delivery)
        headers = self.headers(body, kind)
        if attempt and delivery.is_event:
            headers["x-slack-retry-num"] = str(attempt)
            headers["x-slack-retry-reason"] = REASONS.get(reason, "http_error")
        try:
            async with asyncio.timeout(self._patience().total_seconds()):
                return await self.post(body, headers)
        except TimeoutError:
            return Answer(acked=False, error="operation_timeout")
        except aiohttp.ClientError:
            return Answer(acked=False, error="connection_failed")

    def headers(self, body: bytes, kind: str) -> dict[str, str]:
        """What Slack sends with this body."""
        timestamp = str(int(self._signed_at().timestamp()))
        return {
            "Content-Type": kind,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": signature(self._secret, timestamp, body),
        }

    async def post(self, body: bytes, headers: dict[str, str]) -> Answer:
        """Post these bytes as they are."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(self._url, data=body, headers=headers) as response,
        ):
            text = await response.text()
            good = response.status == 200
            return Answer(
                acked=good,
                status=response.status,
                body=_decoded(text, response.content_type),
                error="" if good else "http_error",
                no_retry=response.headers.get("x-slack-no-retry") == "1",
            )


def _decoded(text: str, content_type: str) -> object:
    if content_type == "application/json" and text:
        return json.loads(text)
    return text or None


def encode(delivery: Delivery) -> tuple[bytes, str]:
    """The body of a request, and its content type."""
    if delivery.is_event:
        return json.dumps(delivery.payload).encode(), "application/json"
    if delivery.kind == "slash_commands":
        return urlencode(delivery.payload).encode(), FORM
    return urlencode({"payload": json.dumps(delivery.payload)}).encode(), FORM
