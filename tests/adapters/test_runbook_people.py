"""Runbooks that wait for people: questions, approvals, stops."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.domain.blueprint import RUNBOOK_COMMAND
from bot.domain.codec import JSON
from bot.domain.runbook import Remediation, Rule, Runbook
from bot.domain.vocabulary import Mode
from tests.adapters.runbook_world import BOOK, approval, carry_out, ends, phases, prompt, shell
from tests.adapters.runner_world import RunnerWorld, runner_world
from tests.fakes.agent_api import PATIENCE, AgentApi


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RunnerWorld]:
    with runner_world(tmp_path / "data") as made:
        yield made


def parked(world: RunnerWorld, runbook: Runbook, **changes: Any) -> None:
    runner = world.start(runbook=runbook, command=RUNBOOK_COMMAND, **changes)
    assert world.bot.wait_for("parked") == {"gate": "G-41"}
    assert runner.wait(PATIENCE) == 0


def resumed(world: RunnerWorld, **decision: JSON) -> dict[str, Any]:
    """The end of the next claim, or its parking."""
    with AgentApi(world.folder.parents[1] / "address") as second:
        world.bot = second
        given = {"gate": "G-41", "state": "satisfied", "by": "ana", "note": "", **decision}
        return world.carry_out(
            fence=world.assignment.fence + 1, resume_gate="G-41", resume_decision=given
        )


def test_a_question_holds_no_process_and_its_answers_are_variables(world: RunnerWorld) -> None:
    book = Runbook(
        triage=(
            shell("look", "echo 12; echo once >> times", save={"size": "json"}),
            prompt(
                "ask",
                {"name": "colour", "label": "Colour"},
                {"name": "pin", "label": "PIN", "type": "secret"},
            ),
            shell("use", 'echo "$VAR_COLOUR $VAR_PIN"; env | grep -c DECISION; wc -l < times'),
        ),
        summary="${colour} ${pin}",
    )
    parked(world, book)
    asked = world.bot.of("question")
    assert asked[0]["name"] == "ask"
    assert asked[0]["form"]["prompt"] == "What now, 12?"
    assert world.processes == []
    ended = resumed(world, answers={"colour": "red", "pin": "pin-of-ana"}, secrets=["pin"])
    assert ended["status"] == "succeeded"
    told = ends(world)
    assert told["ask"]["output"] == "Answered by @ana\ncolour: red\npin: ••••"
    assert told["ask"]["variables"] == {"colour": "red", "pin": "••••"}
    assert told["use"]["output"] == "red ••••\n0\n1"
    assert world.bot.of("summary") == [{"text": "red ••••"}]
    assert "pin-of-ana" not in json.dumps(world.bot.reports)


def test_a_secret_answer_is_hidden_in_later_claims_too(world: RunnerWorld) -> None:
    book = Runbook(
        triage=(
            prompt("ask", {"name": "pin", "label": "PIN", "type": "secret"}),
            approval("allow"),
            shell("use", 'echo "it is $VAR_PIN"'),
        )
    )
    parked(world, book, inputs={"size": 1})
    with AgentApi(world.folder.parents[1] / "address") as second:
        world.bot = second
        answers = {"answers": {"pin": "pin-of-ana"}, "secrets": ["pin"]}
        parked(
            world,
            book,
            fence=4,
            resume_gate="G-41",
            resume_decision={"gate": "G-41", "state": "satisfied", "by": "ana", **answers},
        )
    ended = resumed(world, note="fine")
    assert ended["status"] == "succeeded"
    assert ends(world)["allow"]["output"] == "Approved by @ana: fine"
    assert ends(world)["use"]["output"] == "it is ••••"
    assert "pin-of-ana" not in json.dumps(world.bot.reports)


def test_a_person_chooses_where_no_rule_does(world: RunnerWorld) -> None:
    book = Runbook(triage=(shell("look", "echo 1", save={"size": "json"}),), rules=BOOK.rules)
    book = Runbook(triage=book.triage, rules=BOOK.rules, remediations=BOOK.remediations)
    parked(world, book, inputs={"name": "x"})
    form = world.bot.of("question")[0]["form"]
    assert form["fields"][0]["choices"] == ["Cut it", "Move it", "Nothing: only summarize"]
    ended = resumed(world, answers={"remediation": "Move it"})
    assert ended["status"] == "succeeded"
    assert ends(world)["carry"]["output"] == "carried"
    assert ends(world)["decision"]["output"] == "Chosen by ana"


GUARDED = Runbook(
    rules=(Rule(when="true", use="cut", reason="It must be"),),
    remediations=(
        Remediation(name="cut", title="Cut it", steps=(approval("allow"), shell("cut", "echo c"))),
    ),
)


def test_an_approval_shows_what_will_be_done(world: RunnerWorld) -> None:
    parked(world, GUARDED)
    gate = world.bot.of("gate")[0]
    assert gate["checkpoint"] == "allow"
    assert gate["plan"]["summary"] == "Cut it: Do cut"
    assert gate["plan"]["commands"] == ["echo c"]
    assert phases(world)[-1] == "ready_for_remediation"
    ended = resumed(world)
    assert ended["status"] == "succeeded"
    assert phases(world)[0] == "remediation"


def test_changes_that_are_asked_for_let_a_person_choose(world: RunnerWorld) -> None:
    parked(world, GUARDED)
    with AgentApi(world.folder.parents[1] / "address") as second:
        world.bot = second
        decision = {"gate": "G-41", "state": "returned", "by": "ana", "note": "not today"}
        parked(world, GUARDED, fence=4, resume_gate="G-41", resume_decision=decision)
        assert world.bot.of("question")[0]["form"]["why"] == "@ana asked for changes: not today"
    ended = resumed(world, answers={"remediation": "Nothing: only summarize"})
    assert ended["status"] == "succeeded"
    assert "cut" not in ends(world)


def test_autopilot_passes_an_approval(world: RunnerWorld) -> None:
    world.bot.answer_gate = lambda _data: {"gate": "G-1", "state": "satisfied"}
    ended = carry_out(world, GUARDED, mode=Mode.AUTOPILOT)
    assert ended["status"] == "succeeded"
    assert ends(world)["allow"]["output"] == "Approved by @policy"


def test_a_question_that_is_none_fails_its_step(world: RunnerWorld) -> None:
    world.bot.answer_gate = lambda _data: {"error": "the job declares no checkpoint “allow”"}
    ended = carry_out(world, GUARDED)
    assert (ended["status"], ended["reason_code"]) == ("failed", "invalid_input")
    assert "declares no checkpoint" in ended["reason"]


def test_a_stop_while_a_step_works_ends_it_at_once(world: RunnerWorld) -> None:
    world.start(runbook=Runbook(triage=(shell("long", "sleep 600"),)), command=RUNBOOK_COMMAND)
    world.bot.wait_for("step")
    world.bot.stop(grace=2)
    ended = world.bot.wait_for("ended")
    assert ended["reason"] == "Stopped via chat."


def test_what_was_done_before_is_gone(world: RunnerWorld) -> None:
    parked(world, GUARDED)
    (world.folder / "runbook-state.json").write_text("{")
    ended = resumed(world)
    assert ended["status"] == "failed"
    assert "start it again" in ended["reason"]
