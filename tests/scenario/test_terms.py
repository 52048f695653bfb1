"""What policy sets: quorum, four-eyes, `always` gates; and reports that are none."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.blueprint import GateSpec, OnExpiry
from bot.domain.errors import UserError
from bot.domain.policy import Terms
from bot.domain.vocabulary import Status
from bot.messages.message import Message
from bot.messages.reply import Outcome
from tests.fakes.stage import FIX, PLAN, POLICY, Runner, Stage, rules, stage, text_of


@pytest.fixture
async def strict(database: str) -> AsyncIterator[Stage]:
    gate = GateSpec(
        checkpoint="plan",
        prompt="Sure?",
        deadline=timedelta(hours=1),
        on_expiry=OnExpiry.CANCEL,
        always=True,
    )
    policy = replace(POLICY, blueprints={FIX.name: Terms(quorum=2)})
    async with stage(database, rules_=rules(replace(FIX, gates=(gate,)), policy=policy)) as opened:
        yield opened


async def at_the_gate(theatre: Stage, who: str) -> Runner:
    await theatre.says(who, "dispatch fix-rounding autopilot")
    runner = await (await theatre.claims()).starts()
    opened = await runner.reports("gate", checkpoint="plan", plan=PLAN)
    assert opened["state"] == "open"
    await theatre.settle()
    return runner


async def test_a_quorum_takes_two_people_and_never_who_asked(strict: Stage) -> None:
    runner = await at_the_gate(strict, "reviewer")
    assert "always waits for a person" in "".join(text_of(m) for m in await strict.told())
    own = await strict.says("reviewer", "approve 1")
    assert own.outcome is Outcome.REFUSED
    assert "not you: you asked for it" in text_of(own.message)
    assert (await strict.says("second", "approve 1")).outcome is Outcome.DONE
    assert "already approved" in text_of((await strict.says("second", "approve 1")).message)
    assert "Approvals: 1 of 2" in "".join(text_of(m) for m in await strict.told())
    assert (await strict.says("admin", "approve 1")).outcome is Outcome.DONE
    (order,) = await runner.orders()
    assert order.data["state"] == "satisfied"


async def test_an_expiry_may_cancel_instead(strict: Stage) -> None:
    await at_the_gate(strict, "developer")
    await strict.passes(hours=2)
    run = await strict.store.read(lambda tx: tx.runs.load(1))
    assert run.status is Status.CANCELLED


async def test_who_has_seen_no_card_cannot_approve_by_words(strict: Stage) -> None:
    await strict.says("developer", "dispatch fix-rounding")
    runner = await (await strict.claims()).starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    strict.notifier = type("Silent", (), {"tell_due": staticmethod(_nothing)})()
    reply = await strict.says("reviewer", "approve G-1")
    assert "has not been shown here yet" in text_of(reply.message)


async def _nothing() -> int:
    return 0


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("log", {"stream": "nowhere", "text": "x"}),
        ("log", {"stream": "out", "text": "x" * 70_000}),
        ("phase", {}),
        ("phase", {"name": 7}),
        ("step", {"name": "tests", "state": "flying"}),
        ("summary", {"text": " "}),
        ("cost", {"input_tokens": -1}),
        ("cost", {"usd": "much"}),
        ("artifact", {"name": "../passwd", "size": 1, "sha256": "a" * 64}),
        ("artifact", {"name": "a", "size": 1, "sha256": "zz"}),
        ("push", {"files": "all", "commit": "abc"}),
        ("consumed", {"orders": [True]}),
        ("ended", {"status": "glorious"}),
    ],
)
async def test_a_malformed_report_is_refused_and_counts_for_nothing(
    theatre: Stage, kind: str, data: dict[str, object]
) -> None:
    await theatre.says("developer", "dispatch fix-rounding")
    runner = await (await theatre.claims()).starts()
    with pytest.raises(UserError):
        await runner.reports(kind, **data)
    runner.seq -= 1
    await runner.reports("phase", name="PLANNING")
    with pytest.raises(UserError, match="is next"):
        await runner.repeats(9, "phase", name="EXECUTING")


async def test_reports_after_the_gate_opened_move_nothing(theatre: Stage) -> None:
    await theatre.says("developer", "dispatch fix-rounding")
    runner = await (await theatre.claims()).starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await runner.reports("phase", name="EXECUTING")
    second = await runner.reports("gate", checkpoint="plan", plan=PLAN)
    push = await runner.reports("push", commit="abc", files=[])
    assert "no gate can be opened now" in second["error"]
    assert "nothing is pushed now" in push["error"]
    run = await theatre.store.read(lambda tx: tx.runs.load(1))
    assert run.phase == "checkpoint:plan"
    await runner.ends()
    assert "ended before its gate was decided" in text_of(await _after(theatre))


async def _after(theatre: Stage) -> Message:
    await theatre.settle()
    return await theatre.card()
