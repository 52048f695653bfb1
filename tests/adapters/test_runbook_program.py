"""The built-in program of flows and guides, started by a real runner."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.runbook import OnFailure, Runbook, Step, StepKind
from tests.adapters.runbook_world import BOOK, carry_out, ends, phases, shell
from tests.adapters.runner_world import RunnerWorld, runner_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RunnerWorld]:
    with runner_world(tmp_path / "data") as made:
        yield made


def test_a_runbook_from_its_first_step_to_its_summary(world: RunnerWorld) -> None:
    ended = carry_out(world, BOOK, inputs={"name": "big; touch /tmp/no"})
    assert (ended["status"], ended["reason"]) == ("succeeded", "")
    assert phases(world) == [
        "triage",
        "deciding_remediation",
        "ready_for_remediation",
        "remediation",
        "summarizing",
    ]
    told = ends(world)
    assert list(told) == ["look", "decision", "cut", "again"]
    look = told["look"]
    assert look["variables"] == {"size": "12"}
    assert "size is big; touch /tmp/no" in look["output"]
    assert (look["part"], look["state"], look["seconds"] >= 0) == ("triage", "done", True)
    assert told["decision"]["output"] == "It has 12"
    assert told["cut"]["output"] == "cut to 6"
    assert world.bot.of("summary") == [{"text": "It is ok; it had 12 and cut was done."}]
    assert "cut to 6\n" in world.bot.log("out")


def test_the_first_failure_ends_it_with_its_class(world: RunnerWorld) -> None:
    book = Runbook(
        triage=(
            shell("soft", "exit 3", on_failure=OnFailure.CONTINUE),
            shell("skipped", "echo no", when="not failed_steps"),
            shell("hard", "echo Permission denied >&2; exit 4", when="'soft' in failed_steps"),
            shell("never", "echo no"),
        )
    )
    ended = carry_out(world, book)
    assert (ended["status"], ended["reason_code"]) == ("failed", "missing_permission")
    expected = "The step “Do hard” failed: It ended with exit code 4: Permission denied"
    assert ended["reason"] == expected
    told = ends(world)
    assert {id_: step["state"] for id_, step in told.items()} == {
        "soft": "failed",
        "skipped": "skipped",
        "hard": "failed",
    }
    assert (told["soft"]["cause"], told["hard"]["cause"]) == ("tool_error", "missing_permission")


def test_what_is_carried_on_makes_it_partial(world: RunnerWorld) -> None:
    book = Runbook(triage=(shell("soft", "exit 3", on_failure=OnFailure.CONTINUE),))
    ended = carry_out(world, book)
    assert (ended["status"], ended["reason"]) == ("partial", "Failed: Do soft")
    assert world.bot.of("summary") == [{"text": "Steps: 1 failed."}]


def test_a_step_is_tried_again(world: RunnerWorld) -> None:
    script = 'echo x >> tries; [ "$(wc -l < tries)" -ge 2 ]'
    ended = carry_out(world, Runbook(triage=(shell("often", script, retries=2),)))
    assert ended["status"] == "succeeded"
    states = [step["state"] for step in world.bot.of("step")]
    assert states == ["running", "failed", "running", "done"]


def test_a_step_that_takes_too_long_is_ended_with_all_it_started(world: RunnerWorld) -> None:
    script = "sleep 600 & trap '' TERM; sleep 600"
    slow = shell("slow", script, timeout=timedelta(seconds=0.5))
    ended = carry_out(world, Runbook(triage=(slow,)))
    assert (ended["status"], ended["reason_code"]) == ("failed", "tool_timeout")
    assert "longer than 0.5 seconds" in ended["reason"]


def test_a_child_that_holds_the_output_does_not_hold_the_step(world: RunnerWorld) -> None:
    ended = carry_out(world, Runbook(triage=(shell("quick", "sleep 5 & echo done"),)))
    assert ended["status"] == "succeeded"
    assert ends(world)["quick"]["seconds"] < 4


def test_tools_are_looked_for_before_anything_runs(world: RunnerWorld) -> None:
    book = Runbook(triage=(shell("a", "echo no"), shell("b", "x", tools=("no-such-tool",))))
    ended = carry_out(world, book)
    assert (ended["status"], ended["reason_code"]) == ("failed", "tool_error")
    assert "needs no-such-tool" in ended["reason"]
    assert world.bot.of("step") == []


def test_an_agent_is_a_command_that_is_asked(world: RunnerWorld) -> None:
    ask = Step(id="ask", title="Ask", kind=StepKind.AGENT, command=("echo",), run="why ${name}?")
    book = Runbook(triage=(ask, shell("wrong", "x", when="name > 3")))
    ended = carry_out(world, book, inputs={"name": "so"})
    assert ends(world)["ask"]["output"] == "why so?"
    assert (ended["status"], ended["reason_code"]) == ("failed", "invalid_input")


def test_variables_that_are_not_there_fail_their_step(world: RunnerWorld) -> None:
    book = Runbook(triage=(shell("a", "echo no json", save={"x": "json.y"}),))
    ended = carry_out(world, book)
    assert "“x” could not be set" in ended["reason"]
