import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.executors.leftovers import leftovers
from adapters.executors.local import LocalExecutor
from adapters.proc import read_process
from bot.domain.assignment import Assignment
from bot.domain.errors import UnavailableError
from bot.domain.vocabulary import Mode
from tests.adapters.runner_world import ROOT, RUNNER, wait_until
from tests.fakes.agent_api import PATIENCE, AgentApi

JOB = "R-81.1"
LINGER = """
(trap '' TERM; setsid sleep 1000) &
echo $! > kept
(setsid env -i sh -c 'echo $$ > bare; exec sleep 1000' &)
while ! [ -s bare ]; do sleep 0.01; done
echo up
sleep 1000
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
async def executor(data: Path) -> AsyncIterator[LocalExecutor]:
    made = LocalExecutor(data / "jobs", runner=RUNNER)
    try:
        yield made
    finally:
        await made.kill(JOB)


def assignment(script: str) -> Assignment:
    return Assignment(
        run="R-81",
        job=JOB,
        fence=3,
        token="token-of-the-claim",
        attempt=1,
        title="Fix the rounding",
        mode=Mode.AUTOPILOT,
        command=("sh", "-c", script),
    )


def record(data: Path) -> dict[str, int]:
    found: dict[str, int] = json.loads((data / "jobs" / JOB / "runner.json").read_text())
    return found


async def test_a_runner_is_started_found_and_gone_when_it_has_reported(
    executor: LocalExecutor, data: Path
) -> None:
    with AgentApi(data / "address") as bot:
        await executor.start(assignment("echo up; while ! [ -e go ]; do sleep 0.05; done"))
        (found,) = await executor.find()
        assert (found.job, found.fence, found.alive, found.exit_record) == (JOB, 3, True, None)
        bot.wait_for_log("up")
        pid = record(data)["pid"]
        (data / "jobs" / JOB / "workspace" / "go").touch()
        bot.wait_for("ended")
        wait_until(lambda: not (data / "jobs" / JOB / "runner.json").exists(), "the records' end")
    assert await executor.find() == ()
    deadline = time.monotonic() + PATIENCE
    while read_process(pid) is not None:
        assert time.monotonic() < deadline, "the runner was not reaped"
        await executor.find()
    assert (data / "jobs" / JOB).stat().st_mode & 0o777 == 0o700


def _gone(pid: int) -> bool:
    process = read_process(pid)
    return process is None or not process.alive


async def test_a_runner_that_could_not_report_leaves_its_record(
    executor: LocalExecutor, data: Path
) -> None:
    folder = data / "jobs" / JOB
    await executor.start(assignment("exit 3"))
    wait_until((folder / "exit.json").exists, "the program's end")
    (alive,) = await executor.find()
    assert alive.alive
    await executor.kill(JOB)
    (dead,) = await executor.find()
    assert not dead.alive
    assert dead.exit_record is not None
    assert dead.exit_record["kind"] == "ended"
    assert dead.exit_record["exit_code"] == 3
    await executor.forget(JOB)
    assert await executor.find() == ()
    assert (folder / "workspace").is_dir()
    await executor.remove_workspace(JOB)
    assert not folder.exists()
    await executor.remove_workspace(JOB)
    await executor.kill(JOB)


@pytest.mark.parametrize("runner_dies_first", [False, True])
async def test_a_kill_leaves_nothing(
    executor: LocalExecutor, data: Path, *, runner_dies_first: bool
) -> None:
    folder = data / "jobs" / JOB
    with AgentApi(data / "address") as bot:
        await executor.start(assignment(LINGER))
        bot.wait_for_log("up")
        pids = [int((folder / "workspace" / name).read_text()) for name in ("kept", "bare")]
        runner = record(data)["pid"]
        assert len(leftovers(folder)) >= 2
        if runner_dies_first:
            os.kill(runner, signal.SIGKILL)
            wait_until(lambda: _gone(runner), "the runner's death")
        await executor.kill(JOB)
    assert not [left for left in leftovers(folder) if left.alive]
    assert all(_gone(pid) for pid in [runner, *pids])
    assert read_process(runner) is None
    (found,) = await executor.find()
    assert (found.alive, found.exit_record) == (False, None)


async def test_a_stale_runner_leaves_no_record_to_report(
    executor: LocalExecutor, data: Path
) -> None:
    with AgentApi(data / "address") as bot:
        bot.stale = True
        await executor.start(assignment("sleep 1000"))
        wait_until((data / "jobs" / JOB / "exit.json").exists, "the runner's surrender")
        wait_until(lambda: _gone(record(data)["pid"]), "the runner's end")
    (found,) = await executor.find()
    assert (found.alive, found.exit_record) == (False, None)


async def test_a_runner_outlives_a_killed_bot_and_is_adopted(
    executor: LocalExecutor, data: Path
) -> None:
    starts = f"""
import asyncio, sys, time
from tests.adapters.test_local_executor import assignment, LocalExecutor, RUNNER, Path
made = LocalExecutor(Path({str(data / "jobs")!r}), runner=RUNNER)
asyncio.run(made.start(assignment("while ! [ -e go ]; do sleep 0.05; done")))
print("started", flush=True)
time.sleep(1000)
"""
    with AgentApi(data / "address") as bot:
        with subprocess.Popen(  # noqa: ASYNC220 - nothing else runs meanwhile
            [sys.executable, "-c", starts], cwd=ROOT, stdout=subprocess.PIPE
        ) as first:
            assert first.stdout is not None
            assert first.stdout.readline() == b"started\n"
            first.kill()
        (found,) = await executor.find()
        assert found.alive
        bot.wait_for("started")
        (data / "jobs" / JOB / "workspace" / "go").touch()
        assert bot.wait_for("ended")["status"] == "succeeded"


async def test_a_start_ends_what_an_earlier_claim_has_left(
    executor: LocalExecutor, data: Path
) -> None:
    with AgentApi(data / "address") as bot:
        await executor.start(assignment("echo up; sleep 1000"))
        bot.wait_for_log("up")
        first = record(data)["pid"]
        await executor.start(replace(assignment("sleep 1000"), fence=4))
        assert _gone(first)
        (found,) = await executor.find()
        assert (found.fence, found.alive) == (4, True)


async def test_the_hosts_environment_is_not_for_jobs_but_the_secrets_they_name(
    executor: LocalExecutor, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAMED", "first secret")
    monkeypatch.setenv("NOT_NAMED", "second secret")
    secrets = {"A": "env:NAMED"}
    script = '[ "$A" = "first secret" ] && ! tr "\\0" "\\n" < /proc/$PPID/environ | grep NOT_NAMED'
    with AgentApi(data / "address") as bot:
        await executor.start(replace(assignment(script), secrets=secrets))
        assert bot.wait_for("ended")["status"] == "succeeded"


async def test_a_runner_that_does_not_start_is_explained(data: Path) -> None:
    broken = LocalExecutor(data / "jobs", runner=("sh", "-c", "echo so and so >&2; exit 1"))
    with pytest.raises(UnavailableError, match="ended at once: so and so"):
        await broken.start(assignment("true"))
    missing = LocalExecutor(data / "jobs", runner=("/no/such/program",))
    with pytest.raises(UnavailableError, match="No such file"):
        await missing.start(assignment("true"))


async def test_a_forged_key_or_record_reaches_nothing(executor: LocalExecutor, data: Path) -> None:
    with pytest.raises(ValueError, match="no key of a job"):
        await executor.remove_workspace("../jobs")
    folder = data / "jobs" / JOB
    folder.mkdir(parents=True)
    for text in ("no json", "[]", '{"fence": "x", "pid": -1}', '{"fence": 1, "pid": 1}'):
        (folder / "runner.json").write_text(text)
        assert not [found for found in await executor.find() if found.alive]
        await executor.kill(JOB)


async def test_a_workspace_protected_from_writing_is_removed_and_links_are_spared(
    executor: LocalExecutor, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").touch()
    with AgentApi(data / "address") as bot:
        await executor.start(
            assignment(f"mkdir -p a/b; touch a/b/c; ln -s {tmp_path}/elsewhere l; chmod -R a-w .")
        )
        bot.wait_for("ended")
    await executor.remove_workspace(JOB)
    assert not (data / "jobs" / JOB).exists()
    assert (tmp_path / "elsewhere" / "file").exists()
