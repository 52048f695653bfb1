"""A real runner carries out a program that prints the events of a coding agent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.domain.blueprint import Stream
from tests.adapters.runner_world import RunnerWorld, runner_world

FIXTURES = Path(__file__).parents[1] / "data" / "streams"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RunnerWorld]:
    with runner_world(tmp_path / "data") as made:
        yield made


@pytest.mark.parametrize(
    ("stream", "tokens", "usd", "answer"),
    [
        (Stream.CLAUDE_CODE, 48_818, 0.0625, "Rounded half up in shop/money.py; both tests pass."),
        (Stream.CODEX, 3_000, 0, "Now all tests pass."),
        (Stream.OPENCODE, 330, 0.03, "Rounded half up."),
    ],
)
def test_a_stream_becomes_reports_and_a_log(
    world: RunnerWorld, stream: Stream, tokens: int, usd: float, answer: str
) -> None:
    fixture = FIXTURES / f"{stream.value}.jsonl"
    ended = world.carry_out(
        f'echo plain; sed "s#{{root}}#$PWD#" {fixture}; echo oops >&2', stream=stream
    )
    assert ended["status"] == "succeeded"
    bot = world.bot
    assert bot.of("phase") == [{"name": "planning"}, {"name": "working"}]
    costs = bot.of("cost")
    assert sum(cost["input_tokens"] for cost in costs) == tokens
    assert sum(cost.get("usd", 0) for cost in costs) == pytest.approx(usd)
    assert {"text": answer} in bot.of("summary")
    assert {note["topic"] for note in bot.of("note")} >= {"files", "tests", "plan"}
    assert "/" not in bot.of("note")[0].get("text", "")
    assert {step["state"] for step in bot.of("step")} == {"running", "done", "failed"}
    assert bot.log("err") == "oops\n"
    assert bot.log("out").startswith("plain\n")
    assert '{"type"' not in bot.log("out")
    assert bot.log("runner") == ""


def test_without_a_stream_events_are_plain_output(world: RunnerWorld) -> None:
    world.carry_out(f"cat {FIXTURES / 'codex.jsonl'}")
    assert world.bot.of("cost") == []
    assert world.bot.log("out") == (FIXTURES / "codex.jsonl").read_text()


def test_a_running_total_is_not_told_again_after_a_restart(world: RunnerWorld) -> None:
    world.start(
        f"cat {FIXTURES / 'codex.jsonl'}; [ -e again ] || {{ touch again; exec sleep 60; }}",
        stream=Stream.CODEX,
    )
    world.bot.wait_for("cost", 2)
    world.bot.order("restart", by="ana")
    world.bot.wait_for("ended")
    assert sum(cost["input_tokens"] for cost in world.bot.of("cost")) == 3_000
