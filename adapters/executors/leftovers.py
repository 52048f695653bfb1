"""Finds and kills what a job has left on this machine, even when its runner is dead."""

import os
import time
from collections.abc import Callable
from pathlib import Path

from adapters.proc import Process, kill, read_processes
from bot.domain.errors import UnavailableError

_TIMEOUT = 10.0
"""Seconds until processes count as unkillable."""
_PAUSE = 0.01


def leftovers(folder: Path) -> list[Process]:
    """What belongs to the folder's job: by its environment, or because it works in there."""
    mark = os.fsencode(f"\0SIGNALBOX_SOCKET={folder}/socket\0")
    return [
        process
        for process in read_processes().values()
        if process.pid != os.getpid() and (_has(process, mark) or _works_in(process, folder))
    ]


def kill_until_none(find: Callable[[], list[Process]], *, spared: int) -> None:
    """Kill what `find` finds, but not the group `spared`, until it finds nothing alive.

    Raises UnavailableError naming those that would not die.
    """
    give_up_at = time.monotonic() + _TIMEOUT
    while left := [process for process in find() if process.alive]:
        if time.monotonic() > give_up_at:
            pids = ", ".join(str(process.pid) for process in left[:5])
            raise UnavailableError(f"Processes that cannot be killed are left: {pids}.")
        kill(left, spared=spared)
        time.sleep(_PAUSE)


def _has(process: Process, mark: bytes) -> bool:
    try:
        return mark in b"\0" + Path(f"/proc/{process.pid}/environ").read_bytes()
    except OSError:
        return False


def _works_in(process: Process, folder: Path) -> bool:
    """Whether it is at work there; a person who looks around in a terminal is not."""
    try:
        place = Path(f"/proc/{process.pid}/cwd").readlink()
    except OSError:
        return False
    return process.terminal == 0 and place.is_relative_to(folder)
