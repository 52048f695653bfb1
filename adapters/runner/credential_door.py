"""Hands git what it signs in with: when git asks, to git alone, and from memory to memory.

Git starts a helper of ours (`credential_helper.py`), which asks here over a socket. The kernel
says who asks: only a descendant of that very git process is answered. So the password stands in
no file, no environment and no list of arguments; the runner itself is closed to other eyes.
"""

import os
import secrets
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from adapters.proc import read_process
from bot.domain.errors import UserError

_PEER = struct.Struct("3i")
_PATIENCE = 10.0
"""Seconds for the helper to say what it wants."""
_LONGEST = 4_096
_DEEPEST = 20
"""Processes between git and its helper: git-remote-https and a shell, as a rule."""


@dataclass(frozen=True)
class Login:
    """A user and a password; never shown."""

    user: str = field(repr=False)
    password: str = field(repr=False)


Supply = Callable[[], Login | None]
"""Asked only when a server wants it. Raises UserError, whose text says why there is none."""


class CredentialDoor:
    """Open while one git command runs."""

    def __init__(self, supply: Supply, *, scheme: str, host: str) -> None:
        """For one server: `host` has its port, where that is in the address."""
        self.problem = ""
        """Why nothing was handed out, where something was asked for."""
        self._supply = supply
        self._wanted = {b"protocol=" + scheme.encode(), b"host=" + host.encode()}
        self._name = f"signalbox-{secrets.token_hex(16)}"
        self._git: int | None = None
        self._known = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    @property
    def name(self) -> str:
        """What the helper is told; worth nothing to anybody else."""
        return self._name

    def __enter__(self) -> Self:
        self._listener.bind(f"\0{self._name}")
        self._listener.listen(4)
        threading.Thread(target=self._serve, name="credentials", daemon=True).start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._known.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def admit(self, git: int) -> None:
        """Answer the descendants of this process."""
        self._git = git
        self._known.set()

    def _serve(self) -> None:
        while True:
            try:
                visitor, _ = self._listener.accept()
            except OSError:
                return
            with visitor, suppress(OSError):
                visitor.settimeout(_PATIENCE)
                if self._is_gits(visitor):
                    self._answer(visitor)

    def _is_gits(self, visitor: socket.socket) -> bool:
        """Whether our git process has started the visitor, as the kernel tells it."""
        self._known.wait()
        credentials = visitor.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
        pid, user, _group = _PEER.unpack(credentials)
        if user != os.geteuid() or self._git is None:
            return False
        for _ in range(_DEEPEST):
            process = read_process(pid)
            if process is None or process.parent <= 1:
                return False
            if process.parent == self._git:
                return True
            pid = process.parent
        return False

    def _answer(self, visitor: socket.socket) -> None:
        asked = b""
        while piece := visitor.recv(_LONGEST):
            asked += piece
            if len(asked) > _LONGEST:
                return
        if not self._wanted <= set(asked.split(b"\n")):
            return
        try:
            login = self._supply()
        except UserError as error:
            self.problem = error.text
            return
        if login is not None:
            visitor.sendall(f"username={login.user}\npassword={login.password}\n".encode())
