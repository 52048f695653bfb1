"""The HTTP side of the fake Slack: the Web API, response_urls, uploads, the install page."""

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.fakes.slack import (
    api_apps,
    api_chat,
    api_conversations,
    api_files,
    api_people,
    api_streams,
    api_views,
)
from tests.fakes.slack.call import Call, Method
from tests.fakes.slack.entities import Data, FakeCall, Grant
from tests.fakes.slack.errors import LimitedError, SlackError
from tests.fakes.slack.faults import Fault, Faults
from tests.fakes.slack.hooks import use_hook
from tests.fakes.slack.limits import Limits
from tests.fakes.slack.socket_transport import SocketTransport
from tests.fakes.slack.world import World

METHODS: dict[str, Method] = {
    **api_apps.METHODS,
    **api_chat.METHODS,
    **api_conversations.METHODS,
    **api_files.METHODS,
    **api_people.METHODS,
    **api_streams.METHODS,
    **api_views.METHODS,
}


def _unknown(_call: Call) -> Data:
    raise SlackError("unknown_method")


_UNKNOWN = Method(_unknown, token="none")


class Server:
    """Answers on a port of its own."""

    def __init__(
        self, world: World, sockets: SocketTransport, faults: Faults, limits: Limits
    ) -> None:
        self._world = world
        self._sockets = sockets
        self._faults = faults
        self._limits = limits
        self._methods = METHODS | {
            "apps.connections.open": Method(
                self._open_connection, ("connections:write",), "2", "app"
            )
        }
        self._runner: web.AppRunner | None = None
        self.down = False
        """Whether every connection breaks."""

    async def start(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[self._reach])
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link/{ticket}", self._sockets.serve)
        app.router.add_post("/hooks/{hook}", self._hook)
        app.router.add_post("/upload/{file}", self._upload)
        app.router.add_get("/files/{file}", self._download)
        app.router.add_get("/oauth/v2/authorize", self._authorize)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self._world.origin = f"http://{host}:{port}"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    @web.middleware
    async def _reach(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self.down:
            _drop(request)
            return web.Response()
        return await handler(request)

    async def _api(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        args = await _arguments(request)
        token = _token(request, args)
        entry = FakeCall(method=name, arguments=args, at=self._world.now(), token=token)
        self._world.calls.append(entry)
        fault = self._faults.take(name)
        if fault and not fault.after_effect:
            return self._fail(request, entry, fault)
        answer = self._answer(name, args, token, entry)
        if fault:
            _drop(request)
        return answer

    def _fail(self, request: web.Request, entry: FakeCall, fault: Fault) -> web.Response:
        entry.status = fault.status
        if fault.drops:
            _drop(request)
            return web.Response()
        if fault.status == 429:
            return _limited(fault.retry_after or 1)
        if fault.body:
            kind, text = fault.body
            return web.Response(status=fault.status, text=text, content_type=kind)
        if fault.error:
            entry.answer = {"ok": False, "error": fault.error}
            return web.json_response(entry.answer, status=fault.status)
        return web.Response(status=fault.status, text="<html>Something went wrong</html>")

    def _answer(self, name: str, args: Data, token: str, entry: FakeCall) -> web.Response:
        headers = {"x-slack-req-id": self._world.number("req")}
        try:
            method = self._methods.get(name, _UNKNOWN)
            grant = self._authorised(method, token)
            headers["x-oauth-scopes"] = ",".join(sorted(grant.scopes))
            headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
            channel = str(args.get("channel", ""))
            self._limits.count(method.tier, (grant.team_id, name), channel, self._world.now())
            entry.answer = {"ok": True, **method.run(Call(self._world, args, grant))}
        except SlackError as refused:
            entry.answer = {"ok": False, "error": refused.error, **refused.more}
        except LimitedError as limited:
            entry.status, entry.answer = 429, {"ok": False, "error": "ratelimited"}
            return _limited(limited.retry_after)
        return web.json_response(entry.answer, headers=headers)

    def _authorised(self, method: Method, token: str) -> Grant:
        if method.token == "none":
            return Grant(token="", team_id=next(iter(self._world.teams)), scopes=set())
        if not token:
            raise SlackError("not_authed")
        grant = self._world.grants.get(token)
        if grant is None or grant.revoked:
            raise SlackError(grant.revoked if grant else "invalid_auth")
        if method.token not in {"any", grant.kind}:
            raise SlackError("not_allowed_token_type")
        for scope in method.scopes:
            if scope not in grant.scopes:
                provided = ",".join(sorted(grant.scopes))
                raise SlackError("missing_scope", needed=scope, provided=provided)
        return grant

    def _open_connection(self, call: Call) -> Data:
        origin = call.world.origin.replace("http", "ws", 1)
        return {"url": f"{origin}/link/{self._sockets.ticket()}"}

    async def _hook(self, request: web.Request) -> web.Response:
        body = await _json(request)
        entry = FakeCall(method="response_url", arguments=body, at=self._world.now(), token="")
        self._world.calls.append(entry)
        fault = self._faults.take("response_url")
        if fault and not fault.after_effect:
            return self._fail(request, entry, fault)
        hook = self._world.hooks.get(request.match_info["hook"])
        if hook is None:
            raise web.HTTPNotFound
        try:
            self._limits.post(("", "response_url"), hook.channel, self._world.now())
            use_hook(self._world, hook, body)
        except SlackError as refused:
            entry.status = 404 if refused.error in {"expired_url", "used_url"} else 400
            entry.answer = {"ok": False, "error": refused.error, **refused.more}
            return web.json_response(entry.answer, status=entry.status)
        except LimitedError as limited:
            return _limited(limited.retry_after)
        if fault:
            _drop(request)
        return web.json_response({"ok": True})

    async def _upload(self, request: web.Request) -> web.Response:
        file = self._world.files.get(request.match_info["file"])
        fault = self._faults.take("upload")
        if file is None or fault:
            raise web.HTTPBadRequest if fault else web.HTTPNotFound
        content = await request.read()
        if request.content_type == "multipart/form-data":
            form = await request.post()
            [field] = form.values()
            content = field.file.read() if isinstance(field, web.FileField) else str(field).encode()
        if len(content) != file.length:
            return web.Response(status=400, text=f"expected {file.length} bytes")
        file.content = content
        return web.Response(text=f"OK - {len(content)}")

    async def _download(self, request: web.Request) -> web.Response:
        file = self._world.files.get(request.match_info["file"])
        if _token(request, {}) not in self._world.grants:
            raise web.HTTPUnauthorized
        if file is None or file.content is None:
            raise web.HTTPNotFound
        return web.Response(body=file.content)

    async def _authorize(self, request: web.Request) -> web.Response:
        """A person who says yes at once; `team` picks the workspace."""
        asked = request.query
        code = self._world.number("code-")
        self._world.codes[code] = {
            "team_id": asked.get("team") or next(iter(self._world.teams)),
            "scopes": [scope for scope in asked.get("scope", "").split(",") if scope],
            "redirect_uri": asked.get("redirect_uri", ""),
            "user": asked.get("fake_user", "U0001"),
            "is_enterprise_install": asked.get("fake_org_wide") == "1",
            "made_at": self._world.now(),
            "used": False,
        }
        query = urlencode({"code": code, "state": asked.get("state", "")})
        raise web.HTTPFound(f"{asked['redirect_uri']}?{query}")


async def _arguments(request: web.Request) -> Data:
    """What stands in the address, and in a body of any kind."""
    args: Data = dict(request.query)
    if request.content_type == "application/json":
        args |= await _json(request)
    elif request.content_type == "multipart/form-data":
        args |= dict(await request.post())
    else:
        args |= dict(parse_qsl((await request.text()), keep_blank_values=True))
    scheme, _, basic = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        client, _, secret = base64.b64decode(basic).decode().partition(":")
        args |= {"client_id": client, "client_secret": secret}
    return args


async def _json(request: web.Request) -> Any:
    try:
        return json.loads(await request.read() or b"{}")
    except ValueError:
        raise web.HTTPBadRequest(text="invalid_json") from None


def _token(request: web.Request, args: Data) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = args.pop("token", "")
    return token if scheme == "Bearer" else str(given)


def _limited(seconds: int) -> web.Response:
    return web.json_response(
        {"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": str(seconds)}
    )


def _drop(request: web.Request) -> None:
    """Break the connection; whatever is written to it now gets lost."""
    if request.transport is not None:
        request.transport.abort()
