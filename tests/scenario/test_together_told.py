"""What is told of one issue in Linear, in Slack and on the console, whatever else is going on."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.vocabulary import Disposition, Status
from tests.fakes.linear.world import Session
from tests.fakes.slack.surfaces import buttons_of
from tests.fakes.slack_stage import CHANNEL, text_of
from tests.fakes.stage import Runner
from tests.fakes.together import Together, together

PUSHED, ENDED, HELD_UP, OPEN = "Pushed", "Completed", "no pull request yet", "Pull request #7"
CLOSED, MERGED = "closed without a merge", "was merged"
APPROVED = "Approved by"


@pytest.fixture
async def play(database: str, tmp_path: Path) -> AsyncIterator[Together]:
    async with together(database, tmp_path, "http") as opened:
        yield opened


async def tells_once(play: Together, session: Session, *facts: str) -> None:
    """Every surface has each fact exactly once, in this order."""
    for place, said in (await play.told(session)).items():
        found = [[at for at, words in enumerate(said) if fact in plain(words)] for fact in facts]
        assert [len(each) for each in found] == [1] * len(facts), (place, facts, "\n".join(said))
        assert found == sorted(found), (place, facts, said)


def plain(words: str) -> str:
    """Words without the marks that emphasize them."""
    return words.replace("*", "").replace("\\", "")


async def approved(play: Together) -> tuple[Session, Runner]:
    """The plan is approved in Slack."""
    session, runner = await play.at_the_gate()
    asking = await play.asks_in_slack()
    assert (await play.slack.slack.uses("UREV", asking, "Approve")).acked
    await play.slack.until(lambda: "Approve" not in buttons_of(asking), what="no button")
    await play.settles()
    return session, runner


async def test_the_first_word_is_in_time_when_all_else_is_slow_or_down(play: Together) -> None:
    play.linear.linear.faults.slow = timedelta(seconds=7)
    play.github.state.outage = True
    play.slack.slack.goes_down()
    session = await play.delegated()
    assert not play.linear.linear.world.unresponsive(session)
    assert (await play.linear.stage.card()).attributes["run"] == "R-1"
    play.slack.slack.recovers()
    await play.passes(minutes=10)
    await play.slack.until(lambda: "R-1" in text_of(play.card()), what="the card")


async def test_buttons_go_everywhere_once_it_is_decided_anywhere(play: Together) -> None:
    session, _ = await play.at_the_gate()
    asking = await play.asks_in_slack()
    gates = [m for m in await play.linear.stage.told() if "gate" in m.attributes]
    assert "Approve" in [button.label for button in gates[0].buttons]
    assert session.activities[-1].signal == "select"
    play.linear.linear.people.selects(session, "Approve", who="ben")
    await play.settles()
    assert not {"Approve", "Deny…"} & set(buttons_of(asking))
    gates = [m for m in await play.linear.stage.told() if "gate" in m.attributes]
    assert gates[0].buttons == ()
    assert play.linear.linear.world.status(session) == "active"
    await tells_once(play, session, APPROVED)


async def test_its_fate_on_github_is_told_everywhere_once(play: Together) -> None:
    session, runner = await approved(play)
    await play.ends_with_a_commit(runner)
    await play.hears(play.github.state.close(7))
    await play.shows_everywhere("PR rejected")
    await tells_once(play, session, APPROVED, PUSHED, ENDED, OPEN, CLOSED)
    assert session.issue.state.name == "In Review"
    reopened, merged = play.github.state.reopen(7), play.github.state.merge(7)
    await play.hears(merged, reopened, merged)
    sent = await play.slack.slack.types_command("UDEV", CHANNEL, "/run", "review R-1")
    assert sent.acked
    await play.shows_everywhere("Done")
    await tells_once(play, session, APPROVED, PUSHED, ENDED, OPEN, CLOSED, MERGED, "reviewed")
    assert session.issue.state.name == "Done"
    assert play.linear.linear.world.status(session) == "complete"


async def test_a_new_assignee_in_linear_is_the_owner_everywhere(play: Together) -> None:
    session = await play.delegated()
    play.linear.linear.people.assigns(session.issue, "ben")
    await play.settles()
    assert (await play.run()).owner == "reviewer"
    await play.shows_everywhere("@reviewer")
    await tells_once(play, session, "reviewer")


async def test_whoever_asks_again_anywhere_finds_the_live_run(play: Together) -> None:
    first = await play.delegated()
    second = play.linear.linear.people.mentions_app(first.issue, who="ben")
    await play.settles()
    assert any("R-1" in words for words in play.linear.said(second))
    sent = await play.slack.slack.types_command("UDEV", CHANNEL, "/run", "dispatch ENG-141")
    assert sent.acked
    await play.slack.told("R-1")
    reply = await play.linear.stage.says("developer", "/run dispatch ENG-141")
    assert reply.runs == ("R-1",)
    with pytest.raises(Exception, match="run 2"):
        await play.linear.stage.store.read(lambda tx: tx.runs.load(2))


async def test_an_hour_without_linear_is_caught_up_in_order(play: Together) -> None:
    session, runner = await play.at_the_gate()
    asking = await play.asks_in_slack()
    play.linear.linear.faults.down = True
    assert (await play.slack.slack.uses("UREV", asking, "Approve")).acked
    await play.slack.until(lambda: "Approve" not in buttons_of(asking), what="no button")
    play.linear.linear.people.replies(session, "mind the tests")
    await play.passes(runner, minutes=20)
    told = [order.data.get("text") for order in await runner.orders()]
    assert told.count("mind the tests") == 1
    await play.ends_with_a_commit(runner)
    await play.passes(minutes=40)
    await play.slack.until(lambda: "pull/7" in text_of(play.card()), what="the pull request")
    play.linear.linear.faults.down = False
    await play.passes(minutes=10)
    await tells_once(play, session, APPROVED, PUSHED, ENDED, OPEN)
    assert play.linear.linear.world.status(session) == "complete"
    assert session.issue.state.name == "In Review"
    mirrored = [c for c in play.linear.linear.world.comments.values() if c.session == session.id]
    assert not [each.body for each in mirrored if PUSHED in each.body]


async def test_a_day_without_github_is_told_once_and_made_good(play: Together) -> None:
    session, runner = await approved(play)
    play.github.state.outage = True
    await play.ends_with_a_commit(runner)
    await play.passes(hours=24)
    assert play.github.state.pulls == []
    await tells_once(play, session, APPROVED, PUSHED, ENDED, HELD_UP)
    play.github.state.outage = False
    await play.passes(minutes=20)
    assert len(play.github.state.pulls) == 1
    assert (await play.run()).disposition is Disposition.PR_OPEN
    play.github.state.outage = True
    play.github.state.merge(7)
    await play.passes(hours=24)
    play.github.state.outage = False
    await play.passes(minutes=20)
    await tells_once(play, session, APPROVED, PUSHED, ENDED, HELD_UP, OPEN, MERGED)
    assert (await play.run()).status is Status.SUCCEEDED
    assert session.issue.state.name == "Done"
