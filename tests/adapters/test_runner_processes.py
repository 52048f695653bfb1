import re
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.proc import read_process, read_processes
from adapters.runner.control_group import make_group
from bot.domain.blueprint import Limits
from tests.adapters.runner_world import RunnerWorld, runner_world, wait_until
from tests.fakes.agent_api import PATIENCE

STUBBORN = """
trap '' TERM
sh -c "trap '' TERM; echo one; sleep 1000" &
setsid sh -c "trap '' TERM; echo two; sleep 1000" &
(setsid sh -c "trap '' TERM; echo \\$\\$ > hidden; cd /; exec env -i sleep 1000" & )
while ! [ -s hidden ]; do sleep 0.01; done
echo up
while :; do sleep 1; done
"""
STORM = """
for i in 1 2 3 4 5 6 7 8 9 10; do
    setsid sh -c "trap '' TERM; while :; do sh -c 'sleep 0.02' & sleep 0.01; done" &
done
echo $$ > hidden
echo up
wait
"""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RunnerWorld]:
    with runner_world(tmp_path / "data") as made:
        yield made


@pytest.mark.parametrize("script", [STUBBORN, STORM])
def test_a_stop_leaves_nothing_running(world: RunnerWorld, script: str) -> None:
    runner = world.start(script)
    world.bot.wait_for_log("up")
    hidden = int((world.folder / "workspace" / "hidden").read_text())
    assert read_process(hidden) is not None
    number = world.bot.stop(grace=1.5)
    ended = world.bot.wait_for("ended")
    assert ended["status"] == "failed"
    assert (ended["reason_code"], ended["reason"]) == ("stopped", "Stopped via chat.")
    assert world.bot.consumed == [number]
    assert not world.processes
    assert read_process(hidden) is None
    assert runner.wait(PATIENCE) == 0


def test_a_program_that_is_stopped_may_end_by_itself(world: RunnerWorld) -> None:
    world.start("trap 'echo tidy; exit 5' TERM; echo up; while :; do sleep 0.05; done")
    world.bot.wait_for_log("up")
    world.bot.stop(grace=20)
    assert world.bot.wait_for("ended")["exit_code"] == 5
    assert "tidy\n" in world.bot.log("out")


def test_the_end_waits_for_what_the_program_left_behind(world: RunnerWorld) -> None:
    ended = world.carry_out(
        "setsid sh -c 'trap \"echo last; exit\" TERM; echo first; while :; do sleep 0.05; done' & "
        "sleep 0.5; exit 0",
        grace=timedelta(seconds=20),
    )
    assert (ended["status"], ended["exit_code"]) == ("succeeded", 0)
    assert world.bot.log("out") == "first\nlast\n"
    assert not world.processes


def test_too_much_memory_ends_the_job(world: RunnerWorld) -> None:
    hog = "x = bytearray(120 << 20); import time; time.sleep(1000)"
    ended = world.carry_out(f"python3 -c '{hog}' & wait", limits=Limits(memory_mb=60))
    assert (ended["status"], ended["reason_code"]) == ("failed", "tool_error")
    assert re.search(r"used \d+ MB, more than the limit of 60 MB", ended["reason"])
    assert not world.processes


def test_cores_are_bounded(world: RunnerWorld) -> None:
    world.carry_out("nproc", limits=Limits(cpu=0.5))
    assert world.bot.log("out") == "1\n"


def test_a_control_group_gets_its_share(tmp_path: Path) -> None:
    group = make_group(tmp_path, "R-81.1", 1.5)
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpu"
    assert (group / "cpu.max").read_text() == "150000 100000"


def test_the_program_does_not_outlive_a_killed_runner(world: RunnerWorld) -> None:
    runner = world.start("echo up; exec sleep 1000")
    world.bot.wait_for_log("up")
    runner.send_signal(signal.SIGKILL)
    runner.wait()
    wait_until(lambda: not world.processes, "the program's death")


def test_no_zombie_stays(world: RunnerWorld) -> None:
    runner = world.start("for i in $(seq 30); do (sleep 0.01 &) ; done; echo up; exec sleep 1000")
    world.bot.wait_for_log("up")
    wait_until(lambda: len(_children(runner.pid)) == 1, "the orphans' burial")
    world.bot.stop(grace=1)
    world.bot.wait_for("ended")


def _children(pid: int) -> list[int]:
    return [process.pid for process in read_processes().values() if process.parent == pid]


def test_the_runner_is_small(world: RunnerWorld) -> None:
    runner = world.start("echo up; exec sleep 1000")
    world.bot.wait_for_log("up")
    time.sleep(0.5)
    status = Path(f"/proc/{runner.pid}/status").read_text()
    resident = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert resident is not None
    assert int(resident[1]) <= 25 * 1024
    world.bot.stop(grace=1)
    world.bot.wait_for("ended")
