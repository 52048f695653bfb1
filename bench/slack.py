"""Cards in Slack: from a change of a run to the edited card, where nothing has to wait its turn.

usage: python -m bench.slack [--changes 200]
The stand-in for Slack runs in the same process, over loopback, and the notifier of the bot is at
work. The stage's clock goes on before each change, so that no edit rests. The anchor of the same
run: a bare chat.update of the card, by a plain client.
"""

import argparse
import asyncio
import shutil
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from bot.domain.vocabulary import Mode
from storage.migrate import migrate
from storage.sqlite import sqlite_url
from tests.fakes.slack.fake import FakeMessage
from tests.fakes.slack_delivery import SlackStage, slack_stage
from tests.fakes.stage import Runner

_MOST_WAITED = 30.0
_RESTED = timedelta(seconds=10)


async def edits(play: SlackStage, runner: Runner, numbers: range) -> list[float]:
    """Milliseconds from each report of a phase until Slack has taken the card that shows it."""
    (card,) = play.said()
    taken = []
    for number in numbers:
        name = f"phase-{number:06}"
        play.stage.clock.advance(_RESTED)
        begun = time.perf_counter()
        await runner.reports("phase", name=name)
        await _shows(card, name)
        taken.append((time.perf_counter() - begun) * 1e3)
    return taken


async def plain(play: SlackStage, changes: int) -> list[float]:
    """Milliseconds of one chat.update each, the same as the notifier's last."""
    client = await play.calls.client(play.slack.team_id)
    last, taken = play.slack.calls_of("chat.update")[-1].arguments, []
    for _ in range(changes):
        begun = time.perf_counter()
        await client.chat_update(**last)
        taken.append((time.perf_counter() - begun) * 1e3)
    return taken


async def _shows(card: FakeMessage, words: str) -> None:
    async with asyncio.timeout(_MOST_WAITED):
        while words not in str(card.blocks):  # noqa: ASYNC110  # the stand-in tells nobody
            await asyncio.sleep(0.0005)


async def _begins(play: SlackStage) -> Runner:
    """A run at work, with its card in the channel."""
    await play.dispatches("hello", mode=Mode.AUTOPILOT)
    runner = await (await play.stage.claims()).starts()
    async with asyncio.timeout(_MOST_WAITED):
        while not play.said():  # noqa: ASYNC110  # the stand-in tells nobody
            await asyncio.sleep(0.01)
    play.stage.clock.advance(_RESTED)
    await _shows(play.said()[0], "Running")
    return runner


async def measure(folder: Path, changes: int) -> None:
    """The anchor before and after, and the edits in between."""
    database = shutil.copy(folder / "blank.db", folder / "bench.db")
    async with slack_stage(f"sqlite:///{database}") as play, asyncio.TaskGroup() as group:
        telling = group.create_task(play.notifier.run())
        runner = await _begins(play)
        await edits(play, runner, range(20))
        anchor = await plain(play, changes // 2)
        ours = await edits(play, runner, range(20, 20 + changes))
        anchor += await plain(play, changes // 2)
        _say("bare chat.update", anchor)
        _say("change of a run → card edited", ours)
        ratio = statistics.median(ours) / statistics.median(anchor)
        print(f"ratio of the p50: {ratio:.1f}")
        telling.cancel()


def _say(label: str, taken: list[float]) -> None:
    cuts = statistics.quantiles(taken, n=100)
    print(f"{label:32}p50 {cuts[49]:8.2f} ms   p95 {cuts[94]:8.2f} ms   p99 {cuts[98]:8.2f} ms")


def main() -> None:
    """Measure once and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=200)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        migrate(sqlite_url(folder / "blank.db"))
        asyncio.run(measure(folder, given.changes))


if __name__ == "__main__":
    main()
