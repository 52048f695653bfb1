"""Messages of people on their way to the program, as its blueprint wants them."""

import array
import fcntl
import json
import os
import termios
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from bot.domain.codec import JSON

Consumed = Callable[[int], None]
"""Takes the order whose message has reached the program."""


def reply_line(data: Mapping[str, JSON]) -> bytes:
    """A message as the program reads it."""
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


class FileReplies:
    """Appended to a file; they count as consumed when they are in it."""

    def __init__(self, path: Path, consumed: Consumed) -> None:
        self._path = path
        self._consumed = consumed
        path.touch(0o600)

    def add(self, order: int, line: bytes) -> None:
        """Append a message."""
        with self._path.open("ab") as file:
            file.write(line)
        self._consumed(order)


class StdinReplies:
    """Written to the program's standard input; they count as consumed when it has read them.

    What one start of the program has not read, the next one gets.
    """

    def __init__(self, consumed: Consumed) -> None:
        self._consumed = consumed
        self._unread: deque[tuple[int, bytes]] = deque()
        self._pipe: int | None = None
        self._unsent = b""
        self._sent = 0
        """Bytes written to the pipe since it was attached, less those of consumed messages."""

    def attach(self, pipe: int) -> None:
        """The program has been started with the reading end of this pipe."""
        os.set_blocking(pipe, False)
        self._pipe, self._sent = pipe, 0
        self._unsent = b"".join(line for _order, line in self._unread)

    def detach(self) -> None:
        """The program has ended."""
        self._pipe = None

    def add(self, order: int, line: bytes) -> None:
        """Queue a message."""
        self._unread.append((order, line))
        self._unsent += line
        self.pump()

    def pump(self) -> None:
        """Write what fits, and see how far the program has read."""
        if self._pipe is None or not self._unread:
            return
        try:
            written = os.write(self._pipe, self._unsent) if self._unsent else 0
        except BlockingIOError:
            written = 0
        except BrokenPipeError:
            self.detach()
            return
        self._unsent = self._unsent[written:]
        self._sent += written
        self._take_leave(self._sent - _unread_bytes(self._pipe))

    def _take_leave(self, read: int) -> None:
        while self._unread and len(self._unread[0][1]) <= read:
            order, line = self._unread.popleft()
            read -= len(line)
            self._sent -= len(line)
            self._consumed(order)


def _unread_bytes(pipe: int) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]
