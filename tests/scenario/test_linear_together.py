"""Linear and the console about one run: decided once, told everywhere, in either order."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from bot.domain.order import OrderKind
from bot.domain.vocabulary import Status
from bot.messages.message import Message
from bot.messages.reply import Outcome
from tests.fakes.linear.stage import LinearStage, linear_stage
from tests.fakes.linear.world import Session
from tests.fakes.stage import PLAN, Runner

REGION: Mapping[str, Any] = {
    "prompt": "Where shall it go?",
    "fields": [{"name": "region", "label": "Region", "type": "choice", "choices": ["eu", "us"]}],
}
WORDS = {"prompt": "What is it called?", "fields": [{"name": "name", "label": "Name"}]}
SECRET = {
    "prompt": "The registry wants a token.",
    "fields": [{"name": "token", "label": "Token", "type": "secret"}],
}


@pytest.fixture
async def play(database: str) -> AsyncIterator[LinearStage]:
    async with linear_stage(database) as opened:
        yield opened


async def begun(play: LinearStage) -> Session:
    session = play.linear.people.mentions_app(play.linear.world.add_issue("Checkout rounds down"))
    await play.settles()
    return session


async def waiting(play: LinearStage) -> tuple[Session, Runner]:
    session = await begun(play)
    runner = await (await play.stage.claims()).starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await play.settles()
    return session, runner


async def asked(play: LinearStage, form: Mapping[str, Any]) -> tuple[Session, Runner]:
    session = await begun(play)
    runner = await (await play.stage.claims()).starts()
    await runner.reports("question", name="ask", form=dict(form))
    await play.settles()
    assert play.linear.world.status(session) == "awaitingInput"
    return session, runner


async def status_of(play: LinearStage) -> Status:
    return (await play.stage.store.read(lambda tx: tx.runs.load(1))).status


async def test_approved_elsewhere_is_said_in_linear_and_the_late_click_told_who_won(
    play: LinearStage,
) -> None:
    session, _ = await waiting(play)
    await play.stage.says("reviewer", "/run approve R-1 ship it")
    await play.settles()
    assert any("reviewer" in words and "thought" in words for words in play.said(session))
    assert play.linear.world.status(session) == "active"
    play.linear.people.selects(session, "Approve", who="ben")
    await play.settles()
    assert "reviewer" in play.said(session)[-1]
    orders = await play.stage.store.read(lambda tx: tx.orders.after(1, 0))
    assert [order.kind for order in orders] == [OrderKind.DECISION]


async def test_approved_in_linear_is_refused_elsewhere_afterwards(play: LinearStage) -> None:
    session, _ = await waiting(play)
    play.linear.people.selects(session, "Approve", who="ben")
    await play.settles()
    reply = await play.stage.says("second", "/run approve G-1")
    assert reply.outcome is Outcome.REFUSED
    assert "reviewer" in reply.message.fallback


async def test_a_forged_choice_of_another_plan_is_refused(play: LinearStage) -> None:
    session, _ = await waiting(play)
    play.linear.people.replies(session, "approve G-1 #0123456789abcdef", who="ben")
    await play.settles()
    assert await status_of(play) is Status.WAITING
    assert play.linear.world.status(session) == "awaitingInput"


async def test_a_choice_answers_a_question(play: LinearStage) -> None:
    session, runner = await asked(play, REGION)
    play.linear.people.selects(session, "eu", who="ana")
    await play.settles()
    (order,) = await runner.orders()
    assert order.data["answers"] == {"region": "eu"}
    assert await status_of(play) is Status.RUNNING


async def test_words_answer_a_question(play: LinearStage) -> None:
    session, runner = await asked(play, WORDS)
    ask = session.activities[-1].content["body"]
    assert "Reply `answer`" in ask
    play.linear.people.replies(session, "answer name=teapot", who="ana")
    await play.settles()
    (order,) = await runner.orders()
    assert order.data["answers"] == {"name": "teapot"}


async def test_secrets_are_asked_for_elsewhere(play: LinearStage) -> None:
    session, _ = await asked(play, SECRET)
    assert "run's page, not here" in session.activities[-1].content["body"]


async def test_a_run_from_the_console_is_told_on_its_issue_and_then_in_its_session(
    play: LinearStage,
) -> None:
    issue = play.linear.world.add_issue("Checkout rounds down")
    reply = await play.stage.says("developer", "/run dispatch ENG-141")
    assert reply.runs == ("R-1",), reply.message
    (card,) = play.comments()
    assert card.issue is issue
    session = play.linear.people.mentions_app(issue)
    await play.settles()
    runner = await (await play.stage.claims()).starts()
    await play.stage.settle()
    assert session.links == {"https://bot.test/runs/R-1": "Run R-1"}
    await runner.ends("succeeded")
    await play.stage.settle()
    assert play.linear.world.status(session) == "complete"
    assert "Completed" in (await play.stage.card()).fallback


async def test_stopped_in_the_console_is_said_in_the_session(play: LinearStage) -> None:
    session = await begun(play)
    runner = await (await play.stage.claims()).starts()
    await play.stage.says("developer", "/run stop R-1 wrong branch")
    await runner.ends("failed")
    await play.settles()
    assert "wrong branch" in play.said(session)[-1]
    assert play.linear.world.status(session) in {"complete", "error"}


async def test_a_pull_request_moves_the_issue_on(play: LinearStage) -> None:
    session = await begun(play)
    card = {
        "run": "R-1",
        "subject": "card",
        "status": "succeeded",
        "profile": "pod",
        "phase": "COMPLETED",
        "pr_url": "https://github.com/acme/shop/pull/7",
        "issue_moment": "pr_opened",
        "issue_state": "In Review",
    }
    place = (await play.stage.store.read(lambda tx: tx.runs.load(1))).conversation
    await play.ours.messenger.edit(place, session.id, Message(title="R-1", attributes=card))
    assert session.issue.state.name == "In Review"
    assert session.links["https://github.com/acme/shop/pull/7"] == "Pull request"
    assert {step["status"] for step in session.plan} == {"completed"}
