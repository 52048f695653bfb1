"""Deleting ended runs: it can be undone for ten seconds, and then nothing of them is left."""

from bot.domain.audit import decide_audit
from bot.domain.selection import Filter
from bot.domain.vocabulary import Disposition
from bot.messages.reply import Outcome
from tests.fakes.stage import PLAN, Stage, stage, text_of


async def ended(theatre: Stage, blueprint: str = "fix-rounding", who: str = "developer") -> str:
    (key,) = (await theatre.says(who, f"dispatch {blueprint}")).runs
    runner = await (await theatre.claims()).starts()
    await runner.reports("log", stream="out", text="rounding secrets\n")
    await runner.reports("artifact", name="report.txt", size=3, sha256="a" * 64)
    if blueprint == "fix-rounding":
        await runner.reports("gate", checkpoint="plan", plan=PLAN)
        await theatre.settle()
        await theatre.says("reviewer", f"approve {key} ship it")
    await runner.reports("summary", text="Rounded half up")
    await runner.ends()
    await theatre.settle()
    return key


async def deleted(theatre: Stage, number: int = 1) -> bool:
    run = await theatre.store.read(lambda tx: tx.runs.load(number))
    return run.disposition is Disposition.DELETED


async def test_a_deleted_run_leaves_a_tombstone_and_nothing_else(theatre: Stage) -> None:
    await ended(theatre)
    reply = await theatre.says("developer", "delete last")
    assert reply.outcome is Outcome.DONE
    assert "Gone for good in 10 s, unless you undo it: R-1" in text_of(reply.message)
    assert [button.label for button in reply.message.buttons] == ["Undo"]
    assert "@developer is deleting it: gone for good in 10 s" in text_of(await theatre.card())
    await theatre.passes(seconds=4)
    card = await theatre.card()
    assert "gone for good in 6 s" in text_of(card)
    assert [button.label for button in card.buttons] == ["Undo", "Logs"]
    assert not await deleted(theatre)
    await theatre.passes(seconds=6)
    assert await deleted(theatre)

    words = [text_of(message) for message in await theatre.told()]
    assert words
    assert all("R-1 was deleted" in text for text in words), words
    shown = text_of((await theatre.says("viewer", "show R-1")).message)
    assert "By @developer" in shown
    assert "2026-03-02 12:00 UTC" in shown
    assert (await theatre.says("developer", "list")).runs == ()
    assert "There is no run yet" in text_of((await theatre.says("viewer", "show last")).message)
    assert "There is no run yet" in text_of((await theatre.says("viewer", "stats")).message)
    for verb in ("logs", "why", "retry", "delete", "export", "undo"):
        late = await theatre.says("developer", f"{verb} 1")
        assert "R-1 was deleted by @developer" in text_of(late.message), verb
    assert "no gate G-1" in text_of((await theatre.says("reviewer", "show G-1")).message)
    run = await theatre.store.read(lambda tx: tx.runs.load(1))
    events = await theatre.store.read(lambda tx: tx.runs.events(1))
    jobs = await theatre.store.read(lambda tx: tx.jobs.of_run(1))
    assert (run.title, run.inputs, run.branch) == ("", {}, "")
    assert run.head == events[-1].hash
    assert [event.data for event in events] == [{}] * run.last_seq
    assert await theatre.store.read(lambda tx: tx.logs.last(jobs[0].id, limit=9)) == ()
    assert await theatre.store.read(lambda tx: tx.artifacts.of_run(1)) == ()
    assert decide_audit(run, events, jobs) is None


async def test_undo_by_words_or_button_keeps_everything(theatre: Stage) -> None:
    await ended(theatre)
    await theatre.says("developer", "delete 1")
    undone = await theatre.says("developer", "/run undo")
    assert "Undone: R-1 stays" in text_of(undone.message)
    await theatre.passes(minutes=1)
    assert not await deleted(theatre)
    assert "Delete" in [button.label for button in (await theatre.card()).buttons]
    reply = await theatre.says("developer", "delete 1")
    assert (await theatre.press(reply.message.buttons[0], "developer")).outcome is Outcome.DONE
    again = await theatre.says("developer", "undo")
    assert "nothing of yours to undo" in text_of(again.message)
    assert "Nothing awaits R-1" in text_of((await theatre.says("developer", "undo 1")).message)


async def test_undo_is_for_whoever_asked_and_for_admins(theatre: Stage) -> None:
    await ended(theatre)
    await theatre.says("developer", "delete 1")
    refused = await theatre.says("reviewer", "undo 1")
    assert "Who may: @admin, @developer" in text_of(refused.message)
    twice = await theatre.says("reviewer", "delete 1")
    assert "@developer is deleting R-1 already" in text_of(twice.message)
    assert (await theatre.presses("admin", "Undo")).outcome is Outcome.DONE
    assert "Rule: cancel of" in text_of((await theatre.says("viewer", "delete 1")).message)


async def test_several_are_confirmed_and_undone_together(theatre: Stage) -> None:
    for _ in range(3):
        await ended(theatre, "hello")
    await theatre.says("developer", "delete 3")
    await theatre.passes(seconds=1)
    asked = await theatre.says("developer", "delete mine except 3")
    assert asked.outcome is Outcome.PROPOSED
    done = await theatre.press(asked.message.buttons[0], "developer")
    assert "R-2, R-1" in text_of(done.message)
    undone = await theatre.says("developer", "undo")
    assert sorted(undone.runs) == ["R-1", "R-2"]
    await theatre.passes(seconds=10)
    found = await theatre.store.read(lambda tx: tx.runs.find(Filter(), limit=9))
    assert [run.key for run in found] == ["R-2", "R-1"]


async def test_a_run_that_comes_to_life_is_not_deleted(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello")
    await (await (await theatre.claims()).starts()).ends("failed")
    await theatre.says("developer", "delete 1")
    await theatre.says("developer", "retry 1")
    await theatre.passes(seconds=10)
    run = await theatre.store.read(lambda tx: tx.runs.load(1))
    assert (run.status.live, run.disposition) == (True, Disposition.NONE)


async def test_a_pending_deletion_survives_a_crash(database: str) -> None:
    async with stage(database) as before:
        await ended(before, "hello")
        await before.says("developer", "delete 1")
        gone_on = before.clock.now()
    async with stage(database) as after:
        await after.passes(seconds=(gone_on - after.clock.now()).total_seconds() + 10)
        assert await deleted(after)
