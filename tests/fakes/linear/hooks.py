"""Webhooks as Linear sends them: signed, timed, retried, and never in a promised order."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.fakes.clock import FakeClock

RETRIES = (timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6))
PATIENCE = timedelta(seconds=5)
SECRET = "lin_wh_" + "0123456789abcdef" * 2


@dataclass
class Delivery:
    """One event on its way; `answers` are the statuses it got, 0 for none in time."""

    id: str
    event: str
    payload: Mapping[str, Any]
    answers: list[int] = field(default_factory=list)
    due_at: datetime | None = None
    """When it is tried next; None when it is done with."""


class Hooks:
    """The webhook of one app in one organization."""

    def __init__(self, clock: FakeClock, organization: str) -> None:
        self.clock = clock
        self.organization = organization
        self.secret = SECRET
        self.enabled = True
        self.queue: list[Delivery] = []
        """Not yet tried."""
        self.sent: list[Delivery] = []
        self._http: httpx.AsyncClient | None = None
        self._url = ""
        self._opened: list[httpx.AsyncClient] = []

    def connect(self, http: httpx.AsyncClient, url: str) -> None:
        """Send to this address from now on."""
        self._http, self._url = http, url
        self._opened.append(http)

    async def close(self) -> None:
        """Close every connection."""
        for http in self._opened:
            await http.aclose()

    def emit(self, event: str, payload: Mapping[str, Any]) -> Delivery:
        """Put an event on its way."""
        delivery = Delivery(
            id=str(uuid4()),
            event=event,
            payload={
                "type": event,
                "createdAt": self.clock.now().isoformat(),
                "organizationId": self.organization,
                "webhookId": str(UUID(int=7)),
                **payload,
            },
        )
        self.queue.append(delivery)
        return delivery

    async def deliver(self, *, backwards: bool = False) -> None:
        """Try everything that waits, in order or not."""
        waiting, self.queue = self.queue, []
        for delivery in reversed(waiting) if backwards else waiting:
            await self.attempt(delivery)

    async def retry(self) -> None:
        """Try again what is due by now."""
        for delivery in list(self.sent):
            if delivery.due_at is not None and delivery.due_at <= self.clock.now():
                await self.attempt(delivery)

    async def attempt(
        self,
        delivery: Delivery,
        *,
        age: timedelta = timedelta(),
        secret: str | None = None,
        body: bytes | None = None,
    ) -> int:
        """Send once; the status, or 0. A retry carries the same id and a fresh time."""
        if not delivery.answers and not any(sent is delivery for sent in self.sent):
            self.sent.append(delivery)
        if self._http is None or not self.enabled:
            return 0
        stamp = int((self.clock.now() - age).timestamp() * 1_000)
        content = body or json.dumps({**delivery.payload, "webhookTimestamp": stamp}).encode()
        status = await self._send(delivery, content, secret or self.secret)
        delivery.answers.append(status)
        self._schedule(delivery, status)
        return status

    async def _send(self, delivery: Delivery, content: bytes, secret: str) -> int:
        assert self._http is not None
        began = self.clock.now()
        try:
            async with asyncio.timeout(30):
                answer = await self._http.post(
                    self._url,
                    content=content,
                    headers={
                        "Content-Type": "application/json; charset=utf-8",
                        "User-Agent": "Linear-Webhook",
                        "Linear-Delivery": delivery.id,
                        "Linear-Event": delivery.event,
                        "Linear-Signature": sign(secret, content),
                    },
                )
        except (httpx.HTTPError, TimeoutError):
            return 0
        return answer.status_code if self.clock.now() - began <= PATIENCE else 0

    def _schedule(self, delivery: Delivery, status: int) -> None:
        tries = len(delivery.answers)
        if status == httpx.codes.OK:
            delivery.due_at = None
        elif tries <= len(RETRIES):
            delivery.due_at = self.clock.now() + RETRIES[tries - 1]
        else:
            delivery.due_at = None
            self.enabled = False


def sign(secret: str, content: bytes) -> str:
    """The signature of a body."""
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
