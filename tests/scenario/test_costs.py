"""What programs use is priced, summed and shown, and what they did stands in the detail."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.errors import UserError
from bot.domain.events import EventType
from bot.domain.prices import ModelPrice, Prices
from bot.domain.run import Cost
from bot.messages.reply import Outcome
from bot.services.costing import PARTS
from tests.fakes.stage import PLAN, Runner, Stage, rules, stage, text_of

PRICES = Prices(
    models={"sonnet": ModelPrice(input=3, output=15, cached_input=0.3)}, compute_usd_per_hour=6
)


async def at_work(theatre: Stage, blueprint: str = "fix-rounding autopilot") -> Runner:
    await theatre.says("developer", f"/run dispatch {blueprint}")
    return await (await theatre.claims()).starts()


async def cost(theatre: Stage, run: int = 1) -> Cost:
    return (await theatre.store.read(lambda tx: tx.runs.load(run))).cost


def priced(theatre: Stage) -> Stage:
    theatre.rules = replace(rules(), prices=PRICES)
    return theatre


async def test_tokens_get_their_price_from_the_list(theatre: Stage) -> None:
    runner = await at_work(priced(theatre))
    used = {"input_tokens": 1_000_000, "cached_tokens": 500_000, "output_tokens": 100_000}
    await runner.reports("cost", **used, model="sonnet")
    assert (await cost(theatre)).usd == pytest.approx(3.15)
    await runner.reports("cost", **used, model="sonnet", usd=1)
    await theatre.settle()
    shown = text_of(await theatre.card())
    assert "Cost: $4.15 · 2,000,000 in (1,000,000 cached), 200,000 out · sonnet" in shown


async def test_a_model_without_a_price_is_not_free(theatre: Stage) -> None:
    runner = await at_work(priced(theatre))
    await runner.reports("cost", input_tokens=700, output_tokens=300, model="new")
    await theatre.settle()
    assert "Cost: price unknown · 700 in, 300 out · new" in text_of(await theatre.card())
    await runner.reports("cost", input_tokens=10, output_tokens=0, model="new", usd=0.5)
    await theatre.settle()
    shown = text_of(await theatre.card())
    assert "Cost: $0.50 · price unknown for 1,000 tokens · 710 in, 300 out" in shown
    told = await theatre.says("viewer", "/run cost")
    assert "price unknown for 1,000 tokens" in text_of(told.message)


async def test_machine_time_is_added_at_the_end_without_the_wait(theatre: Stage) -> None:
    runner = await at_work(priced(theatre), "fix-rounding supervised")
    theatre.clock.advance(timedelta(minutes=10))
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await theatre.settle()
    theatre.clock.advance(timedelta(hours=1))
    await theatre.says("reviewer", "/run approve last")
    theatre.clock.advance(timedelta(minutes=5))
    assert (await cost(theatre)).compute == timedelta(0)
    await runner.ends()
    await theatre.settle()
    assert (await cost(theatre)).compute == timedelta(minutes=15)
    assert "Cost: $1.50 · 15 min of compute ($1.50)" in text_of(await theatre.card())
    events = await theatre.store.read(lambda tx: tx.runs.events(1))
    assert [event.type for event in events][-2:] == [
        EventType.COST_REPORTED,
        EventType.JOB_ENDED,
    ]


async def test_sums_by_whatever_is_asked(theatre: Stage) -> None:
    nothing = await theatre.says("viewer", "/run cost")
    assert "Nothing was spent" in text_of(nothing.message)
    first = await at_work(theatre)
    await first.reports("cost", input_tokens=10, output_tokens=5, usd=0.25, model="m")
    await first.ends()
    theatre.clock.advance(timedelta(days=1))
    await theatre.says("reviewer", "/run dispatch hello")
    second = await (await theatre.claims()).starts()
    await second.reports("cost", input_tokens=20, output_tokens=5, usd=0.5, model="m")
    day = f"{theatre.clock.now():%Y-%m-%d}"

    whole = text_of((await theatre.says("viewer", "/run cost")).message)
    assert whole == "2 runs cost $0.75\n$0.75 · 30 in, 10 out"
    by_person = text_of((await theatre.says("viewer", "/run cost by person")).message)
    assert by_person.splitlines()[2:] == [
        "@reviewer · $0.50 · 20 in, 5 out · 1 run",
        "@developer · $0.25 · 10 in, 5 out · 1 run",
    ]
    by_project = text_of((await theatre.says("viewer", "costs by project")).message)
    assert by_project.splitlines()[2:] == ["shop · $0.75 · 30 in, 10 out · 2 runs"]
    by_blueprint = text_of((await theatre.says("viewer", "cost by blueprint pods")).message)
    assert by_blueprint.splitlines()[2:] == ["fix-rounding · $0.25 · 10 in, 5 out · 1 run"]
    by_day = text_of((await theatre.says("viewer", "cost last 2h by day")).message)
    assert by_day.splitlines()[2:] == [f"{day} · $0.50 · 20 in, 5 out · 1 run"]
    mine = text_of((await theatre.says("developer", "/run cost mine")).message)
    assert "1 run cost $0.25" in mine


async def test_a_wrong_sum_is_explained(theatre: Stage) -> None:
    for words, said in (("by week", "by “week”"), ("by", "by nothing")):
        reply = await theatre.says("viewer", f"/run cost {words}")
        assert reply.outcome is Outcome.USAGE
        assert f"person or project or blueprint or day, not {said}" in text_of(reply.message)
    again = await theatre.says("viewer", "/run cost by day failed by day")
    assert again.outcome is Outcome.USAGE
    titled = await theatre.says("viewer", '/run cost "by"')
    assert "Nothing was spent" in text_of(titled.message)
    stranger = await theatre.says("stranger", "/run cost")
    assert stranger.outcome is Outcome.REFUSED


async def test_many_parts_are_cut(database: str) -> None:
    async with stage(database) as theatre:
        for _ in range(PARTS + 1):
            runner = await at_work(theatre, "hello")
            await runner.reports("cost", input_tokens=1, output_tokens=1, usd=0.1)
            await runner.ends()
            theatre.clock.advance(timedelta(days=1))
        reply = await theatre.says("viewer", "/run cost by day")
        assert len(reply.message.rows) == PARTS
        assert "The rest is left out" in text_of(reply.message)


async def test_what_the_program_did_stands_in_the_detail(theatre: Stage) -> None:
    runner = await at_work(theatre)
    await runner.reports("phase", name="planning")
    await runner.reports("note", topic="plan", text="✔ Look\n▸ Fix")
    await runner.reports("phase", name="working")
    await runner.reports("note", topic="files", files=[f"shop/part_{n}.py" for n in range(14)])
    await runner.reports("note", topic="tests", text="pytest: 2 passed", state="passed")
    await runner.reports("note", topic="question", text="Round *half* up?")
    await theatre.settle()
    detail = text_of((await theatre.says("viewer", "/run show R-1")).message)
    assert "Plan: ✔ Look · ▸ Fix" in detail
    assert "shop/part_11.py and 2 more" in detail
    assert "Tests: ✔ pytest: 2 passed" in detail
    assert "▸ EXECUTING" in detail
    card = text_of(await theatre.card())
    assert "pytest" not in card
    told = [text_of(message) for message in await theatre.told()]
    assert sum("The program asks: Round *half* up?" in text for text in told) == 1
    assert not any(text.startswith("Plan") for text in told)


@pytest.mark.parametrize(
    "note",
    [
        {"topic": "weather", "text": "rain"},
        {"topic": "plan"},
        {"topic": "plan", "text": "x" * 4_001},
        {"topic": "files", "files": "a"},
        {"topic": "files", "files": ["x" * 1_001]},
        {"topic": "tests", "text": "pytest"},
    ],
)
async def test_a_malformed_note_is_refused(theatre: Stage, note: dict[str, object]) -> None:
    runner = await at_work(theatre)
    with pytest.raises(UserError):
        await runner.reports("note", **note)
