"""The bot's HTTP application: the routers that are handed in, behind the same borders."""

import re
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.web.answers import answer_errors
from adapters.web.borders import BodyLimit, HostCheck, IncidentBorder
from adapters.web.page_headers import PageHeaders
from bot.ports.artifact_files import ARTIFACT_LIMIT
from bot.ports.clock import Ids

Router: TypeAlias = APIRouter

_USUAL_BODY = 1024 * 1024
_LARGER_BODIES = (
    (re.compile(r"/agent/v1/jobs/[^/]+/artifacts/"), ARTIFACT_LIMIT),
    # Longer than any request that is taken, so that its length can be said.
    (re.compile(r"/console/v1/invocations$"), 8 * _USUAL_BODY),
    # Their sender's own bound is 25 MB; what we read of them is far smaller.
    (re.compile(r"/github/webhook$"), 25 * _USUAL_BODY),
)


def build_app(
    routers: Iterable[APIRouter],
    ids: Ids,
    *,
    ready: Callable[[], Awaitable[bool]],
    hosts: Collection[str] = (),
) -> FastAPI:
    """The application: `ready` says whether it can serve; `hosts` are its names beside loopback."""
    app = _App(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    for router in (_health(ready), *routers):
        app.include_router(router)
        for route in router.routes:
            if type(route) is Route:
                app.direct[route.path] = _bordered(route, ids, hosts)
    answer_errors(app)
    # The last one added is the outermost.
    app.add_middleware(BodyLimit, limit=body_limit)
    app.add_middleware(HostCheck, names=hosts)
    app.add_middleware(PageHeaders)
    app.add_middleware(IncidentBorder, incident=ids.incident)
    return app


class _App(FastAPI):
    """FastAPI, but for plain routes, which need nothing of it and are served past it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.direct: dict[str, _Direct] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        direct = self.direct.get(scope["path"]) if scope["type"] == "http" else None
        if direct is None or scope["method"] not in direct.methods:
            await super().__call__(scope, receive, send)
        else:
            await direct.app(scope, receive, send)


@dataclass(frozen=True, kw_only=True)
class _Direct:
    """What is served past FastAPI, behind the same borders."""

    app: ASGIApp
    methods: Collection[str]


def _bordered(route: Route, ids: Ids, hosts: Collection[str]) -> _Direct:
    limited = HostCheck(BodyLimit(route.app, limit=body_limit), names=hosts)
    app = IncidentBorder(PageHeaders(limited), incident=ids.incident)
    return _Direct(app=app, methods=frozenset(route.methods or ()))


def body_limit(path: str) -> int:
    """The bytes that a body sent to this path may have."""
    return next((most for where, most in _LARGER_BODIES if where.match(path)), _USUAL_BODY)


def _health(ready: Callable[[], Awaitable[bool]]) -> APIRouter:
    router = APIRouter()

    @router.get("/healthz")
    async def alive() -> JSONResponse:
        return JSONResponse({"alive": True})

    @router.get("/readyz")
    async def is_ready() -> JSONResponse:
        fit = await ready()
        return JSONResponse({"ready": fit}, status_code=200 if fit else 503)

    return router
