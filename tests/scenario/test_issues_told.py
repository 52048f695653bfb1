"""Runs on issues are told wherever they concern people, and shown to those who may see them."""

from dataclasses import replace

from bot.domain.conversation import CONSOLE, Conversation
from bot.domain.policy import ProjectTerms
from bot.domain.vocabulary import Status
from bot.messages.reply import Outcome
from tests.fakes.office import (
    DISPATCH,
    ENG_FIX,
    ISSUE,
    SESSION,
    SLACK,
    WITH_PEOPLE,
    assign,
    cards,
    completes,
    finds,
)
from tests.fakes.stage import HELLO, PLAN, Stage, rules, text_of
from tests.fakes.tracker import ENG_142

# --- told in several places


async def test_a_decision_anywhere_is_told_everywhere(office: Stage) -> None:
    office.rules = rules(ENG_FIX, HELLO, policy=WITH_PEOPLE)
    await office.presses_in(SESSION, "u-dev", DISPATCH, issue=ENG_142.id)
    run = await office.store.read(lambda tx: tx.runs.load(1))
    assert run.conversations == (SESSION, CONSOLE, SLACK)
    runner = await (await office.claims()).starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await office.settle()
    approved = await office.says_in_slack("U2", "approve R-1")
    assert approved.outcome is Outcome.DONE
    for place in (ISSUE, CONSOLE, SLACK):
        messages = await office.told_in(place)
        (gate,) = [m for m in messages if m.attributes.get("gate")]
        assert gate.attributes["state"] == "satisfied"
        assert gate.buttons == ()
        assert len(cards(messages)) == 1
    late = await office.presses_in(SESSION, "u-rev", "deny", runs=["G-1"], text="no", shown="x")
    assert late.outcome is Outcome.REFUSED
    assert "already decided" in text_of(late.message)
    assert "@reviewer" in text_of(late.message)
    await runner.ends()
    await office.settle()
    for place in (ISSUE, CONSOLE, SLACK):
        (card,) = cards(await office.told_in(place))
        assert card.attributes["status"] == Status.SUCCEEDED.value


async def test_everything_of_a_session_is_told_in_it(office: Stage) -> None:
    await office.presses_in(SESSION, "u-dev", DISPATCH, issue=ENG_142.id)
    await (await office.claims()).starts()
    await office.settle()
    said = await office.store.read(lambda tx: tx.transcript.since(ISSUE, change=0, limit=100))
    assert {entry.thread for entry in said} == {"session-1"}
    stopped = await office.presses_in(SESSION, "u-dev", "stop", text="enough")
    assert stopped.runs == ("R-1",)


async def test_a_question_of_another_surface_is_told_there_from_then_on(office: Stage) -> None:
    await office.says("developer", "dispatch ENG-142")
    runner = await (await office.claims()).starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await office.settle()
    joined = await office.says_in_slack("U1", "dispatch ENG-142", thread="77.7")
    assert joined.runs == ("R-1",)
    there = replace(SLACK, thread="77.7")
    run = await office.store.read(lambda tx: tx.runs.load(1))
    assert run.conversations == (CONSOLE, ISSUE, there)
    subjects = [message.attributes["subject"] for message in await office.told_in(SLACK)]
    assert subjects == ["card", "gate:1"]
    assert (await office.says_in_slack("U2", "approve", thread="77.7")).outcome is Outcome.DONE
    assert (await office.says_in_slack("U1", "dispatch ENG-142", channel="C2")).runs == ("R-1",)
    again = await office.store.read(lambda tx: tx.runs.load(1))
    assert again.mirrors == run.mirrors
    await office.presses_in(SESSION, "u-dev", DISPATCH, issue=ENG_142.id)
    session = await office.store.read(lambda tx: tx.runs.load(1))
    assert session.conversations == (CONSOLE, ISSUE, there, SESSION)


async def test_who_may_only_look_is_answered_but_moves_nothing(office: Stage) -> None:
    await office.says("developer", "dispatch ENG-142")
    assert (await office.says_in_slack("U3", "dispatch ENG-142")).runs == ("R-1",)
    assert await office.told_in(SLACK) == []


async def test_a_run_in_an_ordinary_thread_is_told_in_it(office: Stage) -> None:
    await office.says_in_slack("U1", "/run dispatch hello", thread="5.5")
    await office.says_in_slack("U1", "/run dispatch hello", thread="5.5")
    said = await office.store.read(lambda tx: tx.transcript.since(SLACK, change=0, limit=100))
    assert {entry.thread for entry in said} == {"5.5"}
    assert (await office.says_in_slack("U1", "stop", thread="5.5")).runs == ("R-2",)


async def test_in_a_runs_own_thread_a_new_run_gets_a_card_of_its_own(office: Stage) -> None:
    await office.says("developer", "dispatch hello")
    thread = await office.thread_of("R-1")
    await office.says("developer", "/run dispatch hello", thread=thread)
    assert await office.thread_of("R-2") != thread


async def test_on_the_issue_itself_its_run_is_meant(office: Stage) -> None:
    await office.says("developer", "dispatch ENG-142")
    assert (await office.presses_in(ISSUE, "u-dev", "stop")).runs == ("R-1",)
    assert (await office.says("viewer", "show ENG-142")).runs == ("R-1",)


async def test_a_surface_that_nobody_speaks_for_is_given_up(office: Stage) -> None:
    far = frozenset({"discord/G1/D1"})
    policy = replace(WITH_PEOPLE, projects={"shop": ProjectTerms(channels=far)})
    office.rules = rules(ENG_FIX, policy=policy)
    await office.presses_in(SESSION, "u-dev", DISPATCH, issue=ENG_142.id)
    assert cards(await office.told_in(ISSUE)) != []
    discord = Conversation(surface="discord", tenant="G1", channel="D1")
    given_up = await office.store.read(lambda tx: tx.postings.find(1, discord, "card"))
    assert given_up is not None
    assert "nobody speaks for discord" in given_up.given_up


# --- who may see what


async def test_a_project_that_is_not_seen_has_no_issues(office: Stage) -> None:
    secret = replace(ENG_FIX, project="payroll")
    terms = {"payroll": ProjectTerms(see=("@admin", "@reviewer"))}
    policy = replace(WITH_PEOPLE, projects=terms)
    office.rules = rules(secret, HELLO, policy=policy)
    for words in ("dispatch ENG-142", "dispatch ENG-142 with hello"):
        refused = await office.says("developer", words)
        assert "There is no issue ENG-142" in text_of(refused.message)
    assert await finds(office, "developer", "rounds") == ()
    assert await completes(office, "developer", "dispatch E") == ()
    assert await finds(office, "reviewer", "rounds") == (ENG_142,)
    assert await completes(office, "reviewer", "dispatch E") == ("ENG-142",)
    assert (await office.says("reviewer", "dispatch ENG-142")).runs == ("R-1",)
    hello = replace(HELLO, match={"label": "bug"})
    office.rules = rules(secret, hello, policy=policy)
    assign(office, labels=("bug",))
    other = await office.says("developer", "dispatch ENG-142 with hello")
    assert "in a project that you do not see" in text_of(other.message)


async def test_a_project_with_places_of_its_own_is_told_only_there(office: Stage) -> None:
    own = frozenset({"console/local/console"})
    terms = ProjectTerms(see=("@developer", "@admin"), channels=own)
    office.rules = rules(ENG_FIX, policy=replace(WITH_PEOPLE, projects={"shop": terms}))
    refused = await office.presses_in(
        SESSION, "u-dev", DISPATCH, issue=ENG_142.id, blueprint="fix-rounding"
    )
    assert "its runs are told only in console/local/console" in text_of(refused.message)
    await office.says("developer", "dispatch ENG-142")
    run = await office.store.read(lambda tx: tx.runs.load(1))
    assert run.conversations == (CONSOLE,)
    await office.says("developer", "stop R-1")
    both = replace(terms, channels=own | {"linear/acme/ENG"})
    office.rules = rules(ENG_FIX, policy=replace(WITH_PEOPLE, projects={"shop": both}))
    await office.presses_in(SESSION, "u-dev", DISPATCH, issue=ENG_142.id)
    run = await office.store.read(lambda tx: tx.runs.load(2))
    assert run.conversations == (SESSION, CONSOLE)
