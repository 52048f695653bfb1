"""Questions through a real runner: asked, answered, held, and secrets masked from then on."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.runner_world import RunnerWorld, runner_world
from tests.fakes.agent_api import PATIENCE

FORM = '{"prompt": "Which?", "fields": [{"name": "one", "label": "One"}]}'
WRITE = f"echo '{FORM}' > form.json; "
ASK = WRITE + "signalbox report question ask --form form.json --wait"
SECRET = "hunter2-and-more"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RunnerWorld]:
    with runner_world(tmp_path / "data") as made:
        yield made


def answer(world: RunnerWorld) -> Any:
    return json.loads((world.folder / "workspace" / "answer.json").read_text())


def test_a_question_waits_for_its_answer(world: RunnerWorld) -> None:
    world.start(f"{ASK} > answer.json; echo code $?")
    assert world.bot.wait_for("question") == {"name": "ask", "form": json.loads(FORM)}
    number = world.bot.answer(one="the first")
    assert world.bot.wait_for("ended")["status"] == "succeeded"
    assert world.bot.log("out") == "code 0\n"
    assert answer(world)["answers"] == {"one": "the first"}
    assert answer(world)["by"] == "ana"
    assert world.bot.consumed == [number]


@pytest.mark.parametrize("state", ["expired", "void"])
def test_a_question_nobody_answers_is_told(world: RunnerWorld, state: str) -> None:
    world.start(f"{ASK} > answer.json; echo code $?")
    world.bot.wait_for("question")
    world.bot.decide(state)
    world.bot.wait_for("ended")
    assert world.bot.log("out") == "code 11\n"


def test_without_a_hold_the_program_parks_at_once(world: RunnerWorld) -> None:
    runner = world.start(f"{ASK} --hold 0 > answer.json; exit $?", hold=timedelta(hours=1))
    assert world.bot.wait_for("parked") == {"gate": "G-41"}
    assert runner.wait(PATIENCE) == 0
    assert answer(world)["state"] == "held"


def test_a_program_cannot_lengthen_the_hold(world: RunnerWorld) -> None:
    world.start(f"{ASK} --hold 3600 > answer.json; exit $?", hold=timedelta(seconds=0.3))
    assert world.bot.wait_for("parked") == {"gate": "G-41"}


def test_a_secret_is_masked_from_its_answer_on(world: RunnerWorld) -> None:
    world.start(
        f"{ASK} > answer.json; cat answer.json; printf 'early %s' '{SECRET[:4]}'; "
        f"signalbox report summary 'it is {SECRET}'; echo {SECRET} | base64"
    )
    world.bot.wait_for("question")
    world.bot.answer(("one",), one=SECRET)
    world.bot.wait_for("ended")
    assert answer(world)["answers"] == {"one": SECRET}
    assert "secrets" not in answer(world)
    assert SECRET not in str(world.bot.reports)
    assert '"one": "••••"' in world.bot.log("out")
    assert world.bot.of("summary") == [{"text": "it is ••••"}]


def test_a_secret_it_resumes_with_is_masked_too(world: RunnerWorld) -> None:
    decision = {
        "gate": "G-41",
        "state": "satisfied",
        "answers": {"one": SECRET},
        "secrets": ["one"],
    }
    world.carry_out(
        'echo "$SIGNALBOX_RESUME $SIGNALBOX_DECISION"; echo "$SIGNALBOX_DECISION" > answer.json',
        resume_gate="G-41",
        resume_decision=decision,
    )
    assert answer(world)["answers"] == {"one": SECRET}
    assert SECRET not in str(world.bot.reports)
    assert "secrets" not in answer(world)
    assert world.bot.log("out").startswith("G-41 ")


def test_wrong_use_and_wrong_forms_are_explained(world: RunnerWorld) -> None:
    world.bot.answer_gate = lambda _data: {"error": "The form needs a prompt."}
    world.carry_out(
        f"{WRITE} signalbox report question ask --form none.json; echo $?; "
        "signalbox report question ask --form form.json --hold -1; echo $?; "
        "signalbox report question ask --form form.json --wait; echo $?"
    )
    lines = world.bot.log("out").splitlines()
    assert "The form none.json cannot be read" in lines[0]
    assert "hold must be a number" in lines[2]
    assert json.loads(lines[4]) == {"error": "The form needs a prompt."}
    assert lines[1::2] == ["2", "2", "1"]


def test_a_question_may_be_opened_and_answered_later(world: RunnerWorld) -> None:
    world.start(f"{WRITE} signalbox report question ask --form form.json; echo $?")
    world.bot.wait_for("ended")
    lines = world.bot.log("out").splitlines()
    assert json.loads(lines[0]) == {"gate": "G-41", "state": "open"}
    assert lines[1] == "0"
