"""What GitHub shows beside a run's commits while it goes on, and of drafts that become whole."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.events import EventType
from bot.domain.vocabulary import Disposition
from bot.messages.reply import Outcome
from tests.adapters.github_world import SHOP
from tests.fakes.stage import Runner, text_of
from tests.scenario.github_play import Play, github_play

POST, PATCH = f"POST /repos/{SHOP}/check-runs", f"PATCH /repos/{SHOP}/check-runs"


@pytest.fixture
async def by_token(database: str, tmp_path: Path) -> AsyncIterator[Play]:
    async with github_play(database, tmp_path / "github", kind="token") as opened:
        yield opened


def shown(play: Play) -> list[tuple[str, str]]:
    """What each request has made of a check run: its standing and title."""
    return [
        (said.get("conclusion") or said["status"], said["output"]["title"])
        for said in play.github.state.told
    ]


def calls(play: Play, what: str) -> int:
    return len([call for call in play.github.calls() if call.startswith(what)])


async def waits(play: Play, runner: Runner) -> None:
    form = {"prompt": "Which?", "fields": [{"name": "place", "label": "Place"}]}
    await runner.reports("question", name="ask", form=form)
    await play.theatre.settle()


async def answers(play: Play) -> None:
    answered = await play.theatre.says("reviewer", "/run answer 1 here")
    assert answered.outcome is Outcome.DONE, text_of(answered.message)


async def test_a_commit_shows_its_run_from_the_push_to_the_end(play: Play) -> None:
    runner = await play.claims()
    commit = await play.pushes(runner)
    await play.works()
    (check,) = play.github.state.checks
    assert (check["head_sha"], check["external_id"]) == (commit, "R-1")
    assert check["details_url"] == "https://signalbox.test/runs/R-1"
    await play.passes(minutes=1)
    await waits(play, runner)
    await play.works()
    await play.passes(minutes=1)
    await answers(play)
    await play.passes(minutes=1)
    await runner.ends()
    await play.works()
    await play.passes(hours=1)
    assert shown(play) == [
        ("in_progress", "R-1 · Running"),
        ("in_progress", "R-1 · Waiting for a person"),
        ("in_progress", "R-1 · Running"),
        ("success", "R-1 · Completed · 2 min of compute"),
    ]
    assert (calls(play, POST), calls(play, PATCH)) == (1, 3)


@pytest.mark.parametrize(("status", "conclusion"), [("failed", "failure"), ("partial", "neutral")])
async def test_every_end_is_told(play: Play, status: str, conclusion: str) -> None:
    runner = await play.claims()
    await play.pushes(runner)
    await runner.ends(status)
    await play.works()
    assert [standing for standing, _ in shown(play)] == [conclusion]


async def test_a_run_that_was_stopped_is_cancelled_there(play: Play) -> None:
    runner = await play.claims()
    await play.pushes(runner)
    await play.works()
    stopped = await play.theatre.says("admin", "/run stop 1")
    assert stopped.outcome is Outcome.DONE, text_of(stopped.message)
    await runner.ends("failed")
    await play.passes(minutes=1)
    assert shown(play)[-1] == ("cancelled", "R-1 · Cancelled")


async def test_changes_in_quick_succession_are_one_call(play: Play) -> None:
    runner = await play.claims()
    await play.pushes(runner)
    await play.works()
    await waits(play, runner)
    await play.works()
    await answers(play)
    await play.works()
    assert shown(play) == [("in_progress", "R-1 · Running")]
    await play.passes(minutes=1)
    assert shown(play) == [("in_progress", "R-1 · Running")]
    await runner.ends()
    await play.works()
    assert [standing for standing, _ in shown(play)] == ["in_progress", "success"]


async def test_a_later_commit_takes_the_place_of_an_earlier_one(play: Play) -> None:
    runner = await play.claims()
    first = await play.pushes(runner)
    await play.works()
    second = await play.pushes(runner, "better")
    await play.works()
    await runner.ends()
    await play.works()
    ends = {c["head_sha"]: c["conclusion"] for c in play.github.state.checks}
    assert ends == {first: "neutral", second: "success"}
    assert ("neutral", "R-1 · A later commit took its place") in shown(play)
    assert calls(play, PATCH) == 2


async def test_an_earlier_attempts_commit_keeps_its_end(play: Play) -> None:
    runner = await play.claims()
    first = await play.pushes(runner)
    await play.works()
    play.github.state.outage = True
    await runner.ends("failed")
    await play.works()
    await play.theatre.says("developer", "/run retry 1")
    second = await (await play.theatre.claims()).starts()
    play.github.state.outage = False
    await play.passes(minutes=10)
    assert [c["conclusion"] for c in play.github.state.checks] == ["failure"]
    commit = await play.pushes(second, "better")
    await second.ends()
    await play.works()
    ends = {c["head_sha"]: c["conclusion"] for c in play.github.state.checks}
    assert ends == {first: "failure", commit: "success"}


async def test_an_answer_that_was_lost_makes_no_second_check(play: Play) -> None:
    play.github.state.lose_answer_of = POST
    runner = await play.claims()
    await play.pushes(runner)
    await play.works()
    await play.passes(seconds=10)
    await runner.ends()
    await play.works()
    (check,) = play.github.state.checks
    assert check["conclusion"] == "success"


async def test_where_checks_are_not_permitted_everything_else_works(play: Play) -> None:
    assert play.github.state.app is not None
    del play.github.state.app.permissions["checks"]
    run = await play.opens()
    assert run.disposition is Disposition.PR_OPEN
    await play.passes(hours=1)
    asked = [call for call in play.github.calls() if "check-runs" in call]
    assert len(asked) <= 2
    assert play.github.state.checks == []


async def test_with_a_token_it_is_a_status(by_token: Play) -> None:
    runner = await by_token.claims()
    await by_token.pushes(runner)
    await by_token.works()
    await by_token.passes(minutes=1)
    await waits(by_token, runner)
    await by_token.works()
    await runner.ends("failed")
    await by_token.works()
    said = [(one["state"], one["description"]) for one in by_token.github.state.statuses]
    assert said == [
        ("pending", "R-1 · Running"),
        ("pending", "R-1 · Waiting for a person"),
        ("failure", "R-1 · Failed · 1 min of compute"),
    ]


# --- drafts ----------------------------------------------------------------------------------


async def follows_up(play: Play, status: str = "succeeded") -> None:
    """The next attempt pushes and ends."""
    await play.theatre.says("developer", "/run retry 1")
    runner = await (await play.theatre.claims()).starts()
    await play.pushes(runner, f"more {status}")
    await runner.ends(status)
    await play.works()


async def test_a_draft_is_ready_once_all_is_done(play: Play) -> None:
    await play.opens(status="partial")
    await follows_up(play, "partial")
    assert [pull.draft for pull in play.github.state.pulls] == [True]
    await follows_up(play)
    (pull,) = play.github.state.pulls
    assert not pull.draft
    assert "#7 has the new work" in await play.words()
    assert "and is ready for review" in await play.words()
    assert "Still a draft" not in pull.body
    assert await play.count(EventType.PULL_REQUEST_OPENED) == 3


async def test_what_people_made_a_draft_stays_one(play: Play) -> None:
    await play.opens()
    (pull,) = play.github.state.pulls
    pull.draft = True
    review = play.github.state.request_changes(7, "Use Decimal")
    await play.hears(review)
    await follows_up(play)
    assert pull.draft
    assert calls(play, "POST /graphql") == 0


async def test_one_that_may_not_be_marked_says_so(play: Play) -> None:
    await play.opens(status="partial")
    (pull,) = play.github.state.pulls
    assert play.github.state.app is not None
    play.github.state.app.permissions["contents"] = "read"
    await follows_up(play)
    assert pull.draft
    assert "a person must" in pull.body
    assert "a person must" in await play.words()
    assert (await play.run()).disposition is Disposition.PR_OPEN
    made = calls(play, f"POST /repos/{SHOP}")
    await play.passes(hours=2)
    assert calls(play, f"POST /repos/{SHOP}") == made


async def test_github_may_be_away_while_it_is_marked(play: Play) -> None:
    await play.opens(status="partial")
    play.github.state.lose_answer_of = "POST /graphql"
    await follows_up(play)
    await play.passes(minutes=1)
    (pull,) = play.github.state.pulls
    assert not pull.draft
    assert (await play.words()).count("and is ready for review") == 1
    assert [text_of(m) for m in await play.theatre.told() if "Still a draft" in text_of(m)] == []
