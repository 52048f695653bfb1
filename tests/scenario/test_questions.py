"""Questions as a dialogue: asked by form, answered once, secrets sealed, deadlines kept."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Table, select

from bot.domain.actor import person
from bot.domain.conversation import CONSOLE
from bot.domain.invocation import Press
from bot.domain.order import OrderKind
from bot.domain.policy import Terms
from bot.domain.vocabulary import Status
from bot.messages.message import Button, FieldKind, Message, Tone
from bot.messages.reply import Outcome
from bot.ports.store import Tx
from bot.services.sealing import deliver
from storage.tables import cost_entries, gates, metadata, sealed_answers
from tests.fakes.stage import POLICY, Runner, Stage, rules, stage, text_of

REGION = {
    "prompt": "Where shall it go?",
    "why": "Both regions have room.",
    "fields": [{"name": "region", "label": "Region", "type": "choice", "choices": ["eu", "us"]}],
}
SECRET = {
    "prompt": "The registry wants a token.",
    "fields": [
        {"name": "user", "label": "User"},
        {"name": "token", "label": "Token", "type": "secret"},
    ],
}
SEVERAL = {
    "prompt": "How many, and which?",
    "fields": [
        {"name": "count", "label": "How many", "type": "number", "min": 1, "max": 9},
        {
            "name": "kinds",
            "label": "Which kinds",
            "type": "multi_choice",
            "choices": ["tea", "cups", "pots"],
            "required": False,
        },
        {"name": "gift", "label": "As a gift", "type": "flag", "default": False},
        {"name": "note", "label": "Note", "max_length": 20, "pattern": "[a-z ]+", "default": "hi"},
    ],
}


async def asking(theatre: Stage, form: dict[str, Any], *, of: str = "hello") -> Runner:
    await theatre.says("developer", f"/run dispatch {of}")
    runner = await (await theatre.claims()).starts()
    opened = await runner.reports("question", name="ask", form=form)
    assert opened == {"gate": "G-1", "state": "open"}
    await theatre.settle()
    return runner


async def status(theatre: Stage) -> Status:
    return (await theatre.store.read(lambda tx: tx.runs.load(1))).status


async def card(theatre: Stage, gate: str = "G-1") -> Message:
    return next(m for m in await theatre.told() if m.attributes.get("gate") == gate)


async def button(theatre: Stage, label: str = "Answer…") -> Button:
    return next(b for b in (await card(theatre)).buttons if b.label == label)


async def decisions(theatre: Stage, runner: Runner) -> list[dict[str, Any]]:
    """What the runner is told, secrets opened, as the agent API would."""
    orders = [order for order in await runner.orders() if order.kind is OrderKind.DECISION]

    def unit(tx: Tx) -> list[dict[str, Any]]:
        return [deliver(tx, theatre.vault, order.data) for order in orders]

    return await theatre.store.read(unit)


async def stored(theatre: Stage) -> str:
    """Every value that the database keeps."""
    return str([await rows(theatre, table) for table in metadata.sorted_tables])


async def sealed(theatre: Stage) -> int:
    """How many sealed answers the database keeps."""
    return len(await rows(theatre, sealed_answers))


async def rows(theatre: Stage, table: Table) -> list[Any]:
    def unit(tx: Any) -> list[Any]:
        found: list[Any] = tx.runs._scope.rows(select(table))
        return found

    return await theatre.store.read(unit)


async def test_a_choice_is_answered_by_its_button(theatre: Stage) -> None:
    runner = await asking(theatre, REGION)
    shown = await card(theatre)
    assert [b.label for b in shown.buttons] == ["eu", "us"]
    assert shown.mentions == ("admin", "developer", "reviewer", "second")
    assert "Why: Both regions have room." in text_of(shown)
    assert shown.tone is Tone.ATTENTION
    done = await theatre.presses("developer", "eu")
    assert done.outcome is Outcome.DONE
    (decision,) = await decisions(theatre, runner)
    assert decision == {
        "gate": "G-1",
        "state": "satisfied",
        "note": "",
        "by": "developer",
        "answers": {"region": "eu"},
    }
    assert await status(theatre) is Status.RUNNING
    after = await card(theatre)
    assert after.buttons == ()
    assert "@developer answered in console" in text_of(after)
    assert "Region: eu" in text_of(after)


async def test_the_first_valid_answer_wins(theatre: Stage) -> None:
    await asking(theatre, REGION)
    late = await button(theatre, "us")
    wrong = await theatre.says("reviewer", "answer 1 mars")
    assert wrong.outcome is Outcome.REFUSED
    assert wrong.problems == {"field.region": "it is one of eu, us."}
    assert await status(theatre) is Status.WAITING
    assert (await theatre.says("reviewer", "/run answer last EU")).outcome is Outcome.DONE
    lost = await theatre.press(late, "developer")
    assert "already decided: answered by @reviewer in console" in text_of(lost.message)


async def test_who_may_answer_is_policys_to_say(database: str) -> None:
    policy = replace(POLICY, defaults=Terms(answer=("@second",)))
    async with stage(database, rules_=rules(policy=policy)) as theatre:
        await asking(theatre, REGION)
        for who in ("viewer", "developer", "admin"):
            refused = await theatre.says(who, "answer 1 eu")
            assert refused.outcome is Outcome.REFUSED
            assert "Who may: @second. Rule: answer of hello: @second" in text_of(refused.message)
        assert (await theatre.says("second", "answer 1 eu")).outcome is Outcome.DONE


async def test_several_fields_by_form_and_in_words(theatre: Stage) -> None:
    runner = await asking(theatre, SEVERAL)
    form = (await button(theatre)).form
    kinds = [field.kind for field in form]
    assert kinds == [FieldKind.NUMBER, FieldKind.MULTI_CHOICE, FieldKind.FLAG, FieldKind.TEXT]
    assert form[0].hint == "at least 1, at most 9"
    assert [field.default for field in form] == ["", "", "no", "hi"]
    fields = {"field.count": "12", "field.kinds": "tea, mugs", "field.note": "NO"}
    wrong = await theatre.presses("reviewer", "Answer…", **fields)
    assert set(wrong.problems) == set(fields)
    assert "it is at most 9" in wrong.problems["field.count"]
    for words, said in (
        ("answer 1", "needs an answer: /run answer G-1 count=… kinds=… gift=… note=…"),
        ("answer 1 nine", "“nine” belongs to no field"),
        ("answer 1 count=nine", "it takes a number"),
        ("answer 1 many=1 count=1", "there is no such field"),
    ):
        assert said in text_of((await theatre.says("reviewer", words)).message)
    done = await theatre.says("reviewer", 'answer 1 count=3 kinds="pots,tea" gift=yes')
    assert done.outcome is Outcome.DONE, text_of(done.message)
    (decision,) = await decisions(theatre, runner)
    assert decision["answers"] == {
        "count": 3,
        "kinds": ["tea", "pots"],
        "gift": True,
        "note": "hi",
    }
    assert "As a gift: yes" in text_of(await card(theatre))


async def test_a_secret_is_sealed_delivered_once_and_erased(theatre: Stage) -> None:
    runner = await asking(theatre, SECRET)
    press = await button(theatre)
    assert press.form[1].kind is FieldKind.SECRET
    accepted = await theatre.dispatcher.accept(
        key="held",
        actor=person("reviewer", "console"),
        conversation=CONSOLE,
        press=replace(
            press.press,
            arguments={**press.press.arguments, "field.user": "bot", "field.token": "hunter2"},
        ),
    )
    assert "hunter2" not in str(accepted.press)
    assert "hunter2" not in await stored(theatre)
    # A crash between the two: the request is taken up again.
    await theatre.dispatcher.resume()
    await theatre.settle()
    assert "hunter2" not in await stored(theatre)
    assert await sealed(theatre)
    first = await decisions(theatre, runner)
    assert first == await decisions(theatre, runner)
    assert first[0]["answers"] == {"user": "bot", "token": "hunter2"}
    assert first[0]["secrets"] == ["token"]
    (order,) = await runner.orders()
    await runner.reports("consumed", orders=[order.id])
    assert not await sealed(theatre)
    assert "Token: ••••" in text_of(await card(theatre))
    events = await theatre.store.read(lambda tx: tx.runs.events(1))
    assert "hunter2" not in str(events)
    assert "hunter2" not in await stored(theatre)


@pytest.mark.parametrize(
    "words",
    [
        "/run answer 1 hunter2",
        "answer G-1 token=hunter2",
        "answer last user=bot token=hunter2",
        "answer hunter2",
        "answer R-99 hunter2",
        "/run anwser 1 hunter2",
        'answer "hunter2',
        "reply 1 hunter2",
    ],
)
async def test_a_secret_typed_in_words_is_refused_and_not_kept(theatre: Stage, words: str) -> None:
    await asking(theatre, SECRET, of="fix-rounding")
    reply = await theatre.says("reviewer", words)
    assert reply.outcome is not Outcome.DONE
    assert "hunter2" not in await stored(theatre)
    assert await status(theatre) is Status.WAITING


async def test_the_refusal_of_a_typed_secret_says_what_to_do(theatre: Stage) -> None:
    await asking(theatre, SECRET, of="fix-rounding")
    thread = await theatre.thread_of("R-1")
    for words, where in (("answer 1 hunter2", None), ("answer 1234", thread), ("hunter2", thread)):
        reply = await theatre.says("reviewer", words, thread=where)
        assert "use the form of its card instead" in text_of(reply.message), words


async def test_a_refused_secret_is_erased_at_once(theatre: Stage) -> None:
    runner = await asking(theatre, SECRET)
    form = {"field.user": "bot", "field.token": "abc"}
    refused = await theatre.presses("reviewer", "Answer…", **form)
    assert "at least 4 characters" in refused.problems["field.token"]
    assert "abc" not in text_of(refused.message)
    empty = {"field.user": "b", "field.token": ""}
    nothing = await theatre.presses("reviewer", "Answer…", **empty)
    assert "an answer is needed" in nothing.problems["field.token"]
    assert not await sealed(theatre)
    await runner.ends("failed")
    late = Button(label="x", press=Press(verb="answer", arguments={"run": "G-1"}))
    gone = await theatre.press(late, "reviewer", **{"field.token": "hunter2"})
    assert "already decided: void" in text_of(gone.message)
    assert not await sealed(theatre)


async def test_another_key_does_not_open_what_was_sealed(theatre: Stage) -> None:
    runner = await asking(theatre, SECRET)
    await theatre.presses("reviewer", "Answer…", **{"field.user": "bot", "field.token": "hunter2"})
    (order,) = await runner.orders()
    theatre.vault = type(theatre.vault)("b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktISE=")
    (decision,) = await decisions(theatre, runner)
    assert decision["answers"] == {"user": "bot", "token": None}
    assert "no longer here" in decision["note"]
    assert order.data["sealed"] == {"token": 1}


async def test_a_parked_question_resumes_with_its_secret(theatre: Stage) -> None:
    runner = await asking(theatre, SECRET)
    await runner.reports("parked", gate="G-1")
    await theatre.passes(hours=1)
    await theatre.presses("reviewer", "Answer…", **{"field.user": "bot", "field.token": "hunter2"})
    for fence in (2, 3):
        resumed = await theatre.claims()
        assert resumed.assignment.fence == fence
        assert resumed.assignment.resume_decision["answers"]["token"] == "hunter2"
        if fence == 2:
            (order,) = await resumed.orders()
            await resumed.reports("consumed", orders=[order.id])
            await theatre.source.decline("R-1.1", 2, "disk full")
            await theatre.passes(seconds=2)
    await resumed.starts()
    assert await resumed.orders() == ()
    assert not await sealed(theatre)


@pytest.mark.parametrize(
    ("on_expiry", "then", "words"),
    [
        ("time_out", Status.TIMED_OUT, "nobody answered"),
        ("cancel", Status.CANCELLED, "nobody answered"),
        ("default", Status.QUEUED, "Nobody answered; the defaults hold"),
    ],
)
async def test_what_the_deadline_does(
    theatre: Stage, on_expiry: str, then: Status, words: str
) -> None:
    form = {**SEVERAL, "fields": SEVERAL["fields"][1:], "deadline": "1h", "on_expiry": on_expiry}
    runner = await asking(theatre, form)
    await runner.reports("parked", gate="G-1")
    await theatre.passes(minutes=59)
    assert await status(theatre) is Status.WAITING
    await theatre.passes(minutes=1)
    assert await status(theatre) is then
    assert words in text_of(await card(theatre))
    if then is Status.QUEUED:
        decision = (await theatre.claims()).assignment.resume_decision
        assert decision["answers"] == {"gift": False, "note": "hi"}
        assert (decision["state"], decision["by"]) == ("satisfied", "")


async def test_wrong_forms_and_repeats_are_told_to_the_program(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch hello autopilot")
    runner = await (await theatre.claims()).starts()
    for form, said in (
        (None, "must be a JSON object"),
        ({"prompt": "x", "fields": []}, "fields must be a list"),
    ):
        assert said in (await runner.reports("question", name="q", form=form))["error"]
    assert "name is missing" in (await runner.reports("question", form=REGION))["error"]
    opened = await runner.reports("question", name="q", form=REGION)
    assert opened == {"gate": "G-1", "state": "open"}
    again = await runner.repeats(runner.seq, "question", name="q", form=REGION)
    assert again.results[runner.seq] == opened
    held = await runner.reports("question", name="q", form=REGION)
    assert "no gate can be opened now" in held["error"]


async def test_a_question_is_not_approved_and_an_approval_not_answered(theatre: Stage) -> None:
    await asking(theatre, REGION)
    approved = await theatre.says("reviewer", "approve 1")
    assert "asks a question: answer it, or stop the run" in text_of(approved.message)
    assert "You may answer it" in text_of((await theatre.says("developer", "why 1")).message)
    await theatre.says("reviewer", "dispatch fix-rounding")
    runner = await (await theatre.claims()).starts()
    await runner.reports("gate", checkpoint="plan")
    answered = await theatre.says("developer", "answer 2 yes")
    assert "is no question: approve it, deny it" in text_of(answered.message)
    nothing = await theatre.says("developer", "stop 1")
    assert nothing.outcome is Outcome.DONE
    late = await theatre.says("developer", "answer G-1 eu")
    assert "already decided: void" in text_of(late.message)


async def test_a_deleted_run_leaves_no_secret_and_no_cost(theatre: Stage) -> None:
    runner = await asking(theatre, SECRET)
    await runner.reports("cost", usd=2.0)
    gate = await theatre.store.read(lambda tx: tx.gates.load(1))
    await theatre.store.write(lambda tx: tx.sealed.keep(gate.id, "left over"))
    await runner.ends("failed", reason="no luck")
    await theatre.store.write(lambda tx: tx.sealed.keep(gate.id, "late"))
    await theatre.says("developer", "delete 1")
    await theatre.passes(seconds=10)
    assert await sealed(theatre) == 0
    assert await rows(theatre, cost_entries) == []
    assert await rows(theatre, gates) == []
