"""Runs jobs as processes of this machine; they outlive the bot, and are found again by it."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from adapters.executors.leftovers import kill_until_none, leftovers
from adapters.proc import (
    Process,
    boot_id,
    descendants,
    read_process,
    read_processes,
    send_signal,
)
from bot.domain.assignment import Assignment
from bot.domain.codec import JSON, canonical_json
from bot.domain.errors import UnavailableError
from bot.ports.executor import FoundRunner

_JOB = re.compile(r"R-\d{1,18}\.\d{1,9}")
_START_TIMEOUT = 30.0
"""Seconds for a runner to say that it is there."""
_POLL = 0.01
_LOG_TAIL = 4_096
"""Bytes of a runner's log that may hold its last line."""
_CODE = Path(__file__).resolve().parents[2]
_LAST_KINDS = ("ended", "parked")
_OF_THE_HOST = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME"),
    *("SSH_AUTH_SOCK", "SSL_CERT_DIR", "SSL_CERT_FILE"),
    *("ALL_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
"""What a runner needs of our environment to find programs, people's settings and the network."""


@dataclass(frozen=True, kw_only=True)
class _Record:
    """What a runner says of itself in `runner.json`."""

    fence: int
    pid: int
    start_time: int
    boot_id: str

    def runner(self) -> Process | None:
        """The living runner that wrote this; its pid may belong to somebody else by now."""
        process = read_process(self.pid)
        if process is None or not process.alive or self.boot_id != boot_id():
            return None
        return process if process.start_time == self.start_time else None


class LocalExecutor:
    """The Executor port over subprocesses, one folder a job."""

    def __init__(self, jobs: Path, *, runner: Sequence[str] = ()) -> None:
        """`jobs` is the folder of all jobs, `<data>/jobs`.

        `runner` is the command that starts a runner, without its `--folder DIR`.
        """
        self._jobs = jobs.resolve()
        self._runner = tuple(runner) or (sys.executable, "-P", "-m", "bot", "job")
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        """The runners that this process has started and not yet reaped, by job."""

    async def start(self, assignment: Assignment) -> None:
        """Start a runner; what an earlier one of the job has left is killed first."""
        await asyncio.to_thread(self._start, assignment)

    async def find(self) -> tuple[FoundRunner, ...]:
        """Every runner with a record in its folder; one whose last report was taken has none."""
        return await asyncio.to_thread(self._find)

    async def kill(self, job: str) -> None:
        """Kill the runner, all below it, and what an earlier death of it has left behind."""
        await asyncio.to_thread(self._kill, self._folder(job))

    async def forget(self, job: str) -> None:
        """Drop the records of a dead runner."""
        await asyncio.to_thread(_drop_records, self._folder(job))

    async def remove_workspace(self, job: str) -> None:
        """Remove the job's folder with all that is in it."""
        await asyncio.to_thread(self._remove, self._folder(job))

    def _folder(self, job: str) -> Path:
        if not _JOB.fullmatch(job):
            raise ValueError(f"“{job}” is no key of a job")
        return self._jobs / job

    def _start(self, assignment: Assignment) -> None:
        folder = self._folder(assignment.job)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._kill(folder)
            _drop_records(folder)
            child = self._spawn(folder, assignment)
        except OSError as error:
            raise UnavailableError(
                f"The runner of {assignment.job} cannot start: {error}"
            ) from error
        self._children[assignment.job] = child
        try:
            _await_record(folder, child)
        except UnavailableError:
            self._kill(folder)
            raise

    def _spawn(self, folder: Path, assignment: Assignment) -> subprocess.Popen[bytes]:
        with (folder / "runner.log").open("ab") as log:
            child = subprocess.Popen(  # noqa: S603 - our own command
                [*self._runner, "--folder", str(folder)],
                cwd="/",
                env=_environment(assignment),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        assert child.stdin is not None
        with suppress(BrokenPipeError), child.stdin as pipe:
            pipe.write(canonical_json(assignment).encode())
        return child

    def _find(self) -> tuple[FoundRunner, ...]:
        self._reap()
        folders = [path.parent for path in sorted(self._jobs.glob("*/runner.json"))]
        records = {folder: _read_record(folder) for folder in folders}
        return tuple(
            FoundRunner(
                job=folder.name,
                fence=record.fence,
                alive=record.runner() is not None,
                exit_record=_exit_record(folder),
            )
            for folder, record in records.items()
            if record is not None
        )

    def _kill(self, folder: Path) -> None:
        """Freeze the runner first, so that its children stay its children until they are dead."""
        record = _read_record(folder)
        for runner in _present(record):
            send_signal(runner.pid, signal.SIGSTOP)
            try:
                kill_until_none(partial(_below, runner), spared=runner.group)
            finally:
                send_signal(runner.pid, signal.SIGKILL)
        kill_until_none(lambda: [*leftovers(folder), *_present(record)], spared=os.getpgrp())
        child = self._children.pop(folder.name, None)
        if child is not None:
            child.kill()
            child.wait()

    def _remove(self, folder: Path) -> None:
        """Also what the program has protected from writing; nothing that a link points to."""
        self._kill(folder)
        for command in (("chmod", "-R", "u+rwX"), ("rm", "-rf")):
            if folder.exists():
                subprocess.run(  # noqa: S603 - a checked path
                    [*command, "--", str(folder)], check=False, capture_output=True
                )
        if folder.exists():
            raise UnavailableError(
                f"{folder} cannot be deleted; delete it as the user that owns it."
            )

    def _reap(self) -> None:
        for job, child in list(self._children.items()):
            if child.poll() is not None:
                self._children.pop(job, None)


def _environment(assignment: Assignment) -> dict[str, str]:
    """Ours is not for jobs to see: only what a runner needs, and the secrets of this assignment."""
    references = (reference.partition(":") for reference in assignment.secrets.values())
    secrets = [name for kind, _, name in references if kind == "env"]
    kept = {name: os.environ[name] for name in (*_OF_THE_HOST, *secrets) if name in os.environ}
    return kept | {"PYTHONPATH": str(_CODE)}


def _await_record(folder: Path, child: subprocess.Popen[bytes]) -> None:
    """Wait for `runner.json`. Raises UnavailableError with the runner's last words."""
    give_up_at = time.monotonic() + _START_TIMEOUT
    while not (folder / "runner.json").exists():
        if child.poll() is not None:
            # A short job may have come, reported and gone between two looks.
            if child.returncode == 0:
                return
            raise UnavailableError(f"The runner has ended at once: {_last_line(folder)}")
        if time.monotonic() > give_up_at:
            raise UnavailableError(f"The runner does not begin: {_last_line(folder)}")
        time.sleep(_POLL)


def _last_line(folder: Path) -> str:
    lines = (folder / "runner.log").read_bytes()[-_LOG_TAIL:].decode("utf-8", "replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "it said nothing")


def _drop_records(folder: Path) -> None:
    for name in ("runner.json", "exit.json"):
        (folder / name).unlink(missing_ok=True)


def _read(path: Path) -> Mapping[str, JSON]:
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _read_record(folder: Path) -> _Record | None:
    data = _read(folder / "runner.json")
    numbers = [data.get(name) for name in ("fence", "pid", "start_time")]
    fence, pid, start_time = (number if isinstance(number, int) else 0 for number in numbers)
    if fence < 1 or pid < 1:
        return None
    return _Record(fence=fence, pid=pid, start_time=start_time, boot_id=str(data.get("boot_id")))


def _present(record: _Record | None) -> list[Process]:
    runner = record.runner() if record else None
    return [runner] if runner else []


def _below(runner: Process) -> list[Process]:
    return descendants(runner.pid, read_processes())


def _exit_record(folder: Path) -> Mapping[str, JSON] | None:
    record = _read(folder / "exit.json")
    return record if record.get("kind") in _LAST_KINDS else None
