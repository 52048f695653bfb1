"""The fake Slack's modals, homes, buttons and response_urls, with a real Bolt app behind them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.adapters.fake_slack_world import (
    ANA,
    BEN,
    OPS,
    Data,
    actions,
    bolt,
    button,
    client,
    connected,
    modal,
    question,
    refusal,
    section,
)
from tests.fakes.clock import FakeClock
from tests.fakes.slack.fake import FakeSlack

NAME = question("Name", {"type": "plain_text_input", "action_id": "name"}, block_id="name")
PICK = question(
    "Blueprint",
    {"type": "external_select", "action_id": "blueprint", "min_query_length": 0},
    block_id="blueprint",
)
OPTION = {"text": {"type": "plain_text", "text": "Nightly"}, "value": "nightly"}


@pytest.fixture
async def app(slack: FakeSlack) -> AsyncIterator[AsyncApp]:
    app = bolt(slack)
    async with connected(slack, app):
        yield app


def opens_form(app: AsyncApp, *blocks: Data) -> None:
    """Let `/run` open a modal."""

    @app.command("/run")
    async def run(ack: Any, body: Data, client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal(*blocks))
        await ack()


async def test_a_form_is_opened_filled_in_and_sent(slack: FakeSlack, app: AsyncApp) -> None:
    sent: list[Data] = []
    opens_form(app, NAME, PICK)

    async def suggest(ack: Any) -> None:
        await ack(options=[OPTION])

    app.options("blueprint")(suggest)

    @app.view("form")
    async def take(ack: Any, view: Data) -> None:
        sent.append(view["state"]["values"])
        await ack()

    await slack.types_command(ANA, OPS, "/run")
    assert slack.top_view(ANA).title == "Start a run"
    with pytest.raises(AssertionError, match="Blueprint"):
        await slack.submits(ANA, {"Name": "first"})
    assert await slack.suggests(ANA, "Blueprint", "nig") == [OPTION]
    assert (await slack.submits(ANA, {"Blueprint": "Nightly"})).acked
    [values] = sent
    assert values["name"]["name"]["value"] == "first"
    assert values["blueprint"]["blueprint"]["selected_option"] == OPTION
    assert slack.views[ANA] == []


async def test_a_refused_form_stays_with_its_errors(slack: FakeSlack, app: AsyncApp) -> None:
    opens_form(app, NAME)

    @app.view("form")
    async def take(ack: Any) -> None:
        await ack(response_action="errors", errors={"name": "Taken."})

    await slack.types_command(ANA, OPS, "/run")
    await slack.submits(ANA, {"name": {"name": {"type": "plain_text_input", "value": "a"}}})
    assert slack.top_view(ANA).errors == {"name": "Taken."}


async def test_errors_must_name_inputs(slack: FakeSlack, app: AsyncApp) -> None:
    opens_form(app, NAME)

    @app.view("form")
    async def take(ack: Any) -> None:
        await ack(response_action="errors", errors={"elsewhere": "Taken."})

    await slack.types_command(ANA, OPS, "/run")
    with pytest.raises(AssertionError, match="elsewhere"):
        await slack.submits(ANA, {"Name": "a"})


async def test_a_form_can_become_another_or_get_one_on_top(slack: FakeSlack, app: AsyncApp) -> None:
    answers: list[Data] = [
        {"response_action": "push", "view": modal(NAME)},
        {"response_action": "update", "view": modal(section("Sure?"))},
        {"response_action": "clear"},
    ]
    opens_form(app, NAME)

    @app.view("form")
    async def take(ack: Any) -> None:
        await ack(**answers.pop(0))

    await slack.types_command(ANA, OPS, "/run")
    await slack.submits(ANA, {"Name": "a"})
    first, second = slack.views[ANA]
    assert second.previous_view_id == second.root_view_id == first.id
    await slack.submits(ANA, {"Name": "b"})
    assert [block["type"] for block in slack.top_view(ANA).blocks] == ["section"]
    await slack.submits(ANA)
    assert slack.views[ANA] == []


async def test_a_trigger_is_good_once_and_for_three_seconds(
    slack: FakeSlack, clock: FakeClock
) -> None:
    web = client(slack)
    trigger = slack.world.new_trigger(ANA, slack.team_id)
    await web.views_open(trigger_id=trigger, view=modal(NAME))
    again = web.views_open(trigger_id=trigger, view=modal(NAME))
    assert await refusal(again) == "exchanged_trigger_id"
    late = slack.world.new_trigger(ANA, slack.team_id)
    clock.advance(timedelta(seconds=4))
    assert await refusal(web.views_open(trigger_id=late, view=modal(NAME))) == (
        "expired_trigger_id"
    )
    assert await refusal(web.views_open(trigger_id="1.2.3", view=modal(NAME))) == (
        "invalid_trigger_id"
    )


async def test_the_stack_is_three_high(slack: FakeSlack) -> None:
    web = client(slack)

    def trigger() -> str:
        return slack.world.new_trigger(ANA, slack.team_id)

    await web.views_open(trigger_id=trigger(), view=modal(NAME))
    for _ in range(2):
        await web.views_push(trigger_id=trigger(), view=modal(NAME))
    pushing = web.views_push(trigger_id=trigger(), view=modal(NAME))
    assert await refusal(pushing) == "push_limit_reached"


async def test_an_update_needs_the_present_hash_and_keeps_what_was_entered(
    slack: FakeSlack,
) -> None:
    web = client(slack)
    trigger = slack.world.new_trigger(ANA, slack.team_id)
    view = (await web.views_open(trigger_id=trigger, view=modal(NAME)))["view"]
    slack.fills(ANA, {"Name": "kept"})
    await web.views_update(view_id=view["id"], hash=view["hash"], view=modal(NAME, PICK))
    assert slack.top_view(ANA).state["name"]["name"]["value"] == "kept"
    stale = web.views_update(view_id=view["id"], hash=view["hash"], view=modal(NAME))
    assert await refusal(stale) == "hash_conflict"
    assert await refusal(web.views_update(view_id="V0", view=modal(NAME))) == "not_found"


async def test_closing_is_told_to_those_who_asked(slack: FakeSlack, app: AsyncApp) -> None:
    closed: list[Data] = []

    @app.view_closed("form")
    async def note(ack: Any, body: Data) -> None:
        closed.append(body)
        await ack()

    trigger = slack.world.new_trigger(ANA, slack.team_id)
    view = modal(NAME, notify_on_close=True)
    await client(slack).views_open(trigger_id=trigger, view=view)
    await slack.closes(ANA)
    assert [body["is_cleared"] for body in closed] == [False]


async def test_a_button_is_pressed_with_all_that_belongs_to_it(
    slack: FakeSlack, app: AsyncApp
) -> None:
    pressed: list[Data] = []

    @app.action("stop")
    async def stop(ack: Any, body: Data, respond: Any) -> None:
        pressed.append(body)
        await ack()
        await respond("Stopped.", replace_original=False)

    confirm = {
        "title": {"type": "plain_text", "text": "Stop?"},
        "text": {"type": "plain_text", "text": "It ends."},
        "confirm": {"type": "plain_text", "text": "Stop"},
        "deny": {"type": "plain_text", "text": "Cancel"},
    }
    row = actions(button("Stop", action_id="stop", value="R-1", confirm=confirm))
    posted = await client(slack).chat_postMessage(channel=OPS, text="a", blocks=[row])
    assert slack.buttons(slack.messages(OPS)[0]) == ["Stop"]
    await slack.presses(BEN, OPS, posted["ts"], "Stop")
    [body] = pressed
    assert body["actions"][0]["value"] == "R-1"
    assert (body["user"]["id"], body["message"]["ts"]) == (BEN, posted["ts"])
    assert body["container"]["is_ephemeral"] is False
    assert slack.confirmations == [confirm]
    assert [said.text for said in slack.ephemerals(OPS, BEN)] == ["Stopped."]
    with pytest.raises(AssertionError, match=r"nothing is called 'Go'.*Stop"):
        await slack.presses(BEN, OPS, posted["ts"], "Go")


async def test_what_only_one_sees_can_be_replaced_and_taken_away(
    slack: FakeSlack, app: AsyncApp
) -> None:
    bodies: list[Data] = []

    async def go(ack: Any, body: Data, respond: Any) -> None:
        bodies.append(body)
        await ack()
        gone = len(bodies) > 1
        row = actions(button("Go", action_id="go"))
        await respond("again", blocks=[row], replace_original=not gone, delete_original=gone)

    app.action("go")(go)

    row = actions(button("Go", action_id="go"))
    await client(slack).chat_postEphemeral(channel=OPS, user=ANA, text="a", blocks=[row])
    [private] = slack.ephemerals(OPS, ANA)
    await slack.presses(ANA, OPS, private.ts, "Go")
    assert [said.text for said in slack.ephemerals(OPS, ANA)] == ["again"]
    await slack.presses(ANA, OPS, private.ts, "Go")
    assert slack.ephemerals(OPS, ANA) == []
    assert "message" not in bodies[0]


async def test_a_menu_in_a_message_keeps_what_was_chosen(slack: FakeSlack, app: AsyncApp) -> None:
    states: list[Data] = []

    async def pick(ack: Any, body: Data) -> None:
        states.append(body["state"]["values"])
        await ack()

    app.action("pick")(pick)

    menu = {"type": "static_select", "action_id": "pick", "options": [OPTION]}
    more = {"type": "overflow", "action_id": "pick", "options": [OPTION]}
    blocks = [actions(menu) | {"block_id": "row"}, section("a", accessory=more)]
    await client(slack).chat_postMessage(channel=OPS, text="a", blocks=blocks)
    [message] = slack.messages(OPS)
    await slack.chooses(ANA, OPS, message.ts, "pick", "Nightly")
    assert states[0]["row"]["pick"]["selected_option"] == OPTION


async def test_a_response_url_wears_out(slack: FakeSlack, clock: FakeClock) -> None:
    worn = AsyncWebhookClient(slack.world.new_hook(OPS, ANA))
    for _ in range(5):
        assert (await worn.send(text="a")).status_code == 200
    used = await worn.send(text="a")
    assert (used.status_code, "used_url" in used.body) == (404, True)
    fresh = AsyncWebhookClient(slack.world.new_hook(OPS, ANA))
    clock.advance(timedelta(minutes=31))
    expired = await fresh.send(text="a")
    assert (expired.status_code, "expired_url" in expired.body) == (404, True)
    assert len(slack.ephemerals(OPS, ANA)) == 5


async def test_a_response_url_reaches_where_the_bot_is_not(slack: FakeSlack) -> None:
    slack.add_channel("C0FAR", members=[ANA], bot=False)
    hook = AsyncWebhookClient(slack.world.new_hook("C0FAR", ANA))
    await hook.send(text="for all", response_type="in_channel")
    assert [said.text for said in slack.messages("C0FAR")] == ["for all"]


async def test_a_home_is_published_opened_and_used(slack: FakeSlack, app: AsyncApp) -> None:
    web, opened, pressed = client(slack), [], []

    @app.event("app_home_opened")
    async def show(event: Data) -> None:
        opened.append(event)
        home = {"type": "home", "blocks": [actions(button("New run", action_id="new"))]}
        await web.views_publish(user_id=event["user"], view=home)

    @app.action("new")
    async def new(ack: Any, body: Data) -> None:
        pressed.append(body["view"]["type"])
        await ack()

    await slack.opens_home(ANA)
    await slack.opens_home(ANA, tab="messages")
    assert [event["tab"] for event in opened] == ["home", "messages"]
    await slack.uses(ANA, slack.home(ANA), "New run")
    assert pressed == ["home"]
    stale = web.views_publish(user_id=ANA, hash="old", view={"type": "home", "blocks": []})
    assert await refusal(stale) == "hash_conflict"


async def test_shortcuts_come_with_and_without_a_message(slack: FakeSlack, app: AsyncApp) -> None:
    used: list[Data] = []
    slack.bot_events.remove("message.channels")

    @app.shortcut("start_run")
    @app.shortcut("run_from_message")
    async def note(ack: Any, body: Data) -> None:
        used.append(body)
        await ack()

    said = await slack.writes(BEN, OPS, "it is broken")
    await slack.uses_shortcut(ANA, "start_run")
    await slack.uses_shortcut(ANA, "run_from_message", message=said)
    assert [body["type"] for body in used] == ["shortcut", "message_action"]
    assert used[1]["message"]["text"] == "it is broken"
    assert "response_url" not in used[0]
