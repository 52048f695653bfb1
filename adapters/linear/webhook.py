"""POST /linear/webhook: verify, store, acknowledge; the work is done after.

Answers: 401 without Linear's signature or a fresh time, 413 and 400 for what cannot be read,
403 for another organization, 503 while we do not know our own, 200 for everything else.
"""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.linear.events import key_of, read_address, read_event
from adapters.linear.identity import OurIdentity
from adapters.linear.limits import LONGEST_WEBHOOK
from adapters.linear.signature import (
    FOREIGN,
    MALFORMED,
    TOO_LONG,
    RefusedWebhookError,
    read_signed,
)
from bot.arrivals import Arrivals
from bot.domain.errors import ConflictError, UnavailableError
from bot.ports.clock import Clock
from bot.ports.store import Store
from bot.ports.tracker_store import TrackerEvent

SURFACE = "linear"
WEBHOOK_PATH = "/linear/webhook"
_UNAVAILABLE = 503
_LONGEST_ID = 100
"""Characters of a delivery's id; Linear's are UUIDs."""


class LinearWebhook:
    """Takes events durably and hands them on."""

    def __init__(  # noqa: PLR0913  # all that it is wired to
        self,
        store: Store,
        *,
        secret: str,
        clock: Clock,
        identity: OurIdentity,
        hand_on: Callable[[TrackerEvent], None],
        arrivals: Arrivals,
    ) -> None:
        """`hand_on` begins the work on an event that is stored, and returns at once.

        `arrivals` is told of requests until they are acknowledged.
        """
        self._store = store
        self._secret = secret
        self._clock = clock
        self._identity = identity
        self._hand_on = hand_on
        self._arrivals = arrivals

    def router(self) -> APIRouter:
        """The one address, a plain route: it costs the least."""
        router = APIRouter()
        router.routes.append(Route(WEBHOOK_PATH, self, methods=["POST"]))
        return router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        with self._arrivals.arriving():
            answer = await self._answer(Request(scope, receive))
            await answer(scope, receive, send)

    async def _answer(self, request: Request) -> JSONResponse:
        try:
            return await self._take(request)
        except RefusedWebhookError as error:
            return JSONResponse({"refused": error.text}, status_code=error.status)
        except (ConflictError, UnavailableError):
            return JSONResponse({"refused": "Not now."}, status_code=_UNAVAILABLE)
        except ClientDisconnect:
            return JSONResponse({"refused": "It has no end."}, status_code=MALFORMED)

    async def _take(self, request: Request) -> JSONResponse:
        headers = request.headers
        text, payload = read_signed(
            await _body(request),
            signature=headers.get("Linear-Signature", ""),
            secret=self._secret,
            now=self._clock.now(),
        )
        delivery = headers.get("Linear-Delivery", "")
        if not 0 < len(delivery) <= _LONGEST_ID:
            raise RefusedWebhookError(MALFORMED, "Linear-Delivery is missing.")
        address = read_address(payload)
        us = await self._identity.viewer()
        if address.organization != us.organization:
            raise RefusedWebhookError(FOREIGN, "This bot serves another organization.")
        event = read_event(payload)
        ours = address.app_user in {"", us.id}
        if event is None or not ours or address.actor == us.id:
            return JSONResponse({"taken": False})
        key = key_of(event, delivery)
        taken = await self._store.write(
            lambda tx: tx.tracker_events.take(SURFACE, delivery=delivery, key=key, body=text)
        )
        if taken is not None:
            self._hand_on(taken)
        return JSONResponse({"taken": taken is not None})


async def _body(request: Request) -> bytes:
    """The raw bytes, as they were signed."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > LONGEST_WEBHOOK:
            raise RefusedWebhookError(TOO_LONG, "The body is too long.")
        chunks.append(chunk)
    return b"".join(chunks)
