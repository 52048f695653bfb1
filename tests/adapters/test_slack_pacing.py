"""Turns under Slack's limits, and what becomes of two hundred runs in one channel."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from adapters.slack.echoes import Echoes
from adapters.slack.pacing import Pacing
from bot.domain.conversation import Conversation
from bot.domain.vocabulary import Mode
from bot.ports.job_source import Offer
from bot.ports.messenger import Turn
from bot.services.rules import Periods
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.slack_delivery import CHANNEL, SlackStage, slack_stage
from tests.fakes.stage import PLAN, Runner, rules

OTHER = Conversation(surface="slack", tenant="T0001", channel="C2")


@pytest.fixture
def pacing(clock: FakeClock) -> Pacing:
    return Pacing(clock, Echoes())


def seconds(later: datetime | None, since: datetime = NOON) -> float | None:
    return None if later is None else (later - since).total_seconds()


def post(pacing: Pacing, *, urgent: bool = False, place: Conversation = CHANNEL) -> float | None:
    return seconds(pacing.turn(Turn(conversation=place, urgent=urgent)))


def edit(pacing: Pacing, message: str, *, urgent: bool = False) -> float | None:
    return seconds(pacing.turn(Turn(conversation=CHANNEL, message_id=message, urgent=urgent)))


def test_a_few_messages_go_at_once_and_the_last_place_is_for_what_is_urgent(
    pacing: Pacing,
) -> None:
    assert [post(pacing) for _ in range(3)] == [None, None, 1.0]
    assert [post(pacing, urgent=True) for _ in range(2)] == [None, 1.0]
    assert post(pacing, place=OTHER) is None, "channels do not wait for each other"


def test_one_message_a_second_goes_on_for_ever(pacing: Pacing, clock: FakeClock) -> None:
    told = 0
    for _ in range(400):
        told += post(pacing) is None
        clock.advance(timedelta(seconds=0.25))
    assert told == 101


def test_a_message_rests_between_edits_unless_it_is_urgent(
    pacing: Pacing, clock: FakeClock
) -> None:
    assert edit(pacing, "1.1") is None
    assert edit(pacing, "1.1") == 1.5
    assert edit(pacing, "1.1", urgent=True) is None
    clock.advance(timedelta(seconds=2.5))
    assert edit(pacing, "1.1") is None


def test_all_edits_of_a_workspace_share_one_rate(pacing: Pacing, clock: FakeClock) -> None:
    told = 0
    for number in range(600):
        told += edit(pacing, str(number)) is None
        clock.advance(timedelta(seconds=0.1))
    assert 48 <= told <= 52


def test_in_a_crowd_cards_rest_longer(pacing: Pacing) -> None:
    pacing.crowd(CHANNEL, crowded=True)
    assert edit(pacing, "1.1") is None
    assert edit(pacing, "1.1") == 60
    pacing.crowd(CHANNEL, crowded=False)
    assert edit(pacing, "1.1") == 1.5


def test_when_slack_says_wait_all_wait(pacing: Pacing, clock: FakeClock) -> None:
    pacing.hold(CHANNEL, 30, edits=False)
    assert post(pacing, urgent=True) == 30
    assert edit(pacing, "1.1") is None
    clock.advance(timedelta(seconds=30))
    assert post(pacing, urgent=True) is None


def test_what_no_longer_matters_is_forgotten(pacing: Pacing, clock: FakeClock) -> None:
    for number in range(10_000):
        clock.advance(timedelta(seconds=2))
        edit(pacing, str(number))
    assert len(pacing._edited_at) <= 5_000


@pytest.fixture
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SlackStage]:
    file = tmp_path_factory.mktemp("store") / "signalbox.db"
    async with slack_stage(f"sqlite:///{file}", limits=True) as opened:
        yield opened


async def begins(world: SlackStage, count: int) -> list[Runner]:
    """So many runs that wait at nothing, each claimed and started."""
    world.stage.rules = replace(rules(), periods=Periods(lease=timedelta(hours=1)))
    for _ in range(count):
        await world.dispatches("fix-rounding", mode=Mode.SUPERVISED)
    runners = []
    for _ in range(count):
        assignment = await world.stage.source.claim(
            Offer(agent="local", labels=("local",), slots=1_000)
        )
        assert assignment is not None
        runner = Runner(world.stage, assignment)
        await runner.starts()
        runners.append(runner)
    return runners


async def passes(world: SlackStage, time: float) -> None:
    """Time goes by; no lease ends meanwhile."""
    await world.goes_on(time, step=1, boards=True)


def limited(world: SlackStage) -> int:
    return sum(call.status == 429 for call in world.slack.calls)


async def seen_after(world: SlackStage, words: str, *, times: int) -> float:
    """Seconds until so many messages say these words."""
    asked_at = world.stage.clock.now()
    for _ in range(40):
        await world.goes_on(0.25)
        if sum(said.text == words for said in world.said()) == times:
            break
    late = (world.stage.clock.now() - asked_at).total_seconds()
    await world.goes_on(3)
    return late


async def test_with_ten_runs_gates_and_ends_are_seen_within_two_seconds(
    world: SlackStage,
) -> None:
    runners = await begins(world, 10)
    await passes(world, 40)
    gates, ends = [], []
    for number, runner in enumerate(runners, 1):
        for other in runners[number - 1 :]:
            await other.reports("phase", name=f"phase {number}")
        await runner.reports("gate", checkpoint="plan", plan=PLAN)
        asked = f"R-{number} waits for approval G-{number}: Carry out this plan?"
        gates.append(await seen_after(world, asked, times=1))
        await world.stage.says("reviewer", f"/run approve R-{number}")
        for other in runners[number:]:
            await other.reports("phase", name=f"late phase {number}")
        await runner.reports("ended", status="succeeded", exit_code=0)
        wanted = f"R-{number} Fix checkout rounding: Completed"
        ends.append(await seen_after(world, wanted, times=2))
    assert max(gates) <= 2, gates
    assert max(ends) <= 2, ends
    assert limited(world) == 0


async def test_of_two_hundred_runs_gates_and_ends_go_first_and_nothing_is_lost(
    world: SlackStage,
) -> None:
    runners = await begins(world, 200)
    await passes(world, 205)
    cards = [said for said in world.said() if said.text.startswith("R-")]
    assert len(cards) == 200, "each has its card within what one message a second allows"
    assert any(text.endswith("runs are live here") for text in (s.text for s in world.said()))
    for number, runner in enumerate(runners):
        await runner.reports("phase", name="EXECUTING")
        await runner.reports("summary", text=f"note {number}")
    await world.tells()
    asked_at = world.stage.clock.now()
    for runner in runners[:5]:
        await runner.reports("gate", checkpoint="plan", plan=PLAN)
    await world.goes_on(12, step=1, boards=True)
    gates = [said for said in world.said() if "waits for approval" in said.text]
    assert len(gates) == 5, "before two hundred notes"
    for runner in runners[5:]:
        await runner.ends()
    posts = 5 + 200 + 195
    while sum(said.text.endswith("Completed") for said in world.said()) < 195 * 2:
        await passes(world, 5)
        took = (world.stage.clock.now() - asked_at).total_seconds()
        assert took <= posts * 1.1, "one message a second is what Slack allows"
    notes = [said for said in world.said() if said.thread_ts not in {None, said.ts}]
    assert len({said.metadata["event_payload"]["key"] for said in notes if said.metadata}) == len(
        notes
    )
    assert limited(world) == 0
