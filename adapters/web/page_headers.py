"""What every answer tells a browser: run nothing, load nothing and frame nothing but ours."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_CONTENT_POLICY = "Content-Security-Policy"
_HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_USUAL = [
    (name.lower().encode(), value.encode())
    for name, value in {**_HEADERS, _CONTENT_POLICY: _POLICY, "Cache-Control": "no-store"}.items()
]
_USUAL_NAMES = frozenset(name for name, _ in _USUAL)


class PageHeaders:
    """Adds these headers to all answers; nothing is cached unless an answer says otherwise.

    An answer may bring a stricter policy for its content: a file of a run does.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start" and _USUAL_NAMES.isdisjoint(
                name for name, _ in message["headers"]
            ):
                message["headers"] = [*message["headers"], *_USUAL]
            elif message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                own = headers.get(_CONTENT_POLICY, _POLICY)
                headers.update({**_HEADERS, _CONTENT_POLICY: own})
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, add)
