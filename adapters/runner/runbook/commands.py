"""Steps that start a command: scripts and agents."""

import codecs
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO

from adapters.runner.masking import MaskedStream
from adapters.runner.runbook.tried import Tried, read_json
from bot.domain.failure import Cause, classify_exit, telling_line
from bot.domain.runbook import Produced

_LARGEST_OUTPUT = 1 << 20
"""Characters of an output that variables can be taken from."""
_GRACE = 2.0
"""Seconds between the polite end of a step that takes too long and its kill."""
_LAST_WORDS = 0.3
"""Seconds that a pipe may stay silent after its command has ended: a child may hold it open."""


def run_command(
    words: Sequence[str],
    environment: Mapping[str, str],
    *,
    seconds: float,
    mask: Callable[[], MaskedStream],
) -> Tried:
    """Run a command to its end; what it prints goes to the log as it comes, masked."""
    try:
        process = subprocess.Popen(  # noqa: S603 - the blueprint's own
            list(words),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        cause = Cause.MISSING_PERMISSION if isinstance(error, PermissionError) else Cause.TOOL_ERROR
        return Tried(cause=cause, message=f"{words[0]} could not be started: {error}")
    with process:
        capture = _Capture(process, mask)
        in_time = capture.follow(time.monotonic() + seconds)
        if not in_time:
            _end(process)
        produced = capture.produced()
    if not in_time:
        message = f"It took longer than {seconds:g} seconds and was ended"
        return Tried(produced=produced, cause=Cause.TIMEOUT, message=message)
    return _judge(produced)


def _judge(produced: Produced) -> Tried:
    code = produced.exit_code or 0
    if code == 0:
        return Tried(produced=produced)
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    line = telling_line(produced.said)
    message = f"It {how}" + (f": {line}" if line else "")
    return Tried(produced=produced, cause=classify_exit(code, produced.said), message=message)


def _end(process: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
            return


class _Stream:
    """One output of a process: goes to the log, and is kept."""

    def __init__(self, pipe: IO[bytes], mask: MaskedStream, shared: list[str]) -> None:
        """`shared` takes what all streams give, in the order in which it came."""
        self.pipe = pipe
        self.kept: list[str] = []
        self._shared = shared
        self._mask = mask
        self._text = codecs.getincrementaldecoder("utf-8")("replace")
        self._room = _LARGEST_OUTPUT

    def read(self) -> bool:
        """Take what is there; False at its end."""
        data = os.read(self.pipe.fileno(), 65_536)
        self._take(data)
        return bool(data)

    def close(self) -> None:
        """Say what was held back, because it could have been the beginning of a secret."""
        self._take(b"", final=True)
        rest = self._mask.flush()
        unfinished = bool(self.kept) and not self.kept[-1].endswith("\n")
        sys.stdout.write(rest + ("\n" if unfinished else ""))
        sys.stdout.flush()

    def _take(self, data: bytes, *, final: bool = False) -> None:
        text = self._text.decode(data, final=final)
        sys.stdout.write(self._mask.feed(text))
        sys.stdout.flush()
        if text and self._room:
            self.kept.append(text[: self._room])
            self._shared.append(self.kept[-1])
            self._room -= len(self.kept[-1])


class _Capture:
    """Hands on what a process prints, and keeps it."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", mask: Callable[[], MaskedStream]
    ) -> None:
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._said: list[str] = []
        self._out = _Stream(process.stdout, mask(), self._said)
        self._err = _Stream(process.stderr, mask(), self._said)

    def follow(self, deadline: float) -> bool:
        """Read until the process has ended; False when the deadline came first."""
        with selectors.DefaultSelector() as selector:
            for stream in (self._out, self._err):
                selector.register(stream.pipe, selectors.EVENT_READ, stream)
            while selector.get_map():
                ended = self._process.poll() is not None
                left = deadline - time.monotonic()
                if left <= 0 and not ended:
                    return False
                ready = selector.select(_LAST_WORDS if ended else min(left, _LAST_WORDS))
                for key, _ in ready:
                    if not key.data.read():
                        selector.unregister(key.fileobj)
                if ended and not ready:
                    return True
        return self._wait(deadline)

    def produced(self) -> Produced:
        """What it gave, once it has ended; variables come from its standard output alone."""
        self._out.close()
        self._err.close()
        output = "".join(self._out.kept)
        return Produced(
            output=output,
            said="".join(self._said),
            exit_code=self._process.poll(),
            json=read_json(output),
        )

    def _wait(self, deadline: float) -> bool:
        """It has closed its outputs: wait for its end."""
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        return True
