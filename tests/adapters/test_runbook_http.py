"""The steps of runbooks that call an address."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

from bot.domain.runbook import Runbook, Step, StepKind
from tests.adapters.runbook_world import carry_out, ends
from tests.adapters.runner_world import RunnerWorld, runner_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RunnerWorld]:
    with runner_world(tmp_path / "data") as made:
        yield made


@pytest.fixture
def server() -> Iterator["Server"]:
    with Server() as made:
        yield made


class Server:
    """Something to call: answers by path, and remembers what came."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], str]] = []

    def __enter__(self) -> Self:
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer("")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, *_: object) -> None:
                pass

            def _answer(self, body: str) -> None:
                seen.append((self.command, self.path, dict(self.headers), body))
                status = int(self.path.split("/")[1].partition("?")[0] or 200)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://elsewhere.example/")
                self.end_headers()
                if status != 204:
                    self.wfile.write(b'{"size": 12, "token": "s3cret-value"}')

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


def http(url: str, **fields: Any) -> Step:
    return Step(id="call", title="Call", kind=StepKind.HTTP, url=url, **fields)


def test_an_address_is_called(world: RunnerWorld, server: Server, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret-value\n")
    step = http(
        f"{server.url}/200?q=${{name}}",
        method="POST",
        headers={"Authorization": "Bearer ${TOKEN}"},
        body={"who": "${name}", "count": "${count}"},
        save={"size": "json.size", "status": "status"},
    )
    inputs = {"name": "a&b=${TOKEN}", "count": 3}
    ended = carry_out(
        world, Runbook(triage=(step,)), inputs=inputs, secrets={"TOKEN": f"file:{token}"}
    )
    assert ended["status"] == "succeeded"
    method, path, headers, body = server.seen[0]
    assert (method, path) == ("POST", "/200?q=a%26b%3D%24%7BTOKEN%7D")
    assert headers["Authorization"] == "Bearer s3cret-value"
    assert json.loads(body) == {"who": "a&b=${TOKEN}", "count": 3}
    told = ends(world)["call"]
    assert told["variables"] == {"size": "12", "status": "200"}
    assert "••••" in told["output"]
    assert "s3cret" not in json.dumps(world.bot.reports)


@pytest.mark.parametrize(
    ("path", "cause", "said"),
    [
        ("/500", "tool_error", "It was answered with 500"),
        ("/401", "missing_permission", "It was answered with 401"),
        ("/404", "invalid_input", "It was answered with 404"),
        ("/302", "tool_error", "to http://elsewhere.example/; write that address"),
    ],
)
def test_answers_that_are_no_success(
    world: RunnerWorld, server: Server, path: str, cause: str, said: str
) -> None:
    ended = carry_out(world, Runbook(triage=(http(server.url + path),)))
    assert (ended["status"], ended["reason_code"]) == ("failed", cause)
    assert said in ended["reason"]


@pytest.mark.parametrize(
    ("url", "cause", "said"),
    [
        ("http://127.0.0.1:1/", "network", "No connection"),
        ("file:///etc/passwd", "invalid_input", "no http or https address"),
        ("${missing}", "invalid_input", "“missing” has no value"),
    ],
)
def test_addresses_that_cannot_be_called(
    world: RunnerWorld, url: str, cause: str, said: str
) -> None:
    ended = carry_out(world, Runbook(triage=(http(url),)))
    assert (ended["status"], ended["reason_code"]) == ("failed", cause)
    assert said in ended["reason"]
