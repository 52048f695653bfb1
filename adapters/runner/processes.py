"""Every process of a job: found wherever it hides, measured, ended, reaped."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapters.proc import (
    Process,
    control,
    descendants,
    hide_memory,
    kill,
    read_processes,
    send_signal,
)
from adapters.runner.pauses import Pauses

_PR_SET_CHILD_SUBREAPER = 36
_MIB = 1 << 20


def become_guardian() -> None:
    """Become the parent of every orphan below this process, and closed to other processes' eyes.

    From now on a process that leaves its session or loses its parent stays a descendant.
    Raises OSError where the kernel refuses.
    """
    control(_PR_SET_CHILD_SUBREAPER, 1)
    hide_memory()


class Descendants:
    """All that this process has started, directly or through others.

    Commands of a background thread are descendants too, but that thread waits for them:
    while the children are on loan, the dead are left alone.
    """

    def __init__(self) -> None:
        self.program: subprocess.Popen[bytes] | None = None
        """The one whose exit code matters; the others are reaped without a look."""
        self._lock = threading.Lock()
        self._loans = 0

    @contextmanager
    def on_loan(self) -> Iterator[None]:
        """While another thread starts children and waits for them itself."""
        with self._lock:
            self._loans += 1
        try:
            yield
        finally:
            with self._lock:
                self._loans -= 1

    def any(self) -> bool:
        """Whether there is any descendant at all; exact, because orphans become children."""
        self.reap()
        try:
            _next_dead()
        except ChildProcessError:
            return False
        return True

    def alive(self) -> list[Process]:
        """Those that run now; one that is just being started may be missing."""
        return [process for process in descendants(os.getpid(), read_processes()) if process.alive]

    def reap(self) -> None:
        """Take leave of the dead."""
        with self._lock, suppress(ChildProcessError):
            while not self._loans and (pid := _next_dead()):
                if self.program is not None and pid == self.program.pid:
                    self.program.poll()
                else:
                    os.waitpid(pid, 0)

    def ask_to_end(self) -> None:
        """SIGTERM to all of them, also to stopped ones."""
        for process in self.alive():
            send_signal(process.pid, signal.SIGTERM)
            send_signal(process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL until none is left, also of what is started meanwhile."""
        pauses = Pauses(first=0.002, longest=0.5)
        while self.any():
            kill(self.alive(), spared=os.getpgrp())
            pauses.pause()

    def memory_mb(self, limit: int) -> int:
        """What all of them use, in MiB; measured closely only when it seems to pass `limit`."""
        alive = self.alive()
        rough = sum(process.rss_bytes for process in alive) // _MIB
        return rough if rough <= limit else sum(map(_own_bytes, alive)) // _MIB


def _next_dead() -> int | None:
    """The pid of a child to be reaped; ChildProcessError when there are no children at all."""
    dead = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return dead.si_pid if dead else None


def _own_bytes(process: Process) -> int:
    """Its memory with shared pages divided among their users, where the kernel tells."""
    try:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_bytes()
    except OSError:
        return process.rss_bytes
    line = next((line for line in rollup.splitlines() if line.startswith(b"Pss:")), b"")
    return int(line.split()[1]) * 1024 if line else 0
