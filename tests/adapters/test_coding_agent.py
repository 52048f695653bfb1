"""The script for coding agents, against stand-ins that answer in the shape of their commands."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from adapters.blueprints import load_folder

EXAMPLES = Path(__file__).parents[2] / "examples" / "coding_agents"
PLAN = {"summary": "Greet", "files": ["a.txt"], "commands": [], "risks": []}

# Both take the flags that were looked up, note them, and edit where they are let.
CLAUDE = """#!/bin/sh
printf '%s\\n' "$*" >>"$HOME/asked"
echo '{"type":"system","subtype":"init"}'
case "$*" in *--json-schema*) ;; *) echo hello >a.txt ;; esac
echo '{"type":"result","structured_output":PLAN,"total_cost_usd":0.25,
"usage":{"input_tokens":5,"cache_read_input_tokens":100,"output_tokens":7}}' | tr -d '\\n'
echo
""".replace("PLAN", json.dumps(PLAN))
CODEX = """#!/bin/sh
printf '%s\\n' "$*" >>"$HOME/asked"
echo '{"type":"thread.started","thread_id":"1"}'
case "$*" in *--output-schema*) ;; *) echo hello >a.txt ;; esac
echo 'EVENT'
echo '{"type":"turn.completed","usage":{"input_tokens":105,"output_tokens":7}}'
""".replace(
    "EVENT",
    json.dumps(
        {"type": "item.completed", "item": {"type": "agent_message", "text": json.dumps(PLAN)}}
    ),
)
SIGNALBOX = """#!/bin/sh
echo "$*" >>"$HOME/calls"
next=$(ls "$HOME"/$2-* 2>/dev/null | head -n 1)
[ -n "$next" ] || { echo '{"state": "satisfied"}'; exit 0; }
cat "$next"
code=${next##*-}
rm "$next"
exit "$code"
"""


class Job:
    """A workspace with a commit, and stand-ins for the commands beside it."""

    def __init__(self, home: Path, agent: str) -> None:
        self.home, self.agent, self.workspace = home, agent, home / "workspace"
        self.workspace.mkdir()
        (home / "bin").mkdir()
        for name, text in (("claude", CLAUDE), ("codex", CODEX), ("signalbox", SIGNALBOX)):
            (home / "bin" / name).write_text(text)
            (home / "bin" / name).chmod(0o755)
        self.git("init", "-q")
        self.git("commit", "-q", "--allow-empty", "-m", "Begin")
        self.base = self.git("rev-parse", "HEAD").strip()

    def git(self, *words: str) -> str:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *words]
        return subprocess.run(
            command, cwd=self.workspace, capture_output=True, text=True, check=True
        ).stdout

    def answers(self, verb: str, number: int, code: int, **answer: str) -> None:
        (self.home / f"{verb}-{number}-{code}").write_text(json.dumps(answer))

    def start(self, **env: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", EXAMPLES / "coding-agent.sh", self.agent],
            cwd=self.workspace,
            env={
                "PATH": f"{self.home / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "HOME": str(self.home),
                "SIGNALBOX_BASE": self.base,
                "SIGNALBOX_TITLE": "Greet people",
                "SIGNALBOX_INPUT_TASK": "Write a greeting",
                "SIGNALBOX_INPUT_BUDGET": "5",
                "ALLOWED_TOOLS": "Read,Edit",
            }
            | env,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    @property
    def calls(self) -> list[str]:
        return (self.home / "calls").read_text().splitlines()

    @property
    def asked(self) -> str:
        return (self.home / "asked").read_text()


@pytest.fixture(params=["claude", "codex"])
def job(request: pytest.FixtureRequest, tmp_path: Path) -> Job:
    return Job(tmp_path, request.param)


def test_the_example_blueprints_load() -> None:
    catalog = load_folder(EXAMPLES, base=EXAMPLES)
    assert catalog.problems == ()
    assert sorted(catalog.blueprints) == ["claude-code", "codex"]


def test_it_plans_asks_edits_and_pushes(job: Job) -> None:
    code, log = job.start()

    assert code == 0, log
    assert [call.split()[1] for call in job.calls] == ["gate", "push"]
    plan = json.loads((job.workspace / ".git" / "signalbox" / "plan.json").read_text())
    assert plan == PLAN | {"base": job.base}
    assert job.git("show", "--name-only", "--format=%s") == "Greet people\n\na.txt\n"
    events = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    ends = [event for event in events if event.get("type") in {"result", "turn.completed"}]
    assert len(ends) == 2


def test_a_note_leads_to_another_plan(job: Job) -> None:
    job.answers("gate", 1, 10, state="returned", note="in French")

    code, log = job.start()

    assert code == 0, log
    assert "The reason: in French" in job.asked
    assert [call.split()[1] for call in job.calls].count("gate") == 2


def test_a_no_ends_it_before_any_edit(job: Job) -> None:
    job.answers("gate", 1, 11, state="rejected", note="no")
    assert job.start()[0] == 11
    assert not (job.workspace / "a.txt").exists()


def test_it_goes_on_after_a_pause_at_the_gate(job: Job) -> None:
    job.answers("gate", 1, 75, state="held")
    assert job.start()[0] == 75

    code, log = job.start(SIGNALBOX_RESUME="G-1", SIGNALBOX_DECISION='{"state": "satisfied"}')

    assert code == 0, log
    assert [call.split()[1] for call in job.calls] == ["gate", "push"]


def test_it_pushes_the_same_commit_after_a_pause_at_the_push(job: Job) -> None:
    job.answers("push", 1, 75, state="held")
    assert job.start()[0] == 75
    commit = job.git("rev-parse", "HEAD")

    code, log = job.start(SIGNALBOX_RESUME="G-2", SIGNALBOX_DECISION='{"state": "satisfied"}')

    assert code == 0, log
    assert job.git("rev-parse", "HEAD") == commit
    assert [call.split()[1] for call in job.calls][-2:] == ["push", "push"]
