"""Stop, restart, retry, delete, assign, review: who may, when, and what is said."""

import pytest

from bot.domain.order import OrderKind
from bot.domain.run import Run
from bot.domain.vocabulary import Disposition, Status
from bot.messages.reply import Outcome
from tests.fakes.stage import PLAN, Runner, Stage, text_of


async def running(theatre: Stage, blueprint: str = "hello") -> Runner:
    await theatre.says("developer", f"/run dispatch {blueprint}")
    return await (await theatre.claims()).starts()


async def run_of(theatre: Stage, number: int = 1) -> Run:
    return await theatre.store.read(lambda tx: tx.runs.load(number))


async def test_stop_tells_the_program_and_ends_failed_for_agents(theatre: Stage) -> None:
    runner = await running(theatre)
    reply = await theatre.says("developer", "/run stop last wrong branch")
    assert reply.outcome is Outcome.DONE
    (order,) = await runner.orders()
    assert order.kind is OrderKind.STOP
    assert order.data["reason"] == "Stopped via console: wrong branch"
    again = await theatre.says("developer", "stop 1")
    assert "already being stopped" in text_of(again.message)
    await runner.ends()
    await theatre.settle()
    run = await run_of(theatre)
    assert run.status is Status.FAILED
    assert run.reason == "Stopped via console: wrong branch"
    words = "\n".join(text_of(message) for message in await theatre.told())
    assert "still reported succeeded" in words
    assert "is already over" in text_of((await theatre.says("developer", "stop 1")).message)


async def test_stop_of_a_queued_run_is_immediate(theatre: Stage) -> None:
    await theatre.says("developer", "/run dispatch fix-rounding")
    await theatre.says("developer", "cancel 1")
    assert (await run_of(theatre)).status is Status.CANCELLED


async def test_a_cancelling_job_whose_runner_is_gone_ends_by_the_lease(theatre: Stage) -> None:
    await running(theatre)
    await theatre.says("developer", "stop 1")
    await theatre.passes(minutes=1)
    assert (await run_of(theatre)).status is Status.FAILED


async def test_strangers_and_viewers_may_not(theatre: Stage) -> None:
    await running(theatre)
    for who, said in (("viewer", "Who may"), ("stranger", "/run link")):
        for words in ("stop 1", "dispatch hello", "retry 1", "delete 1", "assign 1 @admin"):
            reply = await theatre.says(who, words)
            assert reply.outcome is Outcome.REFUSED, (who, words)
            assert said in text_of(reply.message)
    assert (await theatre.says("viewer", "list")).outcome is Outcome.DONE
    assert (await theatre.says("stranger", "list")).outcome is Outcome.REFUSED


async def test_restart_is_an_order_not_a_status(theatre: Stage) -> None:
    runner = await running(theatre)
    assert (await theatre.says("developer", "restart 1")).outcome is Outcome.DONE
    (order,) = await runner.orders()
    assert order.kind is OrderKind.RESTART
    assert (await run_of(theatre)).status is Status.RUNNING
    await runner.ends()
    late = await theatre.says("developer", "restart 1")
    assert "only a running one restarts" in text_of(late.message)
    await theatre.says("developer", "dispatch fix-rounding")
    pod = await theatre.says("developer", "restart 2")
    assert "Only agent runs restart" in text_of(pod.message)


async def test_retry_opens_the_next_attempt(theatre: Stage) -> None:
    runner = await running(theatre)
    assert "still running" in text_of((await theatre.says("developer", "retry 1")).message)
    await runner.ends("failed", reason="no luck")
    await theatre.settle()
    assert "Retry" in [button.label for button in (await theatre.card()).buttons]
    assert (await theatre.presses("developer", "Retry")).outcome is Outcome.DONE
    run = await run_of(theatre)
    assert (run.attempt, run.status) == (2, Status.QUEUED)
    second = await theatre.claims()
    assert second.assignment.job == "R-1.2"
    await second.starts()
    await second.ends()
    done = await theatre.says("developer", "retry 1")
    assert "failed and timed-out runs can be retried" in text_of(done.message)
    await theatre.says("developer", "dispatch fix-rounding")
    await (await (await theatre.claims()).starts()).ends()
    pod = await theatre.says("developer", "retry 2")
    assert "runs that did not succeed can be retried" in text_of(pod.message)


async def test_delete_ends_a_live_run_which_stays_listed(theatre: Stage) -> None:
    runner = await running(theatre)
    await theatre.says("developer", "delete 1")
    await runner.ends("failed")
    run = await run_of(theatre)
    assert (run.status, run.reason) == (Status.CANCELLED, "Deleted via console")
    assert "R-1" in text_of((await theatre.says("viewer", "list")).message)
    assert run.disposition is Disposition.NONE


async def test_several_runs_are_confirmed_first(theatre: Stage) -> None:
    for _ in range(3):
        await theatre.says("developer", "dispatch hello")
    asked = await theatre.says("developer", "stop mine except 2 too many")
    assert asked.outcome is Outcome.PROPOSED
    assert asked.runs == ("R-3", "R-1")
    assert (await run_of(theatre, 1)).status is Status.QUEUED
    (button,) = asked.message.buttons
    await theatre.says("developer", "stop 3")
    done = await theatre.press(button, "developer")
    assert done.outcome is Outcome.DONE
    assert done.runs == ("R-1",)
    assert "R-3 is already over" in text_of(done.message)
    assert (await run_of(theatre, 2)).status is Status.QUEUED


@pytest.mark.parametrize("verb", ["retry", "restart", "delete", "review", "approve", "deny"])
async def test_every_verb_over_several_runs_asks_first(theatre: Stage, verb: str) -> None:
    for _ in range(2):
        await theatre.says("developer", "dispatch fix-rounding")
        runner = await (await theatre.claims()).starts()
        await runner.reports("gate", checkpoint="plan", plan=PLAN)
        await theatre.settle()
    asked = await theatre.says(
        "reviewer", f"{verb} 1 2 so be it" if verb == "deny" else f"{verb} 1 2"
    )
    assert asked.outcome is Outcome.PROPOSED
    done = await theatre.press(asked.message.buttons[0], "reviewer")
    effective = verb in {"delete", "approve", "deny"}
    assert done.outcome is (Outcome.DONE if effective else Outcome.REFUSED)
    assert done.runs == (("R-1", "R-2") if effective else ())
    if verb == "approve":
        again = await theatre.press(asked.message.buttons[0], "reviewer")
        assert again.outcome is Outcome.REFUSED


async def test_assign_is_for_admins(theatre: Stage) -> None:
    await running(theatre)
    assert (await theatre.says("developer", "assign 1 @reviewer")).outcome is Outcome.REFUSED
    assert (await theatre.says("admin", "assign 1 @reviewer")).outcome is Outcome.DONE
    assert (await run_of(theatre)).owner == "reviewer"
    assert "owns R-1 already" in text_of(
        (await theatre.says("admin", "assign 1 @reviewer")).message
    )
    assert "@reviewer" in text_of((await theatre.says("admin", "assign 1 @reviwer")).message)
    assert "R-1" in text_of((await theatre.says("reviewer", "mine")).message)


async def test_review_closes_a_completed_run(theatre: Stage) -> None:
    runner = await running(theatre, "fix-rounding")
    early = await theatre.says("developer", "review 1")
    assert "only a completed run" in text_of(early.message)
    await runner.ends()
    assert (await theatre.says("developer", "review last")).outcome is Outcome.DONE
    await theatre.settle()
    assert "Done" in text_of(await theatre.card())


async def test_deliveries_are_given_up_as_dead_letter(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch fix-rounding")
    for _ in range(3):
        runner = await theatre.claims()
        await theatre.source.decline(runner.assignment.job, runner.assignment.fence, "no disk")
        await theatre.passes(seconds=4)
    run = await run_of(theatre)
    assert run.status is Status.FAILED
    assert "Dead letter" in text_of(await theatre.card())
    assert "no disk" in run.reason


async def test_each_timeout_ends_its_own_way(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello")
    await theatre.passes(hours=25)
    assert "No agent took it" in (await run_of(theatre, 1)).reason
    await theatre.says("developer", "dispatch hello")
    runner = await theatre.claims()
    for _ in range(13):
        await runner.orders()
        await theatre.passes(seconds=25)
    assert "did not start" in (await run_of(theatre, 2)).reason
    await runner.ends("failed")
    assert (await run_of(theatre, 2)).status is Status.TIMED_OUT


async def test_a_lost_lease_is_not_silently_repeated(theatre: Stage) -> None:
    await running(theatre)
    await theatre.passes(minutes=1)
    run = await run_of(theatre)
    assert run.status is Status.FAILED
    assert "not heard of" in run.reason


async def test_words_in_a_thread_steer_the_program_and_bar_their_author(theatre: Stage) -> None:
    runner = await running(theatre, "fix-rounding")
    await theatre.settle()
    thread = await theatre.thread_of("R-1")
    sent = await theatre.says("reviewer", "please keep the old name", thread=thread)
    assert sent.outcome is Outcome.DONE
    (order,) = await runner.orders()
    assert (order.kind, order.data["kind"], order.data["text"]) == (
        OrderKind.REPLY,
        "reply",
        "please keep the old name",
    )
    assert "please keep the old name" in "".join(text_of(m) for m in await theatre.told())
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await theatre.settle()
    barred = await theatre.says("reviewer", "approve", thread=thread)
    assert "not you: you steered it" in text_of(barred.message)
    assert (await theatre.says("viewer", "me too", thread=thread)).outcome is Outcome.REFUSED
    unknown = await theatre.says("reviewer", "/run aprove", thread=thread)
    assert unknown.outcome is Outcome.USAGE
    await runner.reports("parked", gate="G-1")
    away = await theatre.says("developer", "hello?", thread=thread)
    assert "no program is there" in text_of(away.message)
    await theatre.says("developer", "dispatch hello")
    deaf = await theatre.says("developer", "reply 2 hello")
    assert "takes no messages" in text_of(deaf.message)
