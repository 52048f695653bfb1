"""The fake GitHub on a port of its own: REST beside real git repositories over HTTP."""

import base64
import hashlib
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from bot.ports.clock import Clock
from tests.fakes.github.rest import Call, Rest, Said
from tests.fakes.github.state import GitHubState


class GitHub:
    """The fake as tests see it."""

    def __init__(self, state: GitHubState, address: str) -> None:
        self.state = state
        self.address = address
        """http://127.0.0.1:PORT: the API, and below it /OWNER/NAME.git"""

    @property
    def host(self) -> str:
        return self.address.partition("://")[2]

    def clone_url(self, name: str) -> str:
        return f"{self.address}/{name}.git"


@contextmanager
def github(folder: Path, clock: Clock) -> Iterator[GitHub]:
    """A running fake with its repositories below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    state, lock = GitHubState(folder, clock), threading.RLock()
    rest = Rest(state)

    class Handler(_Handler):
        world, api, guard = state, rest, lock

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield GitHub(state, f"http://127.0.0.1:{server.server_address[1]}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    world: GitHubState
    api: Rest
    guard: threading.RLock
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = self._body()
        if self.world.outage:
            self._send(Said(503, {"message": "Service Unavailable"}))
        elif ".git/" in self.path:
            self._serve_git(body)
        else:
            self._serve_rest(body)

    do_POST = do_PATCH = do_GET  # noqa: N815  # the library names them

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as above
        """Tests are quiet."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _serve_rest(self, body: bytes) -> None:
        given: Any = json.loads(body) if body else {}
        call = Call.read(self.command, self.path, httpx.Headers([*self.headers.items()]), given)
        with self.guard:
            said = self.api.answer(call)
            self.world.requests.append((call.method, call.path, said.status))
            lost = self.world.lose_answer_of == f"{call.method} {call.path}"
            if lost:
                self.world.lose_answer_of = ""
        if lost:
            self.close_connection = True
            return
        if call.method == "GET" and said.status == 200:
            content = json.dumps(said.data, sort_keys=True).encode()
            etag = f'"{hashlib.sha256(content).hexdigest()}"'
            said.headers["ETag"] = etag
            if self.headers.get("If-None-Match") == etag:
                # A question that is answered with 304 costs nothing.
                self.world.remaining += 1
                said = Said(304, None, said.headers)
        self._send(said)

    def _send(self, said: Said) -> None:
        content = b"" if said.data is None else json.dumps(said.data).encode()
        self.send_response(said.status)
        for name, value in said.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _serve_git(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
        name = path.strip("/").partition(".git/")[0]
        pushes = "git-receive-pack" in self.path
        if not self._opens(name, "write" if pushes else "read"):
            said = Said(401, {"message": "Authentication required"})
            said.headers["WWW-Authenticate"] = 'Basic realm="GitHub"'
            self._send(said)
            return
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.world.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REMOTE_USER": "x-access-token",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            },
            capture_output=True,
            check=True,
        )
        self._relay(done.stdout)

    def _relay(self, answer: bytes) -> None:
        """What a CGI program says, as a response."""
        head, _, content = answer.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for header, value in headers.items():
            self.send_header(header, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _opens(self, name: str, level: str) -> bool:
        scheme, _, pair = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic":
            return False
        user, _, token = base64.b64decode(pair).decode().partition(":")
        grant = self.world.tokens.get(token)
        if grant is None or user != "x-access-token" or name not in grant.repositories:
            return False
        if grant.expires_at and grant.expires_at <= self.world.clock.now():
            return False
        return grant.permissions.get("contents") in {level, "write"}
