"""Slack over HTTP: signed requests to /slack/events, and the pages of installing."""

import re
from collections.abc import Sequence

from fastapi import APIRouter
from slack_bolt import BoltResponse
from slack_bolt.adapter.starlette.async_handler import (
    to_async_bolt_request,
    to_starlette_response,
)
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.slack.app import NONSENSE
from adapters.slack.names import EVENTS_PATH, INSTALL_PATH, REDIRECT_PATH
from adapters.slack.work import Work

_HEADERS = {
    name.encode(): name
    for name in (
        "content-type",
        "x-slack-request-timestamp",
        "x-slack-retry-num",
        "x-slack-retry-reason",
        "x-slack-signature",
    )
}
_FORMED = {
    b"x-slack-request-timestamp": re.compile(rb"\d{1,12}"),
    b"x-slack-signature": re.compile(rb"v0=[0-9a-f]{64}"),
}


class _Events:
    """Hands signed requests to Bolt, which checks the signature over the very bytes."""

    def __init__(self, app: AsyncApp, work: Work) -> None:
        self._app = app
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        with self._work.arriving():
            body = await _whole(receive)
            if body is not None:
                await _send(await self._answer(scope, body), send)

    async def _answer(self, scope: Scope, body: bytes) -> BoltResponse:
        try:
            asked = AsyncBoltRequest(body=body.decode(), headers=_heard(scope))
        except (AttributeError, LookupError, TypeError, ValueError):  # no form, JSON or UTF-8
            return BoltResponse(status=400, body=NONSENSE)
        return await self._app.async_dispatch(asked)


async def _whole(receive: Receive) -> bytes | None:
    """The body; None where the sender went away before its end."""
    parts = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _heard(scope: Scope) -> dict[str, str | Sequence[str]]:
    """What Slack says in headers; others could make Bolt do what nobody signed.

    Of a signature only what is formed as one, for Bolt trips over others.
    """
    return {
        _HEADERS[name]: value.decode("latin-1")
        for name, value in scope["headers"]
        if name in _HEADERS and (name not in _FORMED or _FORMED[name].fullmatch(value))
    }


async def _send(answer: BoltResponse, send: Send) -> None:
    body = answer.body.encode()
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in answer.first_headers_without_set_cookie().items()
    ]
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def events_router(app: AsyncApp, work: Work) -> APIRouter:
    """The address that Slack sends everything to."""
    router = APIRouter()
    router.routes.append(Route(EVENTS_PATH, _Events(app, work), methods=["POST"]))
    return router


def install_router(flow: AsyncOAuthFlow) -> APIRouter:
    """The page from which a workspace lets the bot in, and where Slack comes back to."""
    router = APIRouter(include_in_schema=False)

    async def install(request: Request) -> Response:
        asked = to_async_bolt_request(request, b"")
        return to_starlette_response(await flow.handle_installation(asked))

    async def redirect(request: Request) -> Response:
        asked = to_async_bolt_request(request, b"")
        return to_starlette_response(await flow.handle_callback(asked))

    router.add_api_route(INSTALL_PATH, install, methods=["GET"], response_model=None)
    router.add_api_route(REDIRECT_PATH, redirect, methods=["GET"], response_model=None)
    return router
