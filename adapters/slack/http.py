"""Slack over HTTP: signed requests to /slack/events, and the pages of installing."""

from fastapi import APIRouter
from slack_bolt.adapter.starlette.async_handler import (
    to_async_bolt_request,
    to_starlette_response,
)
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.slack.names import EVENTS_PATH, INSTALL_PATH, REDIRECT_PATH
from adapters.slack.work import Work


class _Events:
    """Hands signed requests to Bolt, which checks the signature over the very bytes."""

    def __init__(self, app: AsyncApp, work: Work) -> None:
        self._app = app
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        with self._work.arriving():
            response = await self._answer(request)
            await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        try:
            asked = to_async_bolt_request(request, body)
        except (AttributeError, TypeError, ValueError):  # no form, no JSON object, or no UTF-8
            return PlainTextResponse("This is no request of Slack's.", status_code=400)
        return to_starlette_response(await self._app.async_dispatch(asked))


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
