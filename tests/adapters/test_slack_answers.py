"""Private answers, files, homes and the form that starts a run."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.slack.answers import Answers, Asker
from adapters.slack.dispatch_form import (
    blueprint_options,
    dispatch_modal,
    dispatch_problems,
    place_of,
    read_dispatch,
)
from adapters.slack.files import post_logs, upload
from adapters.slack.forms import Place, errors_for
from adapters.slack.home import HomeData, Homes, home_view
from adapters.slack.text import Links
from bot.domain.errors import UserError
from bot.domain.invocation import Press
from bot.messages.message import Button, Message, Row
from bot.messages.reply import Reply, ReplyFile
from tests.fakes.block_kit import check_view
from tests.fakes.slack_delivery import SlackStage, slack_stage
from tests.fakes.stage import FIX, HELLO

REPLY = Reply(message=Message(title="Nothing is **live**", fallback="Nothing is live"))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[SlackStage]:
    async with slack_stage(f"sqlite:///{tmp_path / 'signalbox.db'}") as opened:
        yield opened


@pytest.fixture
def answers(world: SlackStage) -> Answers:
    return Answers(world.calls, world.stage.clock)


def asker(world: SlackStage, *, hook: bool = True, channel: str = "C1") -> Asker:
    return Asker(
        tenant="T0001",
        channel=channel,
        user="UDEV",
        response_url=world.slack.world.new_hook(channel, "UDEV") if hook else "",
        asked_at=world.stage.clock.now(),
    )


def seen(world: SlackStage) -> list[str]:
    return [said.text for said in world.slack.ephemerals("C1", "UDEV")]


async def test_an_answer_is_seen_by_whoever_asked_and_nobody_else(
    world: SlackStage, answers: Answers
) -> None:
    await answers.answer(asker(world), REPLY, key="k")
    assert seen(world) == ["Nothing is live"]
    assert world.said() == []
    assert len(world.slack.calls_of("response_url")) == 1


async def test_after_five_uses_or_half_an_hour_there_is_another_way(
    world: SlackStage, answers: Answers
) -> None:
    who = asker(world)
    for _ in range(7):
        await answers.answer(who, REPLY, key="k")
    assert len(world.slack.calls_of("response_url")) == 5
    old = asker(world)
    world.stage.clock.advance(timedelta(minutes=31))
    await answers.answer(old, REPLY, key="k")
    assert len(world.slack.calls_of("response_url")) == 5
    assert len(seen(world)) == 8


async def test_a_response_url_that_slack_refuses_is_made_up_for(
    world: SlackStage, answers: Answers
) -> None:
    world.slack.fails("response_url", status=404, error="expired_url")
    await answers.answer(asker(world), REPLY, key="k")
    assert seen(world) == ["Nothing is live"]


async def test_where_the_bot_is_not_it_answers_directly(
    world: SlackStage, answers: Answers
) -> None:
    world.slack.add_channel("C9", members=["UDEV"], bot=False, is_private=True)
    await answers.answer(asker(world, hook=False, channel="C9"), REPLY, key="k")
    assert [said.text for said in world.said(world.slack.dm("UDEV"))] == ["Nothing is live"]


async def test_files_come_in_a_direct_message(world: SlackStage, answers: Answers) -> None:
    file = ReplyFile(name="runs.csv", text="run,status\nR-1,queued\n")
    await answers.answer(asker(world), REPLY, key="k", files=[file])
    (kept,) = world.slack.files.values()
    assert (kept.filename, kept.content) == ("runs.csv", file.text.encode())


async def test_a_long_button_is_found_again_in_the_reply(
    world: SlackStage, answers: Answers
) -> None:
    button = Button(label="Older", press=Press(verb="list", arguments={"filter": "x" * 3_000}))
    message = replace(REPLY.message, buttons=(button,))
    await answers.answer(asker(world), replace(REPLY, message=message), key="cmd:1")
    (said,) = world.slack.ephemerals("C1", "UDEV")
    assert '"source":"reply cmd:1"' in said.blocks[-1]["elements"][0]["value"]


LOGS = Message(
    title="Output of R-1.1",
    body="```\nline 1\nline 2\n```",
    buttons=(Button(label="Older", press=Press(verb="logs", arguments={"run": "R-1"})),),
    attributes={"run": "R-1"},
)


async def test_logs_are_a_snippet_in_the_thread_with_a_button_for_older_ones(
    world: SlackStage,
) -> None:
    run = await world.dispatches()
    await world.tells()
    (card,) = world.said()
    place = {"tenant": "T0001", "channel": "C1", "thread": card.ts}
    turns_of = await post_logs(world.calls, place, LOGS, source="reply k", links=Links())
    assert turns_of is not None
    await turns_of()
    (kept,) = world.slack.files.values()
    assert (kept.filename, kept.content) == (f"{run.key}.log", b"line 1\nline 2")
    turns = world.said()[-1]
    assert turns.thread_ts == card.ts
    assert turns.blocks[-1]["elements"][0]["text"]["text"] == "Older"
    nothing = replace(LOGS, body="nothing yet")
    assert not await post_logs(world.calls, place, nothing, source="reply k", links=Links())


async def test_a_refused_upload_says_so(world: SlackStage) -> None:
    world.slack.fails("files.getUploadURLExternal", error="file_upload_size_restricted")
    with pytest.raises(UserError):
        await upload(
            world.calls, "T0001", "C1", ReplyFile(name="a.txt", text="x"), title="a", thread=None
        )


def home(*, rows: int = 0) -> HomeData:
    row = Row(text="R", button=Button(label="Open", press=Press(verb="show")))
    listed = Message(title="Runs", rows=(row,) * rows)
    return HomeData(stats=listed, inbox=listed, latest=listed)


def test_a_home_has_what_waits_first_and_says_when_nothing_does() -> None:
    empty = home_view(home(), Links())
    check_view(empty)
    assert "Nothing waits for you." in str(empty)
    assert "New run" in str(empty)
    full = home_view(replace(home(rows=30), agents=Message(title="", body="local")), Links())
    check_view(full)
    assert "Nothing waits" not in str(full)
    assert "New run" not in str(home_view(replace(home(), may_dispatch=False), Links()))


async def test_an_opened_home_is_kept_fresh_for_a_while(world: SlackStage) -> None:
    shown = [home()]

    async def load(tenant: str, user: str) -> HomeData:
        assert (tenant, user) == ("T0001", "UDEV")
        return shown[0]

    homes = Homes(world.calls, world.stage.clock, load)
    assert await homes.refresh() == 0
    await homes.opened("T0001", "UDEV")
    assert "Nothing waits" in str(world.slack.home("UDEV").blocks)
    shown[0] = home(rows=1)
    assert await homes.refresh() == 0, "it rests"
    world.stage.clock.advance(timedelta(seconds=11))
    assert await homes.refresh() == 1
    assert "Nothing waits" not in str(world.slack.home("UDEV").blocks)
    world.stage.clock.advance(timedelta(seconds=11))
    assert await homes.refresh() == 0, "nothing has changed"
    shown[0] = home()
    world.slack.fails("views.publish", error="internal_error")
    world.stage.clock.advance(timedelta(seconds=11))
    assert await homes.refresh() == 0, "tried again later"
    world.stage.clock.advance(timedelta(hours=2))
    assert await homes.refresh() == 0, "nobody looks any more"


def test_the_dispatch_form_asks_what_the_chosen_blueprint_asks() -> None:
    place = Place(channel="C1", thread="1.1")
    bare = dispatch_modal(place)
    check_view(bare)
    assert place_of(bare) == place
    view = dispatch_modal(place, blueprint=HELLO, given={"name": "Ana", "mode": "autopilot"})
    check_view(view)
    ids = [block["block_id"] for block in view["blocks"]]
    assert ids == [
        "field:blueprint",
        "field:input.name",
        "field:input.times",
        "field:mode",
        "field:owner",
        "field:branch",
    ]
    assert view["blocks"][1]["element"]["initial_value"] == "Ana"
    assert view["blocks"][3]["element"]["initial_option"]["value"] == "autopilot"


def test_the_type_ahead_offers_what_fits() -> None:
    found = blueprint_options([HELLO, FIX], "fix")
    assert [option["value"] for option in found] == ["fix-rounding"]
    assert [option["value"] for option in blueprint_options([HELLO, FIX], "say h")] == ["hello"]
    assert len(blueprint_options([HELLO, FIX], "")) == 2


def test_a_sent_dispatch_form_is_a_press() -> None:
    view = dispatch_modal(Place(), blueprint=HELLO)
    view["state"] = {
        "values": {
            "field:blueprint": {"x": chosen("external_select", "hello")},
            "field:input.name": {"text": {"type": "plain_text_input", "value": "Ben"}},
            "field:input.times": {"number": {"type": "number_input", "value": None}},
            "field:mode": {"choice": chosen("static_select", "supervised")},
            "field:owner": {"person": {"type": "users_select", "selected_user": "UREV"}},
            "field:branch": {"text": {"type": "plain_text_input", "value": None}},
        }
    }
    submission, press = read_dispatch(view, {"hello": HELLO})
    assert press == Press(
        verb="dispatch",
        arguments={
            "blueprint": "hello",
            "mode": "supervised",
            "owner": "UREV",
            "inputs": {"name": "Ben"},
        },
    )
    assert submission.people == ("owner",)
    problems = dispatch_problems({"times": "a number", "owner": "unknown"})
    assert errors_for(view, problems) == {
        "field:input.times": "a number",
        "field:owner": "unknown",
    }


def chosen(kind: str, value: str) -> dict[str, object]:
    return {"type": kind, "selected_option": {"value": value}}
