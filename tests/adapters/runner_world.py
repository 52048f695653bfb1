"""A runner as a real process, with a folder of its own and the fake bot beside it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from adapters.executors.leftovers import kill_until_none, leftovers
from bot.domain.assignment import Assignment
from bot.domain.codec import canonical_json
from bot.domain.vocabulary import Mode
from tests.fakes.agent_api import PATIENCE, AgentApi

ROOT = Path(__file__).resolve().parents[2]
RUNNER = (sys.executable, "-P", "-m", "adapters.runner.job")


class RunnerWorld:
    """One job: its assignment, its folder, its bot."""

    def __init__(self, data: Path, bot: AgentApi) -> None:
        self.bot = bot
        self.folder = data / "jobs" / "R-81.1"
        self.folder.mkdir(parents=True)
        self.assignment = Assignment(
            run="R-81",
            job="R-81.1",
            fence=3,
            token=bot.token,
            attempt=1,
            title="Fix the rounding",
            mode=Mode.SUPERVISED,
            command=("true",),
        )
        self._started: list[subprocess.Popen[bytes]] = []

    def start(
        self, script: str = "", *, environ: Mapping[str, str] | None = None, **changes: Any
    ) -> subprocess.Popen[bytes]:
        """Start a runner whose program is a shell script; `changes` are to the assignment."""
        if script:
            changes["command"] = ("sh", "-c", script)
        self.assignment = replace(self.assignment, **changes)
        with (self.folder / "runner.log").open("ab") as log:
            runner = subprocess.Popen(
                [*RUNNER, "--folder", str(self.folder)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **(environ or {})},
                start_new_session=True,
            )
        self._started.append(runner)
        assert runner.stdin is not None
        with runner.stdin as pipe:
            pipe.write(canonical_json(self.assignment).encode())
        return runner

    def carry_out(self, script: str = "", **changes: Any) -> dict[str, Any]:
        """Run a program to its end; the data of the `ended` report."""
        runner = self.start(script, **changes)
        ended = self.bot.wait_for("ended")
        assert runner.wait(PATIENCE) == 0
        return ended

    @property
    def runner_log(self) -> str:
        return (self.folder / "runner.log").read_text()

    @property
    def processes(self) -> list[int]:
        """What lives of the job, apart from its runner."""
        runners = {runner.pid for runner in self._started}
        found = leftovers(self.folder)
        return [left.pid for left in found if left.alive and left.pid not in runners]

    def close(self) -> None:
        """Leave no process behind, whatever has failed."""
        for runner in self._started:
            runner.kill()
            runner.wait()
        kill_until_none(lambda: leftovers(self.folder), spared=os.getpgrp())


def wait_until(true: Callable[[], object], what: str) -> None:
    """Poll until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


@contextmanager
def runner_world(data: Path) -> Iterator[RunnerWorld]:
    """A world in this data folder."""
    data.mkdir(parents=True)
    with AgentApi(data / "address") as bot:
        world = RunnerWorld(data, bot)
        try:
            yield world
        finally:
            world.close()
