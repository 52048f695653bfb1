"""The machine's processes as the kernel tells them (Linux, /proc).

Shared by the runner and the executors of this machine.
"""

import ctypes
import os
import signal
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_ZOMBIE_STATES = frozenset("ZXx")


@dataclass(frozen=True, slots=True)
class Process:
    """One line of the process table."""

    pid: int
    parent: int
    group: int
    terminal: int
    """The terminal it is controlled from, as a device number; 0 for none."""
    state: str
    """One letter, as in ps: R, S, T, Z …"""
    start_time: int
    """Clock ticks since boot; with the pid it names a process for good within one boot."""
    rss_bytes: int

    @property
    def alive(self) -> bool:
        """Whether it still runs; a zombie only waits for its parent."""
        return self.state not in _ZOMBIE_STATES


def read_process(pid: int) -> Process | None:
    """The process with this pid now; None when there is none."""
    try:
        line = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    # The name stands in parentheses and may itself hold spaces and parentheses.
    fields = line[line.rindex(b")") + 2 :].split()
    return Process(
        pid=pid,
        parent=int(fields[1]),
        group=int(fields[2]),
        terminal=int(fields[4]),
        state=fields[0].decode(),
        start_time=int(fields[19]),
        rss_bytes=int(fields[21]) * os.sysconf("SC_PAGE_SIZE"),
    )


def read_processes() -> dict[int, Process]:
    """Every process of the machine by pid; one that comes or goes meanwhile may be missing."""
    found = (read_process(int(name)) for name in os.listdir("/proc") if name.isdecimal())  # noqa: PTH208 - the fast way
    return {process.pid: process for process in found if process is not None}


def descendants(ancestor: int, processes: Mapping[int, Process]) -> list[Process]:
    """All children of a pid, their children and so on; parents before their children."""
    children: dict[int, list[Process]] = defaultdict(list)
    for process in processes.values():
        children[process.parent].append(process)
    found = list(children[ancestor])
    for process in found:
        found.extend(children[process.pid])
    return found


def kill(processes: Iterable[Process], *, spared: int) -> None:
    """SIGKILL to each, and first to its group, which no fork slips through; but not to `spared`.

    `spared` is the group of whoever must survive this.
    """
    for process in processes:
        if process.group > 1 and process.group != spared:
            send_signal(-process.group, signal.SIGKILL)
        send_signal(process.pid, signal.SIGKILL)


def send_signal(pid: int, number: signal.Signals) -> None:
    """Send a signal to a process, or with a negative number to a group; none there is fine."""
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def boot_id() -> str:
    """Names this boot of the machine; pids and start times mean nothing in another one."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


_PR_SET_DUMPABLE = 4


def control(option: int, value: int) -> None:
    """Set something of this process by prctl(2). Raises OSError where the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl failed")


def hide_memory() -> None:
    """Keep other processes of the same user from reading this one's memory and environment."""
    control(_PR_SET_DUMPABLE, 0)
