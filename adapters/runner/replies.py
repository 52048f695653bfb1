"""Messages of people on their way to the program, as its blueprint wants them."""

import array
import fcntl
import json
import os
import termios
from collections import deque
from collections.abc import Mapping

from adapters.runner.claim import Claim
from bot.domain.blueprint import Replies
from bot.domain.codec import JSON


class ReplyChannel:
    """Takes messages; this one has nowhere to put them, because the program wants none."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim

    def add(self, order: int, message: Mapping[str, JSON]) -> None:
        """A message has come, by this order."""
        text = "A message for the program had no effect: its blueprint takes no replies."
        self._claim.note(f"{text} It was from {message['by']}.")
        self._claim.consumed(order)

    def attach(self, pipe: int | None) -> None:
        """The program has been started; `pipe` writes to its standard input, if that is wanted."""

    def detach(self) -> None:
        """The program has ended."""

    def pump(self) -> None:
        """Deliver what could not be delivered at once."""


class FileReplies(ReplyChannel):
    """Appended to a file; they count as consumed when they are in it."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(claim)
        claim.folder.replies.touch(0o600)

    def add(self, order: int, message: Mapping[str, JSON]) -> None:
        """Append a message."""
        with self._claim.folder.replies.open("ab") as file:
            file.write(_line(message))
        self._claim.consumed(order)


class StdinReplies(ReplyChannel):
    """Written to the program's standard input; they count as consumed when it has read them.

    What one start of the program has not read, the next one gets.
    """

    def __init__(self, claim: Claim) -> None:
        super().__init__(claim)
        self._unread: deque[tuple[int, bytes]] = deque()
        self._pipe: int | None = None
        self._unsent = b""
        self._sent = 0
        """Bytes written to the pipe since it was attached, less those of consumed messages."""

    def attach(self, pipe: int | None) -> None:
        """Begin with what is still unread."""
        assert pipe is not None
        os.set_blocking(pipe, False)
        self._pipe, self._sent = pipe, 0
        self._unsent = b"".join(line for _order, line in self._unread)

    def detach(self) -> None:
        """Look a last time how far it has read."""
        self.pump()
        self._pipe = None

    def add(self, order: int, message: Mapping[str, JSON]) -> None:
        """Queue a message."""
        line = _line(message)
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
            written, self._unsent = 0, b""
        self._unsent = self._unsent[written:]
        self._sent += written
        self._take_leave(self._sent - _unread_bytes(self._pipe))

    def _take_leave(self, read: int) -> None:
        while self._unread and len(self._unread[0][1]) <= read:
            order, line = self._unread.popleft()
            read -= len(line)
            self._sent -= len(line)
            self._claim.consumed(order)


def _unread_bytes(pipe: int) -> int:
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


def open_replies(claim: Claim) -> ReplyChannel:
    """The channel that the blueprint asks for."""
    kinds = {Replies.STDIN: StdinReplies, Replies.FILE: FileReplies}
    return kinds.get(claim.assignment.replies, ReplyChannel)(claim)


def _line(message: Mapping[str, JSON]) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
