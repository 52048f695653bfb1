"""The example program against a stand-in for `signalbox` that keeps what it is told."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.rehearsal import create_world

STAND_IN = """#!{python}
import json, pathlib, shutil, sys, time
here = pathlib.Path({folder!r})
words = sys.argv[1:]
with (here / "calls").open("a") as calls:
    calls.write(json.dumps(words) + "\\n")
if words[1] == "gate":
    shutil.copy(words[words.index("--plan") + 1], here / "plan.json")
kind = words[1] if words[1] in ("gate", "push") else "other"
answers = here / kind
script = json.loads(answers.read_text()) if answers.exists() else []
code, answer, replies = script.pop(0) if script else (0, {{"state": "satisfied"}}, [])
answers.write_text(json.dumps(script))
if replies:
    with (here / "replies").open("a") as file:
        file.writelines(json.dumps(reply) + "\\n" for reply in replies)
print(json.dumps(answer))
sys.exit(code)
"""

Answer = tuple[int, dict[str, str], list[dict[str, str]]]


@dataclass
class Job:
    """A workspace of the shop, and what stands in for Signalbox beside it."""

    folder: Path
    program: Path
    base: str

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def answers(self, kind: str, *answers: Answer) -> None:
        (self.folder / kind).write_text(json.dumps(answers))

    def start(self, inputs: dict[str, object] | None = None, **env: str) -> tuple[int, str]:
        environment = {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "SIGNALBOX_BASE": self.base,
            "SIGNALBOX_INPUTS": json.dumps({"pace": 0, "stray": False} | (inputs or {})),
            "SIGNALBOX_REPLIES": str(self.folder / "replies"),
        }
        done = subprocess.run(
            [sys.executable, self.program],
            cwd=self.workspace,
            env=environment | env,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in (self.folder / "calls").read_text().splitlines()]

    @property
    def plan(self) -> dict[str, object]:
        plan: dict[str, object] = json.loads((self.folder / "plan.json").read_text())
        return plan

    def git(self, *words: str) -> str:
        return git(self.workspace, *words)


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("world")
    assert create_world(data)
    return data


@pytest.fixture
def job(world: Path, tmp_path: Path) -> Job:
    git(tmp_path, "clone", "-q", str(world / "remotes" / "shop.git"), "workspace")
    stand_in = tmp_path / "bin" / "signalbox"
    stand_in.parent.mkdir()
    stand_in.write_text(STAND_IN.format(python=sys.executable, folder=str(tmp_path)))
    stand_in.chmod(0o755)
    base = git(tmp_path / "workspace", "rev-parse", "HEAD").strip()
    return Job(folder=tmp_path, program=world / "programs" / "fix_rounding.py", base=base)


def test_an_approved_plan_is_carried_out_and_pushed(job: Job) -> None:
    code, log = job.start()

    assert code == 0, log
    assert [call[1] for call in job.calls] == ["gate", "cost", "artifact", "push"]
    assert job.calls[0][:3] == ["report", "gate", "plan"]
    assert job.calls[0][-1] == "--wait"
    assert job.plan["base"] == job.base
    assert job.plan["files"] == ["shop/money.py"]
    assert "1 file changed, 1 insertion(+), 1 deletion(-)" in str(job.plan["diffstat"])
    assert "runs through percent_of in shop/money.py" in str(job.plan["summary"])
    assert job.git("diff", "--name-only", job.base, "HEAD") == "shop/money.py\n"
    assert job.git("status", "--porcelain") == ""
    phases = [line for line in log.splitlines() if line.startswith("::signalbox phase")]
    assert [line.split()[-1] for line in phases] == ["PLANNING", "EXECUTING", "COMMITTING"]


def test_the_repair_makes_the_tests_pass(job: Job, suite: Callable[[Path], int]) -> None:
    assert suite(job.workspace) != 0

    job.start()

    assert suite(job.workspace) == 0


@pytest.fixture
def suite() -> Callable[[Path], int]:
    """The exit code of the shop's own tests in a folder."""
    command = [sys.executable, "-m", "unittest", "discover", "-t", ".", "-p", "*_tests.py"]
    command += ["-s", "tests"]

    def run(folder: Path) -> int:
        return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode

    return run


def test_a_note_is_taken_into_the_plan_and_the_commit(job: Job) -> None:
    returned = {"gate": "G-1", "state": "returned", "note": "name the customer", "by": "reviewer"}
    job.answers("gate", (10, returned, []), (0, {"state": "satisfied"}, []))

    code, log = job.start()

    assert code == 0, log
    assert [call[1] for call in job.calls][:2] == ["gate", "gate"]
    assert "Asked for: name the customer" in str(job.plan["summary"])
    assert "name the customer" in job.git("log", "-1", "--format=%B")


def test_a_denied_plan_changes_nothing_and_says_why(job: Job) -> None:
    job.answers("gate", (11, {"state": "rejected", "note": "not this week"}, []))

    code, log = job.start()

    assert code == 11
    assert "Not approved: not this week" in log
    assert job.git("rev-parse", "HEAD").strip() == job.base
    assert job.git("status", "--porcelain") == ""
    assert [call[1] for call in job.calls] == ["gate"]


def test_a_held_plan_goes_on_with_the_decision(job: Job) -> None:
    job.answers("gate", (75, {"gate": "G-1", "state": "held"}, []))
    assert job.start()[0] == 75

    decision = {"gate": "G-1", "state": "satisfied", "note": "", "by": "reviewer"}
    code, log = job.start(SIGNALBOX_RESUME="G-1", SIGNALBOX_DECISION=json.dumps(decision))

    assert code == 0, log
    assert [call[1] for call in job.calls] == ["gate", "cost", "artifact", "push"]


def test_a_held_plan_that_is_returned_is_asked_for_again_with_all_notes(job: Job) -> None:
    first = {"state": "returned", "note": "first note"}
    job.answers("gate", (10, first, []), (75, {"state": "held"}, []), (0, {}, []))
    assert job.start()[0] == 75

    decision = {"gate": "G-2", "state": "returned", "note": "second note", "by": "reviewer"}
    code, log = job.start(SIGNALBOX_RESUME="G-2", SIGNALBOX_DECISION=json.dumps(decision))

    assert code == 0, log
    assert "Asked for: first note\nAsked for: second note" in str(job.plan["summary"])


def test_a_stray_file_waits_at_the_push_and_is_pushed_once_allowed(job: Job) -> None:
    job.answers("push", (75, {"gate": "G-2", "state": "held"}, []))
    assert job.start({"stray": True})[0] == 75
    assert job.git("diff", "--name-only", job.base, "HEAD") == "README.md\nshop/money.py\n"
    assert job.plan["files"] == ["shop/money.py"]
    commit = job.git("rev-parse", "HEAD")

    decision = json.dumps({"gate": "G-2", "state": "satisfied"})
    code, log = job.start({"stray": True}, SIGNALBOX_RESUME="G-2", SIGNALBOX_DECISION=decision)

    assert code == 0, log
    assert [call[1] for call in job.calls][-2:] == ["push", "push"]
    assert job.git("rev-parse", "HEAD") == commit


def test_changes_asked_for_at_the_push_take_the_stray_file_back(job: Job) -> None:
    job.answers("push", (10, {"state": "returned", "note": "only the code"}, []))

    code, log = job.start({"stray": True})

    assert code == 0, log
    assert job.git("diff", "--name-only", job.base, "HEAD") == "shop/money.py\n"
    assert [call[1] for call in job.calls][-2:] == ["push", "push"]


def test_changes_asked_for_during_a_pause_at_the_push_take_it_back_too(job: Job) -> None:
    job.answers("push", (75, {"gate": "G-2", "state": "held"}, []))
    assert job.start({"stray": True})[0] == 75

    decision = json.dumps({"gate": "G-2", "state": "returned", "note": "only the code"})
    code, log = job.start({"stray": True}, SIGNALBOX_RESUME="G-2", SIGNALBOX_DECISION=decision)

    assert code == 0, log
    assert job.git("diff", "--name-only", job.base, "HEAD") == "shop/money.py\n"


def test_a_no_at_the_push_is_said(job: Job) -> None:
    job.answers("push", (11, {"state": "rejected", "note": "not in this release"}, []))
    code, log = job.start({"stray": True})
    assert code == 11
    assert "Not pushed: not in this release" in log


def test_a_restart_in_the_middle_begins_from_the_base(job: Job) -> None:
    job.answers("push", (75, {"state": "held"}, []))
    assert job.start()[0] == 75

    assert job.start()[0] == 0

    assert job.git("rev-list", "--count", f"{job.base}..HEAD") == "1\n"


def test_questions_at_the_gate_are_answered_from_the_plan(job: Job) -> None:
    asked = [
        {"kind": "ask", "text": "Why these files?"},
        {"kind": "ask", "text": "Do the tests pass?"},
        {"kind": "reply", "text": "thanks"},
    ]
    job.answers("gate", (0, {"state": "satisfied"}, asked))

    code, log = job.start()

    assert code == 0, log
    said = [line for line in log.splitlines() if line.startswith("::signalbox summary")]
    assert len(said) == 3
    assert "Only shop/money.py: " in said[0]
    assert "1 of 8 tests fail now" in said[1]
    assert "Round half a cent up in percent_of" in said[2]


def test_nothing_to_mend_is_said(job: Job) -> None:
    job.start()
    mended = job.git("rev-parse", "HEAD").strip()

    code, log = job.start(SIGNALBOX_BASE=mended)

    assert code == 0, log
    assert job.calls[-1][:3] == ["report", "result", "succeeded"]
