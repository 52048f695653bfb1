import json
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.git_repositories import commit, git
from tests.adapters.runner_world import RunnerWorld, runner_world, wait_until
from tests.fakes.agent_api import PATIENCE, AgentApi

ASK = "signalbox report gate plan --plan plan.json --wait > answer.json; echo code $?; "
PLAN = '{"summary": "s", "base": "b", "files": ["a.txt"]}'
BRANCH = "signalbox/R-81"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RunnerWorld]:
    with runner_world(tmp_path / "data") as made:
        yield made


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository with one commit on main."""
    work, bare = tmp_path / "work", tmp_path / "remote.git"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    commit(work, **{"a.txt": "1\n"})
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(bare))
    return bare


def answer(world: RunnerWorld) -> Any:
    return json.loads((world.folder / "workspace" / "answer.json").read_text())


@pytest.mark.parametrize(
    ("state", "code"), [("satisfied", 0), ("returned", 10), ("rejected", 11), ("expired", 11)]
)
def test_a_gate_waits_for_its_decision(world: RunnerWorld, state: str, code: int) -> None:
    world.start(f"echo '{PLAN}' > plan.json; {ASK}")
    assert world.bot.wait_for("gate") == {"checkpoint": "plan", "plan": json.loads(PLAN)}
    number = world.bot.decide(state, "ship it")
    assert world.bot.wait_for("ended")["status"] == "succeeded"
    assert world.bot.log("out") == f"code {code}\n"
    assert answer(world) == {"gate": "G-41", "state": state, "note": "ship it", "by": "reviewer"}
    assert world.bot.consumed == [number]


def test_a_decision_may_come_before_anybody_waits(world: RunnerWorld) -> None:
    world.start(
        "signalbox report gate plan; while ! [ -e go ]; do sleep 0.05; done; "
        "signalbox report gate plan --wait"
    )
    world.bot.wait_for("gate")
    world.bot.decide("satisfied")
    (world.folder / "workspace" / "go").touch()
    assert world.bot.wait_for("ended")["status"] == "succeeded"
    lines = [json.loads(line) for line in world.bot.log("out").splitlines()]
    assert [line["state"] for line in lines] == ["open", "satisfied"]


def test_autopilot_passes_at_once_and_errors_are_passed_on(world: RunnerWorld) -> None:
    answers = iter([{"gate": "G-1", "state": "satisfied"}, {"error": "no such checkpoint"}])
    world.bot.answer_gate = lambda _data: next(answers)
    world.carry_out(
        "signalbox report gate a --wait; echo $?; signalbox report gate b --wait; echo $?"
    )
    lines = world.bot.log("out").splitlines()
    assert json.loads(lines[0])["state"] == "satisfied"
    assert json.loads(lines[2]) == {"error": "no such checkpoint"}
    assert lines[1::2] == ["0", "1"]


def test_a_held_program_is_parked_and_resumed(world: RunnerWorld, tmp_path: Path) -> None:
    script = (
        '[ -n "$SIGNALBOX_RESUME" ] && { cat notes; echo " $SIGNALBOX_RESUME"; exit 0; }; '
        f"echo kept > notes; echo '{PLAN}' > plan.json; {ASK} exit 75"
    )
    runner = world.start(script, hold=timedelta(seconds=0.3))
    assert world.bot.wait_for("parked") == {"gate": "G-41"}
    assert runner.wait(PATIENCE) == 0
    assert answer(world)["state"] == "held"
    assert world.bot.log("out") == "code 75\n"
    assert not (world.folder / "runner.json").exists()
    with AgentApi(tmp_path / "data" / "address") as second:
        world.bot = second
        ended = world.carry_out(
            fence=4, resume_gate="G-41", resume_decision={"gate": "G-41", "state": "satisfied"}
        )
    assert ended["status"] == "succeeded"
    assert second.log("out") == "kept\n G-41\n"


def test_a_program_that_waits_is_told_why_it_must_end(world: RunnerWorld) -> None:
    world.start(f"echo '{PLAN}' > plan.json; {ASK} cat answer.json; exit 4")
    world.bot.wait_for("gate")
    world.bot.stop(grace=20, reason="Denied: too risky.")
    ended = world.bot.wait_for("ended")
    assert (ended["exit_code"], ended["reason"]) == (4, "Denied: too risky.")
    assert answer(world)["state"] == "rejected"
    assert answer(world)["note"] == "Denied: too risky."
    assert world.bot.log("out").startswith("code 11\n")


def test_a_call_the_bot_has_not_answered_ends_with_the_job(world: RunnerWorld) -> None:
    world.bot.answer_gate = lambda _data: {"gate": "G-41", "state": "open"}
    world.start("signalbox report gate a --wait & signalbox report gate a --wait; echo $?; wait")
    world.bot.wait_for("gate", count=2)
    world.bot.stop(grace=20)
    world.bot.wait_for("ended")
    assert "11\n" in world.bot.log("out")


def test_wrong_use_is_explained(world: RunnerWorld) -> None:
    world.carry_out(
        "signalbox report nonsense 2>/dev/null; echo $?; "
        "echo no > plan.json; signalbox report gate plan --plan plan.json --wait; echo $?; "
        "signalbox report result failed x --reason nonsense; echo $?; "
        "signalbox report phase ''; echo $?; "
        "SIGNALBOX_SOCKET= signalbox report phase x; echo $?; "
        "SIGNALBOX_SOCKET=/no/socket signalbox report phase x; echo $?; "
        "signalbox report push; echo $?; "
        "signalbox stop 2>/dev/null; echo $?"
    )
    lines = world.bot.log("out").splitlines()
    assert [line for line in lines if line.isdecimal()] == list("22222122")
    assert "is not JSON" in lines[1]
    assert "The reason_code must be one of stopped" in lines[3]
    assert "no repository" in lines[11]


def test_an_artifact_is_stored_and_reported(world: RunnerWorld) -> None:
    world.carry_out(
        "echo found > report.txt; signalbox report artifact report.txt --name findings.txt; "
        'ln -s /etc/hostname link; signalbox report artifact link; echo $?; echo x > "$TMPDIR/t"; '
        'signalbox report artifact "$TMPDIR/t"; signalbox report artifact .; echo $?'
    )
    first, second = world.bot.of("artifact")
    assert (first["name"], first["size"]) == ("findings.txt", 6)
    assert world.bot.artifacts[first["sha256"]] == b"found\n"
    assert second["name"] == "t"
    lines = world.bot.log("out").splitlines()
    assert "/etc/hostname” is no plain file in the workspace" in json.loads(lines[1])["error"]
    assert (lines[2], lines[-1]) == ("1", "1")


COMMIT = (
    "git config user.name x; git config user.email x@example.org; "
    "echo 2 > a.txt; git commit -qam two; "
)
PUSH = f"{COMMIT} signalbox report push > answer.json; echo code $?"


def test_a_push_that_is_allowed_goes_out(world: RunnerWorld, remote: Path) -> None:
    world.bot.answer_push = lambda _data: {"allowed": True, "branch": BRANCH}
    ended = world.carry_out(PUSH, repository=str(remote), branch=BRANCH)
    assert ended["status"] == "succeeded"
    base, head = git(remote, "rev-parse", "main"), git(remote, "rev-parse", BRANCH)
    assert world.bot.of("workspace") == [{"base": base}]
    assert world.bot.of("push") == [{"commit": head, "files": ["a.txt"]}]
    assert world.bot.of("pushed") == [{"commit": head, "branch": BRANCH}]
    assert world.bot.log("out") == "code 0\n"
    assert answer(world)["commit"] == head


@pytest.mark.parametrize(("state", "code"), [("satisfied", 0), ("rejected", 11)])
def test_a_push_beyond_the_plan_waits(
    world: RunnerWorld, remote: Path, state: str, code: int
) -> None:
    world.bot.answer_push = lambda _data: {"gate": "G-42", "state": "open"}
    world.start(f"{PUSH}; echo 3 > b.txt", repository=str(remote), branch=BRANCH)
    world.bot.wait_for("push")
    world.bot.decide(state, gate="G-42")
    world.bot.wait_for("ended")
    assert world.bot.log("out") == f"code {code}\n"
    assert bool(world.bot.of("pushed")) == (code == 0)
    assert bool(git(remote, "branch", "--list", BRANCH)) == (code == 0)


def test_a_push_that_fails_is_explained(world: RunnerWorld, remote: Path) -> None:
    world.bot.answer_push = lambda _data: {"error": "outside of everything"}
    world.carry_out(
        f"signalbox report push; echo $?; {COMMIT} signalbox report push; echo $?",
        repository=str(remote),
        branch=BRANCH,
    )
    lines = world.bot.log("out").splitlines()
    assert "There is nothing to push" in json.loads(lines[0])["error"]
    assert json.loads(lines[2]) == {"error": "outside of everything"}
    assert lines[1::2] == ["1", "1"]


def test_a_repository_that_is_not_there_is_named(world: RunnerWorld, tmp_path: Path) -> None:
    ended = world.carry_out("true", repository=str(tmp_path / "none.git"), branch=BRANCH)
    assert (ended["status"], ended["reason_code"]) == ("failed", "tool_error")
    assert "none.git could not be made ready" in ended["reason"]
    assert world.bot.kinds == ["ended"]


def test_a_stop_ends_the_preparation(world: RunnerWorld) -> None:
    """The remote is a git server that never answers."""
    with subprocess.Popen(
        [
            "python3",
            "-c",
            "import socket,time; s=socket.create_server(('127.0.0.1',0)); "
            "print(s.getsockname()[1], flush=True); time.sleep(1000)",
        ],
        stdout=subprocess.PIPE,
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        world.start("true", repository=f"git://127.0.0.1:{port}/x", branch=BRANCH)
        wait_until(lambda: world.processes, "the fetch")
        world.bot.stop(grace=1)
        assert world.bot.wait_for("ended")["reason_code"] == "stopped"
        server.kill()


def test_the_report_command_starts_fast(world: RunnerWorld) -> None:
    world.carry_out("signalbox report phase warm")
    launcher = world.folder / "bin" / "signalbox"
    fastest = min(_seconds(str(launcher), "report", "--help") for _ in range(5))
    assert fastest < 1


def _seconds(*command: str) -> float:
    begin = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begin
