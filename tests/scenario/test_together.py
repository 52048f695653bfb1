"""One issue over Linear, Slack, the console and GitHub: decided once, told everywhere, in order."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.vocabulary import Disposition, Status
from tests.fakes.slack.surfaces import buttons_of
from tests.fakes.slack_stage import (
    CHANNEL,
    text_of,
)
from tests.fakes.together import Together, together


@pytest.fixture(params=["socket", "http"])
async def play(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Together]:
    async with together(database, tmp_path, request.param) as opened:
        yield opened


async def test_from_delegation_to_done(play: Together) -> None:
    session, runner = await play.at_the_gate()
    assert not play.linear.linear.world.unresponsive(session)
    asking = await play.asks_in_slack()
    assert (await play.slack.slack.uses("UREV", asking, "Approve")).acked
    await play.slack.until(lambda: "Approve" not in buttons_of(asking), what="no button")
    await play.settles()
    assert any("reviewer" in words for words in play.linear.said(session))
    assert play.linear.linear.world.status(session) == "active"

    await runner.orders()
    await play.ends_with_a_commit(runner)
    run = await play.run()
    assert run.disposition is Disposition.PR_OPEN
    await play.slack.until(lambda: run.pr_url in text_of(play.card()), what="the pull request")
    assert run.pr_url in session.links
    assert play.linear.linear.world.status(session) == "complete"

    await play.hears(play.github.state.close(7))
    await play.shows_everywhere("PR rejected")
    await play.hears(play.github.state.reopen(7), play.github.state.merge(7))
    assert (await play.run()).disposition is Disposition.PR_MERGED
    await play.linear.stage.says("developer", "/run review R-1")
    await play.shows_everywhere("Done")


async def test_the_loser_of_a_race_is_told_who_won(play: Together) -> None:
    session, _ = await play.at_the_gate()
    asking = await play.asks_in_slack()
    play.linear.linear.people.selects(session, "Approve", who="ben")
    await play.linear.settles()
    assert (await play.run()).status is Status.RUNNING
    await play.slack.until(lambda: "Approve" not in buttons_of(asking), what="no button")
    assert (await play.slack.slack.types_command("UREV", CHANNEL, "/run", "approve G-1")).acked
    won = f"approved by @reviewer in linear, {play.linear.stage.clock.now():%Y-%m-%d} 12:0"
    await play.slack.told(f"already decided: {won}", user="UREV")
    orders = await play.linear.stage.store.read(lambda tx: tx.orders.after(1, 0))
    assert [order.kind.value for order in orders] == ["decision"]


@pytest.mark.parametrize("place", ["linear", "slack", "console"])
async def test_it_is_stopped_from_everywhere(play: Together, place: str) -> None:
    session = await play.delegated()
    runner = await (await play.linear.stage.claims()).starts()
    await play.settles()
    match place:
        case "linear":
            play.linear.linear.people.stops(session)
        case "slack":
            sent = await play.slack.slack.types_command("UDEV", CHANNEL, "/run", "stop R-1")
            assert sent.acked
            await play.slack.told("R-1")
        case _:
            await play.linear.stage.says("developer", "/run stop R-1")
    await play.settles()
    assert (await play.run()).status is Status.CANCELLING
    await runner.ends("failed")
    await play.settles()
    await play.shows_everywhere("Cancelled")
    assert play.linear.linear.world.status(session) in {"complete", "error"}


async def test_an_outage_of_linear_and_of_github_loses_nothing(play: Together) -> None:
    session, runner = await play.at_the_gate()
    play.linear.linear.faults.down = True
    asking = await play.asks_in_slack()
    await play.slack.slack.uses("UREV", asking, "Approve")
    await play.slack.until(lambda: "Approve" not in buttons_of(asking), what="no button")
    for _ in range(12):
        play.linear.stage.clock.advance(timedelta(minutes=5))
        await runner.orders()
        await play.slack.goes_on()
    play.linear.linear.faults.down = False
    play.linear.stage.clock.advance(timedelta(minutes=10))
    await runner.orders()
    await play.settles()
    approved = [words for words in play.linear.said(session) if "Approved" in words]
    assert len(approved) == 1
    assert "reviewer" in approved[0]
