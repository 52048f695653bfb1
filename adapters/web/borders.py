"""What every HTTP request passes before any route: incident border, host check, body limit."""

import logging
from collections.abc import Callable, Collection

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
HEALTH_PATHS = frozenset({"/healthz", "/readyz"})


def _header(scope: Scope, name: bytes) -> str:
    found = (value for key, value in scope["headers"] if key == name)
    return str(next(found, b"").decode("latin-1"))


class IncidentBorder:
    """Answers what nobody foresaw with 500 and the name under which the log has it."""

    def __init__(self, app: ASGIApp, incident: Callable[[], str]) -> None:
        self._app = app
        self._incident = incident

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        begun = False

        async def note_begin(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, note_begin)
        except Exception:  # the last border: a bug in one request must not be silent, nor spread
            name = self._incident()
            log.exception("incident %s: %s %s", name, scope["method"], scope["path"])
            if not begun:
                await _broken(name)(scope, receive, send)


def _broken(incident: str) -> JSONResponse:
    text = f"Something broke inside the bot; its log has it as incident {incident}."
    return JSONResponse({"error": text, "incident": incident}, status_code=500)


class HostCheck:
    """Refuses requests that name a host we are not: a web page that rebinds its own name to us.

    Health probes come with any address and learn nothing, so they pass.
    """

    def __init__(self, app: ASGIApp, names: Collection[str]) -> None:
        self._app = app
        self._names = LOOPBACK_NAMES | {name.lower() for name in names}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        name = _without_port(_header(scope, b"host").lower())
        if name in self._names or scope["path"] in HEALTH_PATHS:
            await self._app(scope, receive, send)
            return
        text = "This bot is not known by that host name; use one that its settings allow."
        await JSONResponse({"error": text}, status_code=421)(scope, receive, send)


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


class BodyLimit:
    """Stops reading a body where the limit of its path is passed, whatever was announced."""

    def __init__(self, app: ASGIApp, limit: Callable[[str], int]) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        most = self._limit(scope["path"])
        announced = _header(scope, b"content-length")
        if announced.isdecimal() and int(announced) > most:
            await JSONResponse({"error": _too_large(most)}, status_code=413)(scope, receive, send)
            return
        received = 0

        async def count() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise _TooLargeError(413, _too_large(most))
            return message

        try:
            await self._app(scope, count, send)
        except _TooLargeError as error:  # nobody on the way has answered it
            answer = JSONResponse({"error": error.detail}, status_code=413)
            await answer(scope, receive, send)


class _TooLargeError(HTTPException):
    """A body went past its limit while it was read."""


def _too_large(most: int) -> str:
    return f"This is too large: at most {most:,} bytes are taken here."
