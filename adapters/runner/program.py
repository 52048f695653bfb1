"""The program of a job: one start of it, its output, its exit code."""

import errno
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from adapters.runner import start
from adapters.runner.claim import Claim
from adapters.runner.control_group import CpuBound
from adapters.runner.output import LogLimit, OutputReader
from adapters.runner.streams.reading import LineReader
from bot.domain.blueprint import Replies
from bot.domain.errors import UserError

_CHUNK = 65_536
_LAST_CHUNKS = 64
"""Reads of what is left in a pipe at the end; more comes only from a process that is not ours."""


class Program:
    """A started program; its output flows into the log while the loop is turned."""

    def __init__(
        self,
        claim: Claim,
        environment: Mapping[str, str],
        *,
        bound: CpuBound,
        limit: LogLimit,
        events: LineReader | None = None,
    ) -> None:
        """Start it. Raises UserError saying what could not be started, and why.

        `events` reads its standard output, where its blueprint says whose events that holds.
        """
        self._claim = claim
        self._process = _spawn(claim, environment, bound)
        claim.descendants.program = self._process
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        out = OutputReader("out", masker=claim.masker, limit=limit, events=events)
        err = OutputReader("err", masker=claim.masker, limit=limit)
        self._streams = (
            _Stream(claim, self._process.stdout.fileno(), out),
            _Stream(claim, self._process.stderr.fileno(), err),
        )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return self._process.poll()

    @property
    def stdin(self) -> int | None:
        """The writing end of its standard input, where its blueprint wants messages there."""
        return None if self._process.stdin is None else self._process.stdin.fileno()

    def close(self) -> None:
        """Log what is left and let go; the program and all it started must have ended."""
        for stream in self._streams:
            stream.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()


class _Stream:
    """Standard output or error."""

    def __init__(self, claim: Claim, descriptor: int, reader: OutputReader) -> None:
        self._claim = claim
        self._descriptor = descriptor
        self._reader = reader
        self._open = True
        os.set_blocking(descriptor, False)
        claim.loop.watch(descriptor, self._read)

    def close(self) -> None:
        """Read what is left."""
        for _ in range(_LAST_CHUNKS):
            if not self._open or not self._read():
                break
        if self._open:
            self._end()

    def _read(self) -> bool:
        """Whether there was anything."""
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return False
        if not data:
            self._end()
            return False
        self._claim.sign_of_life.set()
        self._claim.tell(self._reader.feed(data))
        return True

    def _end(self) -> None:
        self._open = False
        self._claim.loop.forget(self._descriptor)
        self._claim.tell(self._reader.close())


def _spawn(
    claim: Claim, environment: Mapping[str, str], bound: CpuBound
) -> subprocess.Popen[bytes]:
    """Start it by way of `start.py`, which tells a failure on a pipe that a good start closes."""
    told, telling = os.pipe()
    with open(told, encoding="ascii") as failure:  # noqa: PTH123 - it is open already
        try:
            process = _popen(claim, environment, bound, telling)
        except (OSError, ValueError) as error:
            raise UserError(
                f"The program could not be started: {error}. "
                "Look at the blueprint's command and env, and at the inputs."
            ) from None
        finally:
            os.close(telling)
        number = failure.read()
    if number:
        process.communicate()
        raise UserError(_explain(int(number), claim, environment))
    return process


def _popen(
    claim: Claim, environment: Mapping[str, str], bound: CpuBound, telling: int
) -> subprocess.Popen[bytes]:
    piped = claim.assignment.replies is Replies.STDIN
    words = (os.getpid(), telling, bound.cores, bound.group or "")
    return subprocess.Popen(  # noqa: S603 - the blueprint's own command, without a shell
        [
            *(sys.executable, "-I", "-S", start.__file__, *map(str, words)),
            *claim.assignment.command,
        ],
        cwd=claim.folder.workspace,
        env=dict(environment),
        stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(telling,),
        start_new_session=True,
        bufsize=0,
    )


def _explain(number: int, claim: Claim, environment: Mapping[str, str]) -> str:
    command = claim.assignment.command[0]
    interpreter = _interpreter(command, claim.folder.workspace, environment["PATH"])
    why = os.strerror(number)
    if number == errno.ENOENT and interpreter:
        why = f"its first line asks for {interpreter}, which is not there"
    elif number == errno.ENOENT:
        why = "there is no such command"
    return (
        f"“{command}” could not be started on the machine that runs the job: {why}. "
        "Install it there, or correct the blueprint's command."
    )


def _interpreter(command: str, workspace: Path, path: str) -> str:
    """What a script's first line asks for; empty when there is no such script."""
    folders = [str(workspace)] if "/" in command else path.split(":")
    for folder in folders:
        try:
            with (Path(folder) / command).open("rb") as file:
                line = file.readline(256)
        except OSError:
            continue
        return line[2:].decode("utf-8", "replace").strip() if line.startswith(b"#!") else ""
    return ""
