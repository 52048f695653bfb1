"""What needs people: the inbox, reminders, silences and nudges, timelines, and who can do what."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.blueprint import Replies, Timeouts
from bot.domain.events import EventType
from bot.domain.order import OrderKind
from bot.domain.policy import Terms
from bot.domain.vocabulary import Status
from bot.messages.message import Message, Tone
from bot.messages.reply import Outcome
from bot.ports.store import Tx
from tests.fakes.stage import FIX, HELLO, PLAN, POLICY, Runner, Stage, rules, stage, text_of

QUESTION = {
    "prompt": "Which one?",
    "fields": [{"name": "one", "label": "One", "type": "choice", "choices": ["a", "b"]}],
}


async def at_the_gate(theatre: Stage) -> Runner:
    await theatre.says("developer", "/run dispatch fix-rounding supervised")
    runner = await (await theatre.claims()).starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await theatre.settle()
    return runner


async def reminders(theatre: Stage) -> list[Message]:
    return [message for message in await theatre.told() if "⏰" in message.title]


# --- inbox


async def test_the_inbox_holds_what_waits_for_me(theatre: Stage) -> None:
    assert "Nothing waits" in text_of((await theatre.says("developer", "inbox")).message)
    await at_the_gate(theatre)
    await theatre.says("reviewer", "dispatch hello")
    asking = await (await theatre.claims()).starts()
    await asking.reports("question", name="q", form=QUESTION)
    for name in ("developer", "reviewer"):
        await theatre.says(name, "dispatch hello")
        await (await (await theatre.claims()).starts()).ends("failed", reason="it broke")
    await theatre.says("developer", "dispatch hello")
    stopped = await (await theatre.claims()).starts()
    await theatre.says("developer", "stop 5")
    await stopped.ends("failed")

    reviewers = (await theatre.says("reviewer", "/run inbox")).message
    assert reviewers.tone is Tone.ATTENTION
    labels = [row.button.label for row in reviewers.rows if row.button]
    assert labels == ["Approve", "Answer…", "Retry"]
    assert "Round half up" in reviewers.rows[0].text
    developers = await theatre.says("developer", "inbox")
    assert developers.runs == ("R-2", "R-3")
    assert (await theatre.says("viewer", "inbox")).runs == ()
    assert (await theatre.says("nobody", "inbox")).outcome is Outcome.REFUSED

    approve, answer, retry = (row.button for row in reviewers.rows if row.button)
    assert (await theatre.press(approve, "reviewer")).outcome is Outcome.DONE
    assert [field.name for field in answer.form] == ["field.one"]
    done = await theatre.press(answer, "reviewer", **{"field.one": "a"})
    assert done.outcome is Outcome.DONE
    assert (await theatre.press(retry, "reviewer")).outcome is Outcome.DONE
    assert (await theatre.says("reviewer", "inbox")).runs == ()


async def test_whoever_has_approved_waits_no_more(database: str) -> None:
    policy = replace(POLICY, defaults=Terms(quorum=2))
    async with stage(database, rules_=rules(policy=policy)) as theatre:
        await at_the_gate(theatre)
        await theatre.says("reviewer", "approve 1")
        assert (await theatre.says("reviewer", "inbox")).runs == ()
        assert (await theatre.says("second", "inbox")).runs == ("R-1",)


# --- reminders


async def test_open_gates_remind_twice_and_then_more_people(database: str) -> None:
    policy = replace(POLICY, defaults=Terms(quorum=2, escalate=("admin",)))
    policy = replace(policy, defaults=replace(policy.defaults, approve=("@reviewer", "@second")))
    async with stage(database, rules_=rules(policy=policy)) as theatre:
        runner = await at_the_gate(theatre)
        await theatre.says("reviewer", "approve 1")
        await runner.reports("parked", gate="G-1")
        await theatre.passes(minutes=119)
        assert await reminders(theatre) == []
        await theatre.passes(minutes=1)
        await theatre.passes(minutes=30)
        (first,) = await reminders(theatre)
        assert first.mentions == ("second",)
        assert "Carry out this plan?" in text_of(first)
        await theatre.passes(minutes=81)
        _, last = await reminders(theatre)
        assert last.mentions == ("second", "admin")
        assert "this is the last reminder" in text_of(last)
        await theatre.passes(minutes=8)
        assert len(await reminders(theatre)) == 2


async def test_a_bot_that_was_away_reminds_once(theatre: Stage) -> None:
    runner = await at_the_gate(theatre)
    await runner.reports("parked", gate="G-1")
    await theatre.passes(minutes=235)
    (only,) = await reminders(theatre)
    assert only.mentions == ("admin", "reviewer", "second")
    await theatre.says("reviewer", "approve 1")
    await theatre.passes(hours=1)
    assert len(await reminders(theatre)) == 1


# --- silence


async def silent(theatre: Stage) -> Runner:
    await theatre.says("developer", "/run dispatch fix-rounding")
    runner = await (await theatre.claims()).starts()
    await _quiet_for(theatre, runner, minutes=7.5)
    return runner


async def _quiet_for(theatre: Stage, runner: Runner, *, minutes: float) -> None:
    """The runner is heard all the time, its program is not."""
    for _ in range(int(minutes * 4)):
        await runner.reports("consumed", orders=[])
        await theatre.store.write(lambda tx: _renew(theatre, tx))
        await theatre.passes(seconds=15)


def _renew(theatre: Stage, tx: Tx) -> None:
    for job in tx.jobs.in_status(Status.RUNNING):
        lease = tx.now() + theatre.rules.periods.lease
        tx.jobs.touch(job.id, lease_expires_at=lease, at=tx.now(), alive=False)


async def happened(theatre: Stage) -> list[EventType]:
    events = await theatre.store.read(lambda tx: tx.runs.events(1))
    telling = {EventType.WENT_QUIET, EventType.SPOKE_AGAIN, EventType.NUDGED}
    return [event.type for event in events if event.type in telling]


async def test_a_silence_is_told_once_and_a_sign_of_life_ends_it(theatre: Stage) -> None:
    runner = await silent(theatre)
    card = await theatre.card()
    assert card.tone is Tone.ATTENTION
    assert "no sign of life for 7 min" in text_of(card)
    assert [button.label for button in card.buttons] == ["Nudge", "Logs", "Stop", "Delete"]
    note = next(m for m in await theatre.told() if "🔇" in m.title)
    assert note.mentions == ("developer",)
    await _quiet_for(theatre, runner, minutes=2)
    assert await happened(theatre) == [EventType.WENT_QUIET]

    nudged = await theatre.presses("developer", "Nudge")
    assert nudged.outcome is Outcome.DONE
    order = next(o for o in await runner.orders() if o.kind is OrderKind.REPLY)
    assert order.data["kind"] == "nudge"
    await _quiet_for(theatre, runner, minutes=0.5)
    assert any("@developer asked the program" in text_of(m) for m in await theatre.told())

    await runner.reports("log", stream="out", text="still here\n")
    await theatre.passes(seconds=1)
    card = await theatre.card()
    assert card.tone is Tone.BUSY
    assert "Nudge" not in [button.label for button in card.buttons]
    assert (await happened(theatre))[-1] is EventType.SPOKE_AGAIN
    await _quiet_for(theatre, runner, minutes=7.5)
    assert (await happened(theatre))[-1] is EventType.WENT_QUIET


async def test_a_gate_ends_a_silence(theatre: Stage) -> None:
    runner = await silent(theatre)
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await theatre.settle()
    card = text_of(await theatre.card())
    assert "Awaiting approval" in card
    assert "no sign of life" not in card
    refused = await theatre.says("developer", "nudge 1")
    assert "only a running one is nudged" in text_of(refused.message)


async def test_who_and_what_can_be_nudged(database: str) -> None:
    deaf = replace(HELLO, timeouts=Timeouts(quiet=timedelta(minutes=1)))
    assert deaf.replies is Replies.NONE
    async with stage(database, rules_=rules(deaf, FIX)) as theatre:
        await theatre.says("developer", "dispatch hello")
        runner = await (await theatre.claims()).starts()
        assert (await theatre.says("viewer", "nudge 1")).outcome is Outcome.REFUSED
        refused = await theatre.says("developer", "nudge 1")
        assert "takes no messages" in text_of(refused.message)
        await _quiet_for(theatre, runner, minutes=1.25)
        labels = [button.label for button in (await theatre.card()).buttons]
        assert labels == ["Restart", "Logs", "Stop", "Delete"]
        for _ in range(2):
            await theatre.says("developer", "dispatch fix-rounding")
            await (await theatre.claims()).starts()
        both = await theatre.says("developer", "nudge 2 3")
        assert both.outcome is Outcome.PROPOSED
        done = await theatre.press(both.message.buttons[0], "developer")
        assert done.runs == ("R-2", "R-3")


# --- timeline


async def test_a_timeline_adds_up(theatre: Stage) -> None:
    await theatre.says("developer", "/run dispatch fix-rounding supervised")
    theatre.clock.advance(timedelta(minutes=2))
    runner = await (await theatre.claims()).starts()
    await runner.reports("phase", name="PLANNING")
    await runner.reports("step", name="look around", state="running")
    theatre.clock.advance(timedelta(minutes=5))
    await runner.reports("step", name="look around", state="done")
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    theatre.clock.advance(timedelta(minutes=30))
    await theatre.settle()
    await theatre.says("reviewer", "approve 1")
    theatre.clock.advance(timedelta(minutes=1))
    drawn = (await theatre.says("viewer", "steps last")).message
    assert {fact.label: fact.value for fact in drawn.facts} == {
        "In the queue": "2 min",
        "Working": "6 min",
        "Waiting for people": "30 min",
        "Total": "**38 min**",
    }
    words = text_of(drawn)
    assert "phase PLANNING · going on" in words
    assert "step look around · 5 min · done" in words
    assert "gate G-1 plan · 30 min · satisfied" in words


# --- can


@pytest.mark.parametrize(
    ("words", "said", "rule"),
    [
        ("can @reviewer approve 1", "may approve", "approve of fix-rounding: approver"),
        ("can @developer approve R-1", "may not approve", "four eyes"),
        ("can developer stop 1", "may stop", "their own run"),
        ("can @viewer dispatch hello", "may not dispatch", "run of hello: operator"),
        ("can @reviewer cancel 1", "may stop", "cancel of fix-rounding: approver"),
        ("can @developer answer 1", "may answer", "answer of fix-rounding: operator"),
        ("can @viewer assign hello", "may not assign", "assign needs the role admin"),
    ],
)
async def test_can_answers_by_rule(theatre: Stage, words: str, said: str, rule: str) -> None:
    await at_the_gate(theatre)
    told = text_of((await theatre.says("viewer", f"/run {words}")).message)
    assert said in told
    assert rule in told


async def test_can_says_what_it_does_not_know(theatre: Stage) -> None:
    runner = await at_the_gate(theatre)
    for words, said in (
        ("can @stranger stop 1", "Nobody here is called"),
        ("can @viewer fly 1", "no command “fly”"),
        ("can @viewer stop hallo", "is neither a blueprint nor a run"),
        ("can @viewer stop 99", "no run R-99"),
        ("can @viewer stop", "Which run?"),
        ("can @viewer", "can needs"),
    ):
        assert said in text_of((await theatre.says("viewer", words)).message), words
    thread = await theatre.thread_of("R-1")
    here = await theatre.says("viewer", "can @viewer stop", thread=thread)
    assert "may not stop R-1" in text_of(here.message)
    await theatre.says("reviewer", "approve 1")
    await runner.ends()
    after = await theatre.says("viewer", "can @developer approve 1")
    assert "four eyes" in text_of(after.message)
