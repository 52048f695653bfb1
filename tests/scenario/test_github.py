"""From a pushed branch to a pull request, and from its fate back to the run: told once each."""

from dataclasses import replace

from bot.domain.events import EventType
from bot.domain.vocabulary import Disposition, Profile, Status
from bot.messages.cards import status_words
from bot.messages.reply import Outcome
from tests.adapters.github_world import SHOP
from tests.fakes.stage import rules, text_of
from tests.scenario.github_play import Play


async def test_a_pushed_branch_becomes_a_pull_request(play: Play) -> None:
    runner = await play.claims()
    await runner.reports("summary", text="Rounded half up, see #12 @all")
    await runner.reports("note", topic="tests", text="pytest: 12 passed", state="passed")
    await runner.reports("cost", input_tokens=5, output_tokens=7, usd=0.42, model="m")
    commit = await play.pushes(runner)
    await play.works()
    assert play.github.state.pulls == []
    await runner.ends()
    await play.works()
    (pull,) = play.github.state.pulls
    assert (pull.title, pull.branch, pull.draft) == (
        "Fix checkout rounding",
        "signalbox/r-1-fix",
        False,
    )
    for said in ("https://signalbox.test/runs/R-1", "developer", "0\\.42", "12 passed", "half up"):
        assert said in pull.body
    assert "@all" not in pull.body
    (check,) = play.github.state.checks
    assert (check["head_sha"], check["conclusion"]) == (commit, "success")
    run = await play.run()
    assert (run.disposition, run.phase) == (Disposition.PR_OPEN, "PR_RAISED")
    assert run.pr_url == play.github.state.web_url(pull)
    card = await play.theatre.card()
    assert f"[\\#7]({escaped(run.pr_url)}) · open" in [fact.value for fact in card.facts]
    assert "Pull request #7 is open" in await play.words()


def escaped(url: str) -> str:
    return url.replace("_", "\\_")


async def test_its_fate_becomes_the_runs(play: Play) -> None:
    run = await play.opens()
    state = play.github.state
    await play.hears(state.close(7))
    run = await play.run()
    assert (run.disposition, status_words(run)) == (Disposition.PR_REJECTED, "PR rejected")
    assert "PR rejected" in text_of(await play.theatre.card())
    await play.hears(state.reopen(7))
    assert (await play.run()).disposition is Disposition.PR_OPEN
    refused = await play.theatre.says("developer", "/run review 1")
    assert "without an open pull request" in text_of(refused.message)
    await play.hears(state.merge(7, by="ana"))
    assert (await play.run()).disposition is Disposition.PR_MERGED
    assert "#7 was merged by ana" in await play.words()
    assert (await play.theatre.says("developer", "/run review 1")).outcome is Outcome.DONE
    run = await play.run()
    assert (run.disposition, status_words(run)) == (Disposition.REVIEWED, "Done")
    await play.passes(days=1)
    assert (await play.run()).disposition is Disposition.REVIEWED


async def test_an_agents_run_says_pr_opened(play: Play) -> None:
    run = await play.opens("agent")
    assert (status_words(run), run.phase) == ("PR opened", "pr_raised")
    await play.hears(play.github.state.close(7))
    assert status_words(await play.run()) == "PR rejected"


async def test_what_ended_in_part_is_a_draft(play: Play) -> None:
    run = await play.opens(status="partial")
    assert play.github.state.pulls[0].draft
    assert (run.status, run.disposition) == (Status.PARTIAL, Disposition.PR_OPEN)
    assert "as a draft" in await play.words()


async def test_failures_and_other_hosts_make_none(play: Play) -> None:
    runner = await play.claims()
    await play.pushes(runner)
    await runner.ends("failed")
    local = await play.claims("local")
    await local.reports("pushed", commit="c0ffee", branch="b")
    await local.ends()
    idle = await play.claims()
    await idle.ends()
    await play.works()
    assert play.github.state.pulls == []
    assert await play.worker.turn() == 0


async def test_order_and_number_of_webhooks_do_not_matter(play: Play) -> None:
    await play.opens()
    state = play.github.state
    closed, opened, merged = state.close(7), state.reopen(7), state.merge(7)
    await play.hears(merged, closed, merged, opened, closed, opened, merged)
    assert (await play.run()).disposition is Disposition.PR_MERGED
    assert await play.count(EventType.DISPOSITION_CHANGED) == 1
    await play.worker.forget_deliveries()
    await play.hears(closed)
    assert await play.count(EventType.DISPOSITION_CHANGED) == 1
    assert (await play.words()).count("#7 was merged") == 1


async def test_what_happened_while_nobody_was_there_is_found(play: Play) -> None:
    await play.opens()
    play.github.state.close(7)
    await play.works()
    assert (await play.run()).disposition is Disposition.PR_OPEN
    await play.worker.catch_up()
    await play.works()
    assert (await play.run()).disposition is Disposition.PR_REJECTED
    play.github.state.reopen(7)
    await play.passes(hours=1)
    assert (await play.run()).disposition is Disposition.PR_OPEN
    play.github.state.merge(7)
    await play.passes(minutes=3)
    assert (await play.run()).disposition is Disposition.PR_MERGED
    play.github.state.requests.clear()
    await play.worker.catch_up()
    await play.works()
    assert play.github.state.requests == []


async def test_a_day_without_github_loses_nothing(play: Play) -> None:
    await play.opens()
    play.github.state.outage = True
    runner = await play.claims()
    await play.pushes(runner)
    await runner.ends()
    play.github.state.close(7)
    for _ in range(144):
        await play.passes(minutes=10)
    assert (await play.words()).count("no pull request yet") == 1
    assert len(play.github.state.pulls) == 1
    play.github.state.outage = False
    await play.passes(minutes=10)
    first, second = await play.run(1), await play.run(2)
    assert (first.disposition, second.disposition) == (
        Disposition.PR_REJECTED,
        Disposition.PR_OPEN,
    )
    words = await play.words()
    assert words.count("was closed without a merge") == 1
    assert words.count("Pull request #8 is open") == 1
    assert words.count("no pull request yet") == 1


async def test_an_answer_that_was_lost_makes_no_second_one(play: Play) -> None:
    play.github.state.lose_answer_of = f"POST /repos/{SHOP}/pulls"
    await play.opens()
    await play.passes(seconds=10)
    assert len(play.github.state.pulls) == 1
    assert await play.count(EventType.PULL_REQUEST_OPENED) == 1
    assert await play.count(EventType.PULL_REQUEST_HELD_UP) == 0


async def test_a_missing_permission_is_told_once_and_mended_by_people(play: Play) -> None:
    assert play.github.state.app is not None
    installed = play.github.state.app.installations
    play.github.state.app.installations = {}
    await play.opens()
    await play.passes(hours=1)
    await play.passes(hours=1)
    assert (await play.words()).count("The GitHub App is not installed where acme/shop is") == 1
    play.github.state.app.installations = installed
    await play.passes(hours=1)
    assert (await play.run()).disposition is Disposition.PR_OPEN


async def test_what_cannot_be_opened_is_given_up_after_a_week(play: Play) -> None:
    assert play.github.state.app is not None
    play.github.state.app.installations = {}
    await play.opens()
    for _ in range(8):
        await play.passes(days=1)
    pull = await play.theatre.store.read(lambda tx: tx.pull_requests.find(1))
    assert pull is not None
    assert (pull.state.value, pull.due_at) == ("given_up", None)


async def test_asked_changes_are_addressed_by_a_press(play: Play) -> None:
    await play.opens()
    review = play.github.state.request_changes(7, "Use Decimal", {"shop/money.py:7": "here"})
    await play.hears(review, review)
    assert await play.count(EventType.PULL_REQUEST_REVIEWED) == 1
    assert "Changes are asked for in #7, by rev" in await play.words()
    assert (await play.theatre.presses("developer", "Address it")).outcome is Outcome.DONE
    second = await play.theatre.claims()
    assert second.assignment.attempt == 2
    (told,) = second.assignment.reviews
    assert (told.text, told.comments) == ("Use Decimal", ("shop/money.py:7: here",))
    again = await play.theatre.presses("developer", "Address it")
    assert "is still" in text_of(again.message)
    await second.starts()
    await play.pushes(second, "better")
    await second.ends()
    await play.works()
    run = await play.run()
    assert (run.attempt, run.disposition) == (2, Disposition.PR_OPEN)
    assert len(play.github.state.pulls) == 1
    assert "attempt 2" in play.github.state.pulls[0].body
    assert "#7 has the new work" in await play.words()
    assert len(play.github.state.checks) == 2


async def test_a_follow_up_without_success_leaves_the_pull_request_open(play: Play) -> None:
    await play.opens()
    assert (await play.theatre.says("developer", "/run retry 1")).outcome is Outcome.DONE
    second = await (await play.theatre.claims()).starts()
    await play.passes(minutes=3)
    assert (await play.run()).disposition is Disposition.NONE
    await second.ends("failed")
    await play.passes(minutes=3)
    run = await play.run()
    assert (run.status, run.disposition) == (Status.FAILED, Disposition.PR_OPEN)


async def test_a_rejected_one_is_followed_by_another(play: Play) -> None:
    await play.opens()
    await play.hears(play.github.state.close(7))
    await play.theatre.says("developer", "/run retry 1")
    second = await (await play.theatre.claims()).starts()
    await play.pushes(second, "better")
    await second.ends()
    await play.works()
    run = await play.run()
    assert (run.disposition, run.pr_url[-1]) == (Disposition.PR_OPEN, "8")
    await play.hears(play.github.state.deliveries[0])
    assert (await play.run()).disposition is Disposition.PR_OPEN


async def test_a_deleted_run_hears_no_more_of_it(play: Play) -> None:
    await play.opens()
    assert (await play.theatre.says("admin", "/run delete 1")).outcome is Outcome.DONE
    await play.theatre.passes(seconds=30)
    play.github.state.requests.clear()
    await play.hears(play.github.state.close(7))
    run, pull = await play.theatre.store.read(
        lambda tx: (tx.runs.load(1), tx.pull_requests.find(1))
    )
    assert (run.disposition, pull) == (Disposition.DELETED, None)
    assert play.github.state.requests == []


async def test_the_profile_without_a_phase_for_it_keeps_its_own(play: Play) -> None:
    blueprint = replace(play.theatre.rules.catalog.find("fix"), profile=Profile.AUTOMATION)
    play.theatre.rules = replace(
        play.theatre.rules, catalog=rules(replace(blueprint, name="tidy")).catalog
    )
    run = await play.opens("tidy")
    assert (run.disposition, run.phase) == (Disposition.PR_OPEN, "")
