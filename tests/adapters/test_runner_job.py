import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.codec import decode
from bot.domain.issue import Issue
from bot.domain.pull_request import Review
from bot.domain.vocabulary import Mode
from tests.adapters.runner_world import RunnerWorld, runner_world, wait_until
from tests.fakes.agent_api import PATIENCE
from tests.fakes.tracker import ENG_142

SECRET = "correct horse battery"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RunnerWorld]:
    with runner_world(tmp_path / ("deep" * 30)) as made:
        yield made


def test_a_job_from_start_to_end(world: RunnerWorld) -> None:
    ended = world.carry_out(
        "echo out; echo err >&2; echo ::signalbox phase EXECUTING; "
        "signalbox report summary 'fixed it' && signalbox report cost --input-tokens 5 "
        "--output-tokens 7 --usd 0.5 --model m && signalbox report step build done"
    )
    assert ended == {"status": "succeeded", "exit_code": 0, "reason_code": None, "reason": ""}
    kinds = world.bot.kinds
    assert kinds[:2] + kinds[-1:] == ["workspace", "started", "ended"]
    assert sorted(kinds[2:-1]) == ["cost", "phase", "step", "summary"]
    assert world.bot.of("workspace") == [{"base": ""}]
    assert world.bot.of("phase") == [{"name": "EXECUTING"}]
    assert world.bot.of("summary") == [{"text": "fixed it"}]
    assert world.bot.of("step") == [{"name": "build", "state": "done"}]
    assert world.bot.of("cost") == [
        {"input_tokens": 5, "cached_tokens": 0, "output_tokens": 7, "usd": 0.5, "model": "m"}
    ]
    assert world.bot.log("out").startswith("out\n")
    assert world.bot.log("err") == "err\n"
    assert not (world.folder / "runner.json").exists()
    assert not (world.folder / "exit.json").exists()


def test_what_reviewers_asked_for_is_in_a_file(world: RunnerWorld) -> None:
    review = Review(id="9", by="rev", text="Use Decimal", comments=("a.py:7: here",), url="u")
    world.carry_out('cat "$SIGNALBOX_REVIEW"', reviews=(review,))
    assert json.loads(world.bot.log("out")) == {
        "reviews": [
            {
                "id": "9",
                "by": "rev",
                "text": "Use Decimal",
                "comments": ["a.py:7: here"],
                "left_out": 0,
                "url": "u",
            }
        ]
    }


def test_a_program_finds_the_protocols_environment_and_nothing_else(world: RunnerWorld) -> None:
    world.carry_out(
        command=("env",),
        environ={"UNRELATED": "of the host", "TZ": "Europe/Vienna"},
        inputs={"dry-run": True, "count": 3, "who": "ana"},
        env={"COLOUR": "red", "SIGNALBOX_MODE": "forged"},
        mode=Mode.AUTOPILOT,
        branch="signalbox/R-81",
        resume_gate="G-41",
        resume_decision={"state": "satisfied"},
    )
    found = dict(line.split("=", 1) for line in world.bot.log("out").splitlines())
    others = {name for name in found if not name.startswith("SIGNALBOX_")}
    assert others == {"PATH", "HOME", "TMPDIR", "TZ", "COLOUR"}
    assert found["TZ"] == "Europe/Vienna"
    assert found["COLOUR"] == "red"
    assert found["SIGNALBOX_RUN"] == "R-81"
    assert found["SIGNALBOX_JOB"] == "R-81.1"
    assert found["SIGNALBOX_MODE"] == "autopilot"
    assert found["SIGNALBOX_TITLE"] == "Fix the rounding"
    assert found["SIGNALBOX_BRANCH"] == "signalbox/R-81"
    assert json.loads(found["SIGNALBOX_INPUTS"]) == {"dry-run": True, "count": 3, "who": "ana"}
    assert found["SIGNALBOX_INPUT_DRY_RUN"] == "true"
    assert found["SIGNALBOX_INPUT_WHO"] == "ana"
    assert found["SIGNALBOX_RESUME"] == "G-41"
    assert json.loads(found["SIGNALBOX_DECISION"]) == {"state": "satisfied"}


def test_a_program_finds_its_issue_in_a_file(world: RunnerWorld) -> None:
    world.carry_out('echo "$SIGNALBOX_ISSUE_FILE"; cat "$SIGNALBOX_ISSUE_FILE"', issue=ENG_142)
    place, _, content = world.bot.log("out").partition("\n")
    assert place == str(world.folder / "issue.json")
    assert decode(Issue, json.loads(content)) == ENG_142
    assert (world.folder / "issue.json").stat().st_mode & 0o777 == 0o600


def test_a_program_works_in_its_own_folder(world: RunnerWorld) -> None:
    world.carry_out('[ -w "$HOME" ] && [ -w "$TMPDIR" ] && echo $HOME $TMPDIR && pwd -P')
    folder = world.folder
    assert world.bot.log("out") == f"{folder}/home {folder}/tmp\n{folder}/workspace\n"


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("exit 3", ("failed", 3, "step_failed")),
        ("kill -SEGV $$", ("failed", -11, "step_failed")),
        ("exit 75", ("failed", 75, "step_failed")),
        ("signalbox report result partial half; exit 3", ("partial", 3, None)),
        (
            "signalbox report result failed 'no net' --reason network",
            ("failed", 0, "network"),
        ),
    ],
)
def test_how_a_run_ends(
    world: RunnerWorld, script: str, expected: tuple[str, int, str | None]
) -> None:
    ended = world.carry_out(script)
    assert (ended["status"], ended["exit_code"], ended["reason_code"]) == expected
    assert ended["reason"]


def test_a_missing_command_is_named(world: RunnerWorld) -> None:
    ended = world.carry_out(command=("no-such-command", "--flag"))
    assert ended["reason_code"] == "tool_error"
    assert "“no-such-command” could not be started" in ended["reason"]
    assert "there is no such command" in ended["reason"]


def test_a_missing_interpreter_is_named(world: RunnerWorld) -> None:
    script = world.folder / "fix.sh"
    script.write_text("#!/opt/none/python9 -u\n")
    script.chmod(0o755)
    ended = world.carry_out(command=("../fix.sh",))
    assert ended["reason_code"] == "tool_error"
    assert "asks for /opt/none/python9 -u, which is not there" in ended["reason"]


def test_what_cannot_be_passed_on_is_said(world: RunnerWorld) -> None:
    ended = world.carry_out("true", inputs={"text": "with \0 in it"})
    assert (ended["status"], ended["reason_code"]) == ("failed", "tool_error")
    assert "could not be started" in ended["reason"]


def test_a_secret_stays_on_the_host(world: RunnerWorld, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("another long one\n")
    ended = world.carry_out(
        'echo "a=$A b=$B"; printf %s "$A" | base64; signalbox report summary "$A"; '
        'signalbox report gate plan; signalbox report result failed "for $B"',
        secrets={"A": "env:HOST_SECRET", "B": f"file:{tmp_path}/secret"},
        environ={"HOST_SECRET": SECRET},
    )
    told = json.dumps(world.bot.reports)
    assert SECRET not in told
    assert "another long one" not in told
    assert "Y29ycmVjdCBob3Jz" not in told
    assert world.bot.log("out").startswith("a=•••• b=••••\n")
    assert ended["reason"] == "for ••••"
    assert not [path for path in world.folder.rglob("*") if path.is_file() and _holds(path, SECRET)]


def _holds(path: Path, text: str) -> bool:
    return text.encode() in path.read_bytes()


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("env:NOWHERE", "the variable NOWHERE is not set"),
        ("file:/no/such/file", "No such file"),
        ("vault:x", "neither env:NAME nor file:PATH"),
    ],
)
def test_a_missing_secret_is_named(world: RunnerWorld, reference: str, why: str) -> None:
    ended = world.carry_out("true", secrets={"API_KEY": reference})
    assert (ended["status"], ended["reason_code"]) == ("failed", "missing_permission")
    assert f"The secret API_KEY could not be read from “{reference}”" in ended["reason"]
    assert why in ended["reason"]
    assert "started" not in world.bot.kinds


def test_a_secret_too_short_to_mask_is_refused(world: RunnerWorld) -> None:
    ended = world.carry_out("true", secrets={"PIN": "env:PIN"}, environ={"PIN": "12"})
    assert (ended["status"], ended["reason_code"]) == ("failed", "invalid_input")
    assert "PIN" in ended["reason"]


def test_nothing_is_lost_while_the_bot_is_away(world: RunnerWorld) -> None:
    runner = world.start("echo before; read line < go; echo after; sleep 0.3; echo end")
    world.bot.wait_for("started")
    world.bot.wait_for_log("before")
    world.bot.go_down()
    (world.folder / "workspace" / "go").write_text("go\n")
    wait_until((world.folder / "exit.json").exists, "the program's end")
    record = json.loads((world.folder / "exit.json").read_text())
    assert (record["kind"], record["status"]) == ("ended", "succeeded")
    assert (world.folder / "runner.json").exists()
    world.bot.come_up()
    assert world.bot.wait_for("ended")["status"] == "succeeded"
    assert runner.wait(PATIENCE) == 0
    assert world.bot.log("out") == "before\nafter\nend\n"
    assert not (world.folder / "exit.json").exists()


def test_a_last_report_whose_answer_is_lost_is_over_all_the_same(world: RunnerWorld) -> None:
    world.bot.silent_after = {"ended"}
    assert world.carry_out("true")["status"] == "succeeded"
    assert not (world.folder / "runner.json").exists()


def test_a_stale_claim_ends_everything_at_once(world: RunnerWorld) -> None:
    runner = world.start("trap '' TERM; (trap '' TERM; setsid sleep 1000) & echo up; sleep 1000")
    world.bot.wait_for_log("up")
    world.bot.stale = True
    assert runner.wait(PATIENCE) == 0
    assert not world.processes
    assert json.loads((world.folder / "exit.json").read_text()) == {"kind": "stale"}
    assert (world.folder / "runner.json").exists()


def test_a_refused_report_is_noted_and_stops_nothing(world: RunnerWorld) -> None:
    world.bot.refused = {"summary"}
    ended = world.carry_out("signalbox report summary a; signalbox report phase b; echo c")
    assert ended["status"] == "succeeded"
    assert world.bot.of("phase") == [{"name": "b"}]
    assert "refused the runner's report “summary”: no summary is wanted" in world.bot.log("runner")
    assert "refused the runner's report “summary”" in world.runner_log


def test_a_restart_starts_the_program_again(world: RunnerWorld) -> None:
    world.start("echo $$ >> pids; echo up; if [ -e second ]; then exit 0; fi; sleep 1000")
    world.bot.wait_for_log("up")
    (world.folder / "workspace" / "second").touch()
    number = world.bot.order("restart", by="ana")
    assert world.bot.wait_for("ended")["status"] == "succeeded"
    assert world.bot.consumed == [number]
    assert world.bot.kinds.count("started") == 1
    assert world.bot.log("out") == "up\nup\n"
    assert "Restarted by ana." in world.bot.log("runner")
    pids = (world.folder / "workspace" / "pids").read_text().split()
    assert len(set(pids)) == 2


def test_a_runner_that_is_told_to_go_ends_its_job_in_good_order(world: RunnerWorld) -> None:
    runner = world.start("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done")
    world.bot.wait_for_log("up")
    runner.send_signal(signal.SIGTERM)
    ended = world.bot.wait_for("ended")
    assert (ended["status"], ended["reason_code"]) == ("failed", "lease_lost")
    assert "bye\n" in world.bot.log("out")
    assert runner.wait(PATIENCE) == 0
