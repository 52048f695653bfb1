"""Serves the HTTP application and tells the data folder where."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapters.web.private_file import write_private
from bot.domain.errors import UserError

ADDRESS_FILE = "address"
_GRACE = 1
"""Seconds that calls in progress have to end once the server stops."""
_LONGEST_HEAD = 64 * 1024
"""Bytes of headers or trailers after which nobody listens any longer."""


@asynccontextmanager
async def serve(
    app: FastAPI, data: Path, *, host: str, port: int, closing: asyncio.Event
) -> AsyncIterator[str]:
    """Serve while the block runs; gives the address, which `data/address` holds too.

    Port 0 takes a free one. On leaving, `closing` is set, so that held calls are answered,
    and the server is gone within two seconds. Raises UserError when it cannot listen there.
    """
    listener = _listen(host, port)
    address = _address(listener)
    server = _Server(
        uvicorn.Config(
            app,
            access_log=False,
            http=_Protocol,
            lifespan="off",
            log_config=None,
            log_level="warning",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
            ws="none",
        )
    )
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve([listener]))
        try:
            await server.listening.wait()
            write_private(data / ADDRESS_FILE, address + "\n")
            yield address
        finally:
            closing.set()
            server.should_exit = True
            await serving


class _Protocol(HttpToolsProtocol):
    """Uvicorn's faster reader of HTTP, which itself would keep headers of any length."""

    _unheard = 0
    """Bytes since the last that were part of a body or the end of a request."""

    def data_received(self, data: bytes) -> None:
        """Take in what arrived."""
        self._unheard += len(data)
        super().data_received(data)
        if self._unheard > _LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")

    def on_body(self, body: bytes) -> None:
        """Take in a part of a body."""
        self._unheard = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request."""
        self._unheard = 0
        super().on_message_complete()


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handling: the process has one owner of signals."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UserError(
            f"Cannot listen on {host} port {port}: {error.strerror or error}. "
            "Another bot may be running; stop it, or choose another port."
        ) from error
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared only
    return f"http://[{near}]:{port}" if ":" in near else f"http://{near}:{port}"
