"""A bound on cores: a control group where one is delegated to us, else a set of cores."""

import math
import os
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

_PERIOD = 100_000
"""Microseconds over which the kernel measures a group's share."""

_DELEGATION_MARKS = ("user.delegate", "trusted.delegate")
"""What systemd writes on a group that it has handed over."""


@dataclass(frozen=True, kw_only=True)
class CpuBound:
    """How a program is kept to its cores; neither field set means that it is not."""

    group: Path | None = None
    """The control group the program joins."""
    cores: int = 0
    """The number of cores it may be placed on."""

    def release(self) -> None:
        """Remove the group; every process in it must be gone."""
        if self.group is not None:
            with suppress(OSError):
                self.group.rmdir()


def bind_cpu(job: str, cpu: float | None) -> CpuBound:
    """The bound for a job that may use `cpu` cores; None leaves it unbound."""
    if cpu is None:
        return CpuBound()
    parent = delegated_group()
    if parent is not None:
        with suppress(OSError):
            return CpuBound(group=make_group(parent, job, cpu))
    return CpuBound(cores=max(1, math.ceil(cpu)))


def make_group(parent: Path, job: str, cpu: float) -> Path:
    """A group below `parent` with its share set. Raises OSError where that is not delegated."""
    (parent / "cgroup.subtree_control").write_text("+cpu", encoding="ascii")
    group = parent / f"signalbox-{job}"
    group.mkdir(exist_ok=True)
    share = max(1000, int(cpu * _PERIOD))
    (group / "cpu.max").write_text(f"{share} {_PERIOD}", encoding="ascii")
    return group


def delegated_group() -> Path | None:
    """The group above our own, if systemd gave it to us to divide; else it is not ours."""
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    mount = next((line.split()[4] for line in mounts if " - cgroup2 " in line), None)
    lines = Path("/proc/self/cgroup").read_text(encoding="utf-8", errors="replace").splitlines()
    own = next((line[4:] for line in lines if line.startswith("0::/")), "")
    if mount is None or not own:
        return None
    parent = (Path(mount) / own).parent
    return parent if any(map(partial(_is_marked, parent), _DELEGATION_MARKS)) else None


def _is_marked(group: Path, mark: str) -> bool:
    try:
        return os.getxattr(group, mark) == b"1"
    except OSError:
        return False
