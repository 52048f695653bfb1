"""Becomes a job's program: runs as a file of its own, so that the runner never forks with threads.

Arguments: the runner's pid, the descriptor to tell a failure on, the number of cores (0: all),
the folder of a control group (or empty), and then the program's command.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """Replace this process by the program; a failure is written as its errno."""
    runner, failure, cores = (int(word) for word in arguments[:3])
    group, command = arguments[3], arguments[4:]
    os.set_inheritable(failure, False)  # noqa: FBT003 - its only way to say no
    try:
        _tie_to(runner)
        if group:
            with open(os.path.join(group, "cgroup.procs"), "wb") as members:  # noqa: PTH118, PTH123 - pathlib costs 5 ms
                members.write(b"0")
        if cores:
            _stay_on(cores)
        # Python ignores these two, and what is ignored stays so in the program.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        os.execvpe(command[0], command, _given_environment())  # noqa: S606 - the blueprint's own
    except OSError as error:
        os.write(failure, str(error.errno or 0).encode())
    os._exit(127)


def _tie_to(runner: int) -> None:
    """Die with the runner, however it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != runner:
        os._exit(127)


def _given_environment() -> dict[bytes, bytes]:
    """What this process was started with; Python may have added a locale since."""
    with open("/proc/self/environ", "rb") as given:  # noqa: PTH123 - as above
        entries = given.read().split(b"\0")
    return dict(entry.split(b"=", 1) for entry in entries if b"=" in entry)


def _stay_on(cores: int) -> None:
    """Use that many of the allowed cores; which ones differs from job to job."""
    allowed = sorted(os.sched_getaffinity(0))
    first = os.getpid() % len(allowed)
    os.sched_setaffinity(0, (allowed[first:] + allowed[:first])[:cores])


if __name__ == "__main__":
    main(sys.argv[1:])
