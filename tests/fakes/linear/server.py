"""The stand-in for Linear: its API over HTTP on this machine, and its webhooks."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aiohttp import web
from graphql import GraphQLError

from tests.fakes.clock import FakeClock
from tests.fakes.linear.api import Api
from tests.fakes.linear.buckets import Buckets
from tests.fakes.linear.hooks import Hooks
from tests.fakes.linear.people import People
from tests.fakes.linear.schema import complexity, read_document, run
from tests.fakes.linear.tokens import Token, Tokens
from tests.fakes.linear.world import World

MOST_POINTS = 10_000


@dataclass
class Call:
    """A call that was executed."""

    operation: str
    variables: Mapping[str, Any]
    at: float = field(default_factory=time.perf_counter)
    """When, in seconds of this process."""


@dataclass
class Faults:
    """What is to go wrong."""

    down: bool = False
    """No connection is answered with anything but 503."""
    statuses: list[int] = field(default_factory=list)
    """Statuses of the next answers, without JSON."""
    partial: list[str] = field(default_factory=list)
    """Messages of errors that the next answers carry beside their data."""
    lost: int = 0
    """So many next calls are executed, but their answer is lost."""
    slow: timedelta = timedelta()
    """So much time passes on the clock at every call but the creation of an activity."""


class FakeLinear:
    """One organization with our app installed."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.world = World(clock)
        self.hooks = Hooks(clock, self.world.organization)
        self.tokens = Tokens(clock, self.world.client_id)
        self.buckets = Buckets(clock)
        self.faults = Faults()
        self.api = Api(self.world, self.hooks)
        self.people = People(self.world, self.api)
        self.calls: list[Call] = []
        self.url = ""
        self.lesser = False
        """Whether it knows less than Linear, as other stand-ins do."""

    def called(self, operation: str) -> list[Call]:
        """The calls of one operation, in order."""
        return [call for call in self.calls if call.operation == operation]

    async def graphql(self, request: web.Request) -> web.Response:
        """POST /graphql."""
        if (broken := self._broken()) is not None:
            return broken
        token = self.tokens.find(request.headers.get("Authorization", ""))
        if token is None:
            return _errors(401, _authentication())
        body = await request.json()
        answer = self._answer(token, body)
        if self.faults.lost and answer.status == 200:
            self.faults.lost -= 1
            return web.Response(status=502, text="bad gateway")
        return answer

    async def token(self, request: web.Request) -> web.Response:
        """POST /oauth/token."""
        if (broken := self._broken()) is not None:
            return broken
        form = await request.post()
        status, body = self.tokens.grant({name: str(value) for name, value in form.items()})
        return web.json_response(body, status=status)

    async def authorize(self, request: web.Request) -> web.Response:
        """GET /oauth/authorize, with the admin's answer to it."""
        status, told = self.tokens.authorize(request.query)
        headers = {"Location": told} if status == 302 else {}
        return web.Response(status=status, headers=headers, text=told)

    async def revoke(self, request: web.Request) -> web.Response:
        """POST /oauth/revoke."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        return web.Response(
            status=self.tokens.revoke(request.headers.get("Authorization", ""), form)
        )

    def _broken(self) -> web.Response | None:
        if self.faults.down:
            return web.Response(status=503, text="unavailable")
        if self.faults.statuses:
            return web.Response(status=self.faults.statuses.pop(0), text="<html>oops</html>")
        return None

    def _answer(self, token: Token, body: Any) -> web.Response:
        client = token.client
        try:
            document, wrong = read_document(body["query"], lesser=self.lesser)
        except GraphQLError as error:
            return _errors(400, _graphql(error))
        if wrong and self.lesser:
            return _errors(400, *(error.formatted for error in wrong))
        if wrong:
            return _errors(400, *map(_graphql, wrong))
        variables = body.get("variables") or {}
        points = 1 if self.lesser else complexity(document, variables)
        if points > MOST_POINTS:
            return _errors(400, _graphql(GraphQLError("Query too complex")))
        headers = self.buckets.spend(client, points)
        if headers is None:
            return _limited(self.buckets.headers(client, points))
        name = document.definitions[0].name.value  # type: ignore[attr-defined]  # ours are named operations
        self.calls.append(Call(operation=name, variables=variables))
        if name != "CreateActivity":
            self.clock.advance(self.faults.slow)
        result = run(document, variables, self.api.resolvers(token), lesser=self.lesser)
        content: dict[str, Any] = {"data": result.data}
        errors = [error.formatted for error in result.errors or ()]
        if self.faults.partial:
            errors.append({"message": self.faults.partial.pop(0), "path": ["elsewhere"]})
        if errors:
            content["errors"] = errors
        return web.json_response(json.loads(json.dumps(content)), headers=headers)


def _graphql(error: GraphQLError) -> Mapping[str, Any]:
    extensions = {"type": "graphql error", "code": "GRAPHQL_VALIDATION_FAILED", "userError": True}
    return {**error.formatted, "extensions": extensions}


def _authentication() -> Mapping[str, Any]:
    return {
        "message": "Authentication required, not authenticated",
        "extensions": {"type": "authentication error", "code": "AUTHENTICATION_ERROR"},
    }


def _limited(headers: Mapping[str, str]) -> web.Response:
    error = {
        "message": "Rate limit exceeded",
        "extensions": {"type": "ratelimited", "code": "RATELIMITED"},
    }
    return _errors(400, error, headers=headers)


def _errors(
    status: int, *errors: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> web.Response:
    return web.json_response({"errors": list(errors)}, status=status, headers=headers)


@asynccontextmanager
async def fake_linear(clock: FakeClock) -> AsyncIterator[FakeLinear]:
    """A stand-in that listens on a port of its own while the block runs."""
    linear = FakeLinear(clock)
    app = web.Application()
    app.router.add_post("/graphql", linear.graphql)
    app.router.add_get("/oauth/authorize", linear.authorize)
    app.router.add_post("/oauth/token", linear.token)
    app.router.add_post("/oauth/revoke", linear.revoke)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        linear.url = f"http://127.0.0.1:{port}"
        yield linear
    finally:
        await linear.hooks.close()
        await runner.cleanup()
