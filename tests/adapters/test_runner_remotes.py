"""Addresses of repositories, and the passwords within them."""

import base64
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from adapters.runner.git import read_remote
from adapters.runner.workspace import WorkspaceError, prepare, push, snapshot
from tests.adapters.git_repositories import BRANCH, commit, heads


@pytest.mark.parametrize(
    ("repository", "address"),
    [
        ("/srv/git/a repo.git", "/srv/git/a repo.git"),
        ("file:///srv/repo.git", "file:///srv/repo.git"),
        ("https://example.org/a.git", "https://example.org/a.git"),
        ("https://u:p%40ss@example.org:8443/a.git", "https://example.org:8443/a.git"),
        ("https://token@example.org/a.git", "https://example.org/a.git"),
        ("ssh://git@example.org:2222/a.git", "ssh://git@example.org:2222/a.git"),
        ("ssh://git:pw@example.org/a.git", "ssh://git@example.org/a.git"),
        ("git@example.org:team/a.git", "git@example.org:team/a.git"),
        ("git://[::1]/a.git", "git://[::1]/a.git"),
    ],
)
def test_an_address_is_read_without_its_password(repository: str, address: str) -> None:
    assert read_remote(repository).address == address
    assert not re.search("p%40ss|p@ss|token|pw", repr(read_remote(repository)))


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "-oProxyCommand=x",
        "--upload-pack=x",
        "ext::sh -c id",
        "fd::3",
        "ext://x/y",
        "relative/path",
        "../up",
        "https://",
        "https:///x",
        "https://-oProxyCommand=x/y",
        "ssh://-oProxyCommand=x/y",
        "ssh://user@-host/y",
        "-host:path",
        "git@-host:path",
        "host:-path",
        "https://example.org/a\nb",
        "/srv/a\x00b",
        "https://u:hunter22/x@example.org/a",
        "https://u:hunter22@exa mple.org/a",
        "https://u:hunter22 x@exa mple.org/a",
        "https://u:hunter22\n@example.org/a",
        "ftp://u:hunter22@example.org/a",
    ],
)
def test_what_is_no_address_is_refused(repository: str) -> None:
    with pytest.raises(WorkspaceError, match="cannot be used") as raised:
        read_remote(repository)
    assert "hunter22" not in raised.value.text
    assert raised.value.text.isprintable()


class GitServer(ThreadingHTTPServer):
    """Serves a repository over HTTP, behind a password; `seen` is what it was given."""

    def __init__(self, repository: Path) -> None:
        super().__init__(("127.0.0.1", 0), GitOverHttp)
        self.repository = repository
        self.seen: list[str] = []

    @contextmanager
    def running(self) -> Iterator[str]:
        """Yields host and port."""
        with self:
            thread = threading.Thread(target=self.serve_forever)
            thread.start()
            try:
                yield f"127.0.0.1:{self.server_port}"
            finally:
                self.shutdown()
                thread.join()


class GitOverHttp(BaseHTTPRequestHandler):
    """Git's own server program."""

    def do_GET(self) -> None:
        assert isinstance(self.server, GitServer)
        self.server.seen.append(self.headers.get("Authorization", ""))
        if not self.server.seen[-1]:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        size = int(self.headers.get("Content-Length", 0))
        answer = subprocess.run(
            ["git", "http-backend"],
            input=self.rfile.read(size),
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.server.repository),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REMOTE_USER": "ana",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(size),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            },
            capture_output=True,
            check=True,
        ).stdout
        self.wfile.write(b"HTTP/1.0 200 OK\r\n" + answer)

    do_POST = do_GET  # noqa: N815  # the library names it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library names it
        """Tests are quiet."""


def test_a_password_goes_to_the_server_and_nowhere_else(origin: Path, folder: Path) -> None:
    server = GitServer(origin)
    with server.running() as host:
        repository = f"http://ana:hunter%2022@{host}/"
        base = prepare(folder, repository, BRANCH)
        head = commit(folder / "workspace", code="x")
        push(folder, snapshot(folder, base).commit, repository=repository, branch=BRANCH)
        login = f"Basic {base64.b64encode(b'ana:hunter 22').decode()}"
        assert set(server.seen) == {"", login}
        with pytest.raises(WorkspaceError, match="could not read Username"):
            push(folder, head, repository=f"http://{host}/", branch=BRANCH)
    assert heads(origin) == {"main": base, BRANCH: head}
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"hunter" not in written
