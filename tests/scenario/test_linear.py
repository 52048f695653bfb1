"""Dialogues in Linear: the real core and adapter over the stand-in, clocks held by the test."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.domain.vocabulary import Status
from tests.fakes.linear.stage import LinearStage, linear_stage
from tests.fakes.linear.world import Issue, Session
from tests.fakes.stage import PLAN, Runner


@pytest.fixture
async def play(database: str) -> AsyncIterator[LinearStage]:
    async with linear_stage(database) as opened:
        yield opened


def issue_of(play: LinearStage, **details: str) -> Issue:
    return play.linear.world.add_issue("Checkout rounds down", **details)


async def begun(play: LinearStage) -> Session:
    """A session that ana began on an issue, and its run."""
    session = play.linear.people.mentions_app(issue_of(play))
    await play.settles()
    return session


async def at_gate(play: LinearStage) -> tuple[Session, Runner]:
    """A run that waits for the approval of its plan."""
    session = await begun(play)
    runner = await (await play.stage.claims()).starts()
    await runner.reports("phase", name="PLANNING")
    await play.stage.settle()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await play.stage.settle()
    await play.settles()
    return session, runner


async def status_of(play: LinearStage, run: int = 1) -> Status:
    return (await play.stage.store.read(lambda tx: tx.runs.load(run))).status


async def test_a_mention_begins_a_run_and_is_answered_at_once(play: LinearStage) -> None:
    session = await begun(play)
    assert play.said(session)[0].startswith("thought: I am on it")
    assert session.links == {"https://bot.test/runs/R-1": "Run R-1"}
    assert not play.linear.world.unresponsive(session)
    run = await play.stage.store.read(lambda tx: tx.runs.load(1))
    assert (run.title, run.requested_by) == ("Checkout rounds down", "developer")
    assert run.conversation.thread == session.id


async def test_the_first_word_comes_first_however_slow_the_rest_is(play: LinearStage) -> None:
    play.linear.faults.slow = timedelta(seconds=7)
    session = await begun(play)
    assert not play.linear.world.unresponsive(session)
    assert [call.operation for call in play.linear.calls][:2] == ["Viewer", "CreateActivity"]


async def test_a_second_mention_finds_the_live_run(play: LinearStage) -> None:
    first = await begun(play)
    second = play.linear.people.mentions_app(first.issue, who="ben")
    await play.settles()
    assert any("R-1" in words for words in play.said(second)[1:])
    with pytest.raises(Exception, match="run 2"):
        await play.stage.store.read(lambda tx: tx.runs.load(2))


async def test_a_gate_is_a_question_with_options(play: LinearStage) -> None:
    session, runner = await at_gate(play)
    assert play.linear.world.status(session) == "awaitingInput"
    ask = session.activities[-1]
    assert ask.signal_metadata is not None
    assert [option["label"] for option in ask.signal_metadata["options"]] == ["Approve"]
    play.linear.people.selects(session, "Approve", who="ben")
    await play.settles()
    assert await status_of(play) is Status.RUNNING
    assert any("reviewer" in words for words in play.said(session)[-3:])
    assert [order.kind.value for order in await runner.orders()] == ["decision"]


async def test_who_asked_may_not_approve_and_the_gate_stays_open(play: LinearStage) -> None:
    session, _ = await at_gate(play)
    play.linear.people.selects(session, "Approve", who="ana")
    await play.settles()
    assert await status_of(play) is Status.WAITING
    assert play.linear.world.status(session) == "awaitingInput"


async def test_words_decide_too(play: LinearStage) -> None:
    session, _ = await at_gate(play)
    play.linear.people.replies(session, "@Signalbox deny too risky", who="ben")
    await play.settles()
    assert await status_of(play) is Status.CANCELLING
    assert any("too risky" in words for words in play.said(session))


async def test_other_words_are_for_the_program(play: LinearStage) -> None:
    session = await begun(play)
    runner = await (await play.stage.claims()).starts()
    play.linear.people.replies(session, "use the new discount table")
    await play.settles()
    (order,) = await runner.orders()
    assert order.data["text"] == "use the new discount table"


async def test_the_plan_is_as_it_really_is(play: LinearStage) -> None:
    session, runner = await at_gate(play)
    steps = {step["content"]: step["status"] for step in session.plan}
    assert steps["Started"] == "completed"
    assert steps["Planning"] == "inProgress"
    assert steps["Completed"] == "pending"
    play.linear.people.selects(session, "Approve", who="ben")
    await play.settles()
    await runner.reports("phase", name="EXECUTING")
    await play.stage.settle()
    assert "action: Executing" in play.said(session)
    await runner.ends("failed")
    await play.settles()
    steps = {step["content"]: step["status"] for step in session.plan}
    assert steps["Executing"] == "canceled"


async def test_the_plan_shows_the_phase_that_a_checkpoint_holds(play: LinearStage) -> None:
    session = await begun(play)
    runner = await (await play.stage.claims()).starts()
    await play.stage.settle()
    await runner.reports("phase", name="PLANNING")
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await play.settles()
    assert [step["status"] for step in session.plan[1:4]] == ["completed", "inProgress", "pending"]
    await play.stage.says("developer", "/run stop R-1")
    await runner.ends("failed")
    await play.settles()
    assert [step["status"] for step in session.plan[1:4]] == ["completed", "canceled", "canceled"]


@pytest.mark.parametrize(
    ("ending", "status", "kind"),
    [("succeeded", "complete", "response"), ("failed", "error", "error")],
)
async def test_the_end_closes_the_session(
    play: LinearStage, ending: str, status: str, kind: str
) -> None:
    session = await begun(play)
    runner = await (await play.stage.claims()).starts()
    await runner.ends(ending)
    await play.stage.settle()
    assert play.said(session)[-1].startswith(f"{kind}:")
    assert play.linear.world.status(session) == status
    mirrored = [c for c in play.linear.world.comments.values() if c.session and c.user.app]
    assert len(mirrored) == 1
    assert play.comments() == []


async def test_stop_ends_the_run_and_one_answer_confirms_it(play: LinearStage) -> None:
    session = await begun(play)
    runner = await (await play.stage.claims()).starts()
    await play.stage.settle()
    before = len(session.activities)
    play.linear.people.stops(session)
    await play.settles()
    assert await status_of(play) is Status.CANCELLING
    await runner.ends("failed")
    await play.stage.settle()
    after = play.said(session)[before + 1 :]
    assert len(after) == 1
    assert after[0].startswith(("response:", "error:"))


@pytest.mark.parametrize("where", ["Linear", "console"])
async def test_a_stop_at_a_gate_is_confirmed_by_one_answer_too(
    play: LinearStage, where: str
) -> None:
    session, runner = await at_gate(play)
    if where == "Linear":
        play.linear.people.stops(session)
    else:
        await play.stage.says("developer", "/run stop R-1")
    await play.settles()
    before = len(session.activities)
    assert await status_of(play) is Status.CANCELLING
    assert "No longer to be decided" not in " ".join(play.said(session))
    await runner.ends("failed")
    await play.settles()
    (last,) = play.said(session)[before:]
    assert last.startswith("response:")


async def test_the_issue_starts_when_the_run_really_does(play: LinearStage) -> None:
    session = await begun(play)
    assert session.issue.state.name == "Todo"
    await (await play.stage.claims()).starts()
    await play.stage.settle()
    assert session.issue.state.name == "In Progress"
    assert session.issue.delegate is play.linear.world.app


@pytest.mark.parametrize("state", ["In Review", "Done", "Canceled"])
async def test_an_issue_never_moves_backwards(play: LinearStage, state: str) -> None:
    session = play.linear.people.mentions_app(issue_of(play, state=state))
    await play.settles()
    await (await play.stage.claims()).starts()
    await play.stage.settle()
    assert session.issue.state.name == state


async def test_nobody_is_behind_an_automation(play: LinearStage) -> None:
    session = play.linear.people.automation_delegates(issue_of(play))
    await play.settles()
    assert play.said(session)[0].startswith("error: An automation")
    assert len(session.activities) == 1
    assert await play.stage.store.read(lambda tx: tx.invocations.unfinished()) == ()


async def test_a_stranger_is_told_so(play: LinearStage) -> None:
    session = play.linear.people.mentions_app(issue_of(play), who="eve")
    await play.settles()
    assert play.linear.world.status(session) == "error"
    with pytest.raises(Exception, match="run 1"):
        await play.stage.store.read(lambda tx: tx.runs.load(1))


async def test_a_long_run_keeps_its_session_alive(play: LinearStage) -> None:
    session = await begun(play)
    runner = await (await play.stage.claims()).starts()
    for _ in range(5):
        await play.passes(runner, minutes=9)
        assert play.linear.world.status(session) == "active"
    alive = [words for words in play.said(session) if "still at work" in words]
    assert len(alive) == 1


async def test_a_new_assignee_owns_the_run(play: LinearStage) -> None:
    session = await begun(play)
    play.linear.people.assigns(session.issue, "ben")
    await play.settles()
    run = await play.stage.store.read(lambda tx: tx.runs.load(1))
    assert run.owner == "reviewer"


async def test_a_label_starts_work_told_in_comments(play: LinearStage) -> None:
    issue = issue_of(play)
    play.linear.people.labels(issue, "Signalbox")
    await play.settles()
    (card,) = play.comments()
    assert "R-1" in card.body
    runner = await (await play.stage.claims()).starts()
    await runner.ends("succeeded")
    await play.stage.settle()
    first, *others = play.comments()
    assert first.id == card.id
    assert {comment.parent for comment in others} == {card.id}
    assert "https://bot.test/runs/R-1" in {a.url for a in play.linear.world.attachments.values()}


async def test_commands_in_comments(play: LinearStage) -> None:
    issue = issue_of(play)
    play.linear.people.comments(issue, "/run dispatch")
    await play.settles()
    (card,) = play.comments()
    play.linear.people.comments(issue, "nothing for the bot")
    play.linear.people.comments(issue, "/run show R-1", who="ben")
    await play.settles()
    assert len(play.comments()) == 2
    assert "Owner: " in play.comments()[1].body
    play.linear.people.replies_to(card, "stop")
    await play.settles()
    assert await status_of(play) in {Status.CANCELLED, Status.FAILED}


async def test_repeated_and_reordered_webhooks_do_things_once(play: LinearStage) -> None:
    session = play.linear.people.mentions_app(issue_of(play))
    play.linear.people.replies(session, "show")
    await play.linear.hooks.deliver(backwards=True)
    await play.ours.inbox.settle()
    for delivery in play.linear.hooks.sent:
        assert await play.linear.hooks.attempt(delivery) == 200
    await play.passes(minutes=2)
    assert sum("I am on it" in words for words in play.said(session)) == 1
    runs = [words for words in play.said(session) if "R-1" in words]
    assert runs
    with pytest.raises(Exception, match="run 2"):
        await play.stage.store.read(lambda tx: tx.runs.load(2))


async def test_an_outage_loses_nothing_and_keeps_the_order(play: LinearStage) -> None:
    session = await begun(play)
    runner = await (await play.stage.claims()).starts()
    await play.stage.settle()
    before = len(session.activities)
    play.linear.faults.down = True
    for phase in ("PLANNING", "EXECUTING"):
        await runner.reports("phase", name=phase)
        await play.stage.settle()
    await runner.ends("succeeded")
    await play.passes(minutes=60)
    play.linear.faults.down = False
    await play.passes(minutes=10)
    said = play.said(session)[before:]
    assert said[-1].startswith("response:")
    assert sum(words.startswith("response:") for words in said) == 1
    assert play.linear.world.status(session) == "complete"


async def test_a_team_that_is_out_of_reach_breaks_nothing(play: LinearStage) -> None:
    session = await begun(play)
    play.linear.people.removes_team("ENG")
    play.linear.people.replies(session, "show")
    await play.settles()
    assert (
        await play.stage.store.read(
            lambda tx: tx.tracker_events.pending("linear", before=tx.now(), limit=5)
        )
        == ()
    )
