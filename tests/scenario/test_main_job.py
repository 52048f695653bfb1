"""The main job as a dialogue: dispatch, plan, approval, push, end; and the ways it goes wrong."""

from datetime import timedelta

import pytest

from bot.domain.actor import person
from bot.domain.conversation import CONSOLE
from bot.domain.errors import StaleFenceError
from bot.domain.order import OrderKind
from bot.domain.replay import replay
from bot.domain.selection import Filter
from bot.domain.vocabulary import Status
from bot.messages.reply import Outcome
from tests.fakes.stage import PLAN, Runner, Stage, text_of


async def at_the_gate(theatre: Stage, mode: str = "supervised") -> Runner:
    await theatre.says("developer", f"/run dispatch fix-rounding {mode}")
    runner = await (await theatre.claims()).starts()
    await runner.reports("phase", name="PLANNING")
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await theatre.settle()
    return runner


async def status(theatre: Stage, run: int = 1) -> Status:
    return (await theatre.store.read(lambda tx: tx.runs.load(run))).status


async def test_a_supervised_run_from_dispatch_to_push(theatre: Stage) -> None:
    reply = await theatre.says("developer", "/run dispatch fix-rounding supervised")
    assert reply.outcome is Outcome.DONE
    assert reply.runs == ("R-1",)
    assert "Queued · 1. in the queue" in text_of(await theatre.card())
    runner = await (await theatre.claims()).starts()
    assert runner.assignment.branch == "signalbox/r-1-fix-rounding"
    await runner.reports("phase", name="PLANNING")
    opened = await runner.reports("gate", checkpoint="plan", plan=PLAN)
    assert opened == {"gate": "G-1", "state": "open"}
    await theatre.settle()
    assert "Awaiting approval" in text_of(await theatre.card())

    refused = await theatre.says("developer", "/run approve last")
    assert refused.outcome is Outcome.REFUSED
    assert "@reviewer" in text_of(refused.message)
    approved = await theatre.says("reviewer", "/run approve last ship it")
    assert approved.outcome is Outcome.DONE
    (order,) = await runner.orders()
    assert order.kind is OrderKind.DECISION
    assert order.data == {"gate": "G-1", "state": "satisfied", "note": "ship it", "by": "reviewer"}
    await runner.reports("consumed", orders=[order.id])
    assert await runner.orders() == ()

    allowed = await runner.reports("push", commit="abc123", files=["shop/money.py"])
    assert allowed == {"allowed": True, "branch": "signalbox/r-1-fix-rounding"}
    await runner.reports("pushed", commit="abc123", branch=runner.assignment.branch)
    await runner.reports("cost", input_tokens=1200, output_tokens=300, usd=0.12, model="m")
    await runner.reports("summary", text="Rounded *half up*")
    await runner.reports("artifact", name="report.txt", size=3, sha256="a" * 64)
    await runner.reports("step", name="tests", state="done")
    await runner.ends()
    await theatre.settle()

    card = text_of(await theatre.card())
    assert "Completed" in card
    assert "$0.12 · 1,200 in, 300 out · m" in card
    words = [text_of(message) for message in await theatre.told()]
    assert any("Approved by @reviewer in console" in text and "ship it" in text for text in words)
    assert any("Rounded *half up*" in text for text in words)
    finals = [text for text in words if text.startswith("✔ R-1 · Completed")]
    assert len(finals) == 1
    assert "abc123" in finals[0]


async def test_buttons_vanish_once_a_gate_is_decided(theatre: Stage) -> None:
    await at_the_gate(theatre)
    assert (await theatre.presses("reviewer", "Approve")).outcome is Outcome.DONE
    gate = next(m for m in await theatre.told() if m.attributes.get("gate") == "G-1")
    assert gate.buttons == ()
    second = await theatre.says("second", "/run approve G-1")
    assert second.outcome is Outcome.REFUSED
    assert "already decided: approved by @reviewer in console" in text_of(second.message)


async def test_a_press_is_bound_to_what_was_shown(theatre: Stage) -> None:
    runner = await at_the_gate(theatre)
    stale = next(
        button
        for message in await theatre.told()
        for button in message.buttons
        if button.label == "Approve"
    )
    assert stale.press.arguments["shown"]
    await theatre.presses("reviewer", "Ask for changes…", text="keep the signature")
    (order,) = await runner.orders()
    assert order.data["state"] == "returned"
    assert order.data["note"] == "keep the signature"
    await runner.reports("gate", checkpoint="plan", plan={**PLAN, "summary": "Second try"})
    await theatre.settle()
    reply = await theatre.says("reviewer", "approve G-1 late")
    assert reply.outcome is Outcome.REFUSED
    assert await status(theatre) is Status.WAITING
    assert (await theatre.says("reviewer", "approve G-2")).outcome is Outcome.DONE


async def test_a_wrong_fingerprint_voids_the_approval(theatre: Stage) -> None:
    await at_the_gate(theatre)
    gate = next(m for m in await theatre.told() if m.attributes.get("gate") == "G-1")
    assert gate.attributes["fingerprint"]
    reply = await theatre.says("reviewer", "approve G-1")
    assert reply.outcome is Outcome.DONE


async def test_deny_with_a_reason_ends_abandoned_and_tells_the_program(theatre: Stage) -> None:
    runner = await at_the_gate(theatre)
    missing = await theatre.says("reviewer", "/run deny last")
    assert missing.outcome is Outcome.USAGE
    await theatre.says("reviewer", "/run deny last wrong discount rule")
    decision, stop = await runner.orders()
    assert (decision.data["state"], decision.data["note"]) == ("rejected", "wrong discount rule")
    assert stop.kind is OrderKind.STOP
    assert "wrong discount rule" in stop.data["reason"]
    assert await status(theatre) is Status.CANCELLING
    await runner.ends("failed")
    await theatre.settle()
    assert "Abandoned" in text_of(await theatre.card())


@pytest.mark.parametrize("reason", ["wrong \u202e rule", "wrong \x1b[2J rule"])
async def test_a_form_with_control_characters_is_refused(theatre: Stage, reason: str) -> None:
    await at_the_gate(theatre)
    reply = await theatre.presses("reviewer", "Deny…", reason=reason)
    assert reply.outcome is Outcome.USAGE
    assert "holds a control character" in text_of(reply.message)
    assert await status(theatre) is Status.WAITING


async def test_a_push_outside_the_plan_opens_a_gate(theatre: Stage) -> None:
    runner = await at_the_gate(theatre)
    await theatre.says("reviewer", "approve last")
    held = await runner.reports("push", commit="abc", files=["shop/money.py", "README.md"])
    assert held == {"gate": "G-2", "state": "open"}
    again = await runner.repeats(runner.seq, "push", commit="abc", files=["shop/money.py"])
    assert again.results[runner.seq] == held
    await theatre.settle()
    card = next(m for m in await theatre.told() if m.attributes.get("gate") == "G-2")
    assert "README.md" in text_of(card)
    assert "leave the approved scope" in text_of(card)
    await theatre.says("reviewer", "approve last fine")
    allowed = await runner.reports("push", commit="abc", files=["shop/money.py", "README.md"])
    assert allowed["allowed"] is True
    repeated = await runner.repeats(runner.seq, "push", commit="abc", files=[])
    assert repeated.results[runner.seq] == allowed


async def test_autopilot_passes_checkpoints_but_the_scope_still_binds(theatre: Stage) -> None:
    await theatre.says("developer", "/run dispatch fix-rounding autopilot")
    runner = await (await theatre.claims()).starts()
    passed = await runner.reports("gate", checkpoint="plan", plan=PLAN)
    assert passed == {"gate": "G-1", "state": "satisfied"}
    held = await runner.reports("push", commit="abc", files=["setup.py"])
    assert held["state"] == "open"
    assert await status(theatre) is Status.WAITING


async def test_a_push_without_any_approval_waits(theatre: Stage) -> None:
    await theatre.says("developer", "/run dispatch fix-rounding autopilot")
    runner = await (await theatre.claims()).starts()
    held = await runner.reports("push", commit="abc", files=["shop/money.py"])
    assert held == {"gate": "G-1", "state": "open"}


async def test_a_wrong_plan_is_told_to_the_program(theatre: Stage) -> None:
    await theatre.says("developer", "/run dispatch fix-rounding")
    runner = await (await theatre.claims()).starts()
    for plan, words in (
        ({**PLAN, "files": ["../etc/passwd"]}, "leaves the repository"),
        ({**PLAN, "base": "beef"}, "make it on SIGNALBOX_BASE"),
        ({"summary": ""}, "needs a summary"),
    ):
        result = await runner.reports("gate", checkpoint="plan", plan=plan)
        assert words in result["error"]
    unknown = await runner.reports("gate", checkpoint="ship", plan=PLAN)
    assert "its checkpoints: plan" in unknown["error"]
    assert await status(theatre) is Status.RUNNING


async def test_a_parked_program_resumes_with_the_decision(theatre: Stage) -> None:
    runner = await at_the_gate(theatre)
    await runner.reports("parked", gate="G-1")
    await theatre.passes(hours=1)
    assert await status(theatre) is Status.WAITING
    await theatre.says("reviewer", "approve last go on")
    assert await status(theatre) is Status.QUEUED
    resumed = await theatre.claims()
    assert resumed.assignment.resume_gate == "G-1"
    assert resumed.assignment.resume_decision["note"] == "go on"
    assert resumed.assignment.fence == 2
    await resumed.starts()
    await theatre.passes(seconds=20)
    assert await status(theatre) is Status.RUNNING


async def test_a_decision_that_crosses_the_parking_resumes_at_once(theatre: Stage) -> None:
    runner = await at_the_gate(theatre)
    await theatre.says("reviewer", "approve last")
    await runner.reports("parked", gate="G-1")
    assert await status(theatre) is Status.QUEUED
    assert (await theatre.claims()).assignment.resume_gate == "G-1"


async def test_an_expired_gate_is_not_a_denied_one(theatre: Stage) -> None:
    runner = await at_the_gate(theatre)
    await theatre.passes(hours=4, minutes=1)
    assert "Expired" in "\n".join(text_of(m) for m in await theatre.told())
    assert await status(theatre) is Status.TIMED_OUT
    assert "Nobody decided G-1 in time" in text_of(await theatre.card())
    with pytest.raises(StaleFenceError):
        await runner.orders()


async def test_asking_leaves_the_gate_open(theatre: Stage) -> None:
    runner = await at_the_gate(theatre)
    await theatre.presses("reviewer", "Ask…", question="why money.py?")
    (order,) = await runner.orders()
    assert order.kind is OrderKind.REPLY
    assert order.data["text"] == "why money.py?"
    assert await status(theatre) is Status.WAITING
    assert (await theatre.says("viewer", "ask last really?")).outcome is Outcome.REFUSED
    await theatre.says("reviewer", "approve last")
    late = await theatre.says("reviewer", "ask G-1 too late?")
    assert "already decided" in text_of(late.message)


async def test_the_same_delivery_twice_makes_one_run(theatre: Stage) -> None:
    for _ in range(2):
        invocation = await theatre.dispatcher.accept(
            key="same",
            actor=person("developer", "console"),
            conversation=CONSOLE,
            text="dispatch hello",
        )
        reply = await theatre.dispatcher.perform(invocation)
        assert reply.runs == ("R-1",)
    runs = await theatre.store.read(lambda tx: tx.runs.find(Filter(), limit=9))
    assert len(runs) == 1


async def test_events_replay_to_the_stored_state(theatre: Stage) -> None:
    runner = await at_the_gate(theatre)
    await theatre.says("reviewer", "approve last")
    await runner.ends("partial", reason="half of it")
    await theatre.settle()
    await theatre.says("developer", "retry last")
    run, events = await theatre.store.read(lambda tx: (tx.runs.load(1), tx.runs.events(1)))
    told = replay(events)
    assert told.status is run.status is Status.QUEUED
    assert told.attempt == run.attempt == 2
    assert told.seq == run.last_seq
    assert timedelta(0) <= run.updated_at - run.created_at
