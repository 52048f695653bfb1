import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.blueprint import Replies
from tests.adapters.runner_world import RunnerWorld, runner_world, wait_until

MESSAGE = {"id": 5, "by": "ana", "kind": "ask", "text": "why? „so“", "gate": "G-41"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RunnerWorld]:
    with runner_world(tmp_path / "data") as made:
        yield made


def test_messages_arrive_on_standard_input(world: RunnerWorld) -> None:
    world.start(
        'echo up; while ! [ -e go ]; do sleep 0.05; done; read line; echo "$line"; read line',
        replies=Replies.STDIN,
    )
    world.bot.wait_for_log("up")
    first = world.bot.order("reply", **MESSAGE)
    world.bot.order("reply", **{**MESSAGE, "id": 6})
    assert world.bot.consumed == []
    (world.folder / "workspace" / "go").touch()
    world.bot.wait_for("ended")
    assert json.loads(world.bot.log("out").splitlines()[1]) == MESSAGE
    assert first in world.bot.consumed


def test_what_one_start_has_not_read_the_next_one_gets(world: RunnerWorld) -> None:
    world.start(
        "if [ -e again ]; then cat; else touch again; echo up; sleep 1000; fi",
        replies=Replies.STDIN,
    )
    world.bot.wait_for_log("up")
    number = world.bot.order("reply", **MESSAGE)
    world.bot.order("restart", by="ana")
    world.bot.wait_for_log("why?")
    world.bot.wait_until(lambda: number in world.bot.consumed, "consumption")
    world.bot.stop(grace=1)
    world.bot.wait_for("ended")


def test_messages_arrive_in_a_file(world: RunnerWorld) -> None:
    world.start(
        'echo up; while ! [ -s "$SIGNALBOX_REPLIES" ]; do sleep 0.05; done; '
        'cat "$SIGNALBOX_REPLIES"',
        replies=Replies.FILE,
    )
    world.bot.wait_for_log("up")
    number = world.bot.order("reply", **MESSAGE)
    world.bot.wait_for("ended")
    assert json.loads(world.bot.log("out").splitlines()[1]) == MESSAGE
    assert world.bot.consumed == [number]


def test_a_message_for_a_program_that_takes_none_is_noted(world: RunnerWorld) -> None:
    world.start("echo up; while ! [ -e go ]; do sleep 0.05; done")
    number = world.bot.order("reply", **MESSAGE)
    world.bot.wait_until(lambda: number in world.bot.consumed, "consumption")
    wait_until((world.folder / "workspace").exists, "the workspace")
    (world.folder / "workspace" / "go").touch()
    world.bot.wait_for("ended")
    assert "A message for the program had no effect" in world.bot.log("runner")
