"""The socket that `signalbox report` speaks to: a JSON request on a line, a JSON answer on a line.

A request is `{"call": "gate", …}`; an answer is `{"exit": 0, "answer": {…}}`: what the client
exits with and prints.
"""

import json
import os
import socket
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from adapters.proc import descendants, read_processes
from adapters.runner.loop import Loop
from adapters.runner.socket_path import short_path
from bot.domain.codec import JSON
from bot.domain.errors import UserError

_LONGEST_REQUEST = 4 << 20
"""Bytes; the largest allowed plan fits."""
_MOST_VISITORS = 100
"""At the same time; each may cost a descriptor and a whole request in memory."""
_CREDENTIALS = struct.Struct("3i")
_ANSWER_TIMEOUT = 1.0
"""Seconds for a client to make room for its answer."""


class Visitor:
    """One connection of a `signalbox report`, which asks once and is answered once."""

    def __init__(self, connection: socket.socket, loop: Loop) -> None:
        self.gone = False
        """Whether nobody waits here any more: it has left, or was answered."""
        self._connection = connection
        self._loop = loop
        self._received = bytearray()

    def fileno(self) -> int:
        """The connection's descriptor."""
        return self._connection.fileno()

    def read(self) -> dict[str, JSON] | None:
        """The request, once it is there as a whole. Raises UserError when it is none."""
        try:
            data = self._connection.recv(65_536)
        except OSError:
            data = b""
        if not data:
            self.leave()
            return None
        self._received += data
        if not self._received.endswith(b"\n"):
            if len(self._received) > _LONGEST_REQUEST:
                raise UserError("The request is too long; a plan may have 4 MiB.")
            return None
        try:
            request = json.loads(self._received)
        except ValueError as error:
            raise UserError(f"The request is not JSON: {error}.") from None
        if not isinstance(request, dict):
            raise UserError("The request must be a JSON object.")
        return request

    def answer(self, exit_code: int, data: Mapping[str, JSON]) -> None:
        """Say what came of it; nobody there is no error."""
        if self.gone:
            return
        line = json.dumps({"exit": exit_code, "answer": data}) + "\n"
        with suppress(OSError):
            self._connection.settimeout(_ANSWER_TIMEOUT)
            self._connection.sendall(line.encode())
        self.leave()

    def leave(self) -> None:
        """The conversation is over."""
        if not self.gone:
            self.gone = True
            self._loop.forget(self._connection)
            self._connection.close()


class ReportSocket:
    """Takes the calls of this job's processes, and of nobody else."""

    def __init__(
        self, path: Path, loop: Loop, handle: Callable[[Mapping[str, JSON], Visitor], None]
    ) -> None:
        """`handle` may raise UserError, which is answered with exit code 2."""
        self._loop = loop
        self._handle = handle
        self._visitors: set[Visitor] = set()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        path.unlink(missing_ok=True)
        with short_path(str(path)) as address:
            self._listener.bind(address)
        path.chmod(0o600)
        self._listener.listen(128)
        loop.watch(self._listener, self._welcome)

    def answer_all(self, exit_code: int, data: Mapping[str, JSON]) -> None:
        """Let everybody go who still waits for an answer."""
        for visitor in self._visitors:
            visitor.answer(exit_code, data)

    def _welcome(self) -> None:
        try:
            connection, _address = self._listener.accept()
        except OSError:
            return
        self._visitors = {visitor for visitor in self._visitors if not visitor.gone}
        if len(self._visitors) >= _MOST_VISITORS or not _belongs_here(connection):
            connection.close()
            return
        connection.setblocking(False)  # noqa: FBT003 - its only way to say no
        visitor = Visitor(connection, self._loop)
        self._visitors.add(visitor)
        self._loop.watch(connection, lambda: self._listen_to(visitor))

    def _listen_to(self, visitor: Visitor) -> None:
        try:
            request = visitor.read()
            if request is None:
                return
            self._handle(request, visitor)
        except UserError as error:
            visitor.answer(2, {"error": error.text})


def _belongs_here(connection: socket.socket) -> bool:
    """Whether the peer has our user or was started by us."""
    packed = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, user, _group = _CREDENTIALS.unpack(packed)
    if user == os.getuid():
        return True
    return any(process.pid == pid for process in descendants(os.getpid(), read_processes()))
