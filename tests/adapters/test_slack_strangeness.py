"""What Slack would not send but a proxy, a stand-in or a forger may: nothing breaks."""

import json
import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from adapters.slack.doctor.access import Access
from bot.domain.errors import UnavailableError
from tests.fakes.slack.http_transport import FORM
from tests.fakes.slack_stage import CHANNEL, SlackStage, slack_stage, text_of
from tests.fakes.stage import PLAN

JUNK: tuple[Any, ...] = (
    None,
    [],
    {},
    "",
    0,
    True,
    "x" * 5_000,
    [None],
    {"id": None},
    "\ud83d",
    "a\0b",
    -1,
    1.5,
)
PROXIES = (
    (502, "text/plain", "Bad Gateway"),
    (200, "text/plain", "hello"),
    (200, "text/html", "<html>Sign in</html>"),
    (200, "application/json", "{oops"),
    (200, "application/json", "[1]"),
    (200, "application/json", "null"),
)


@pytest.fixture
async def world(tmp_path: Path, blank: Path) -> AsyncIterator[SlackStage]:
    async with slack_stage(f"sqlite:///{shutil.copy(blank, tmp_path)}", "http") as opened:
        yield opened


async def finish(world: SlackStage) -> None:
    """Let the oldest run that waits succeed."""
    await (await (await world.stage.claims()).starts()).ends()


@pytest.mark.parametrize(("status", "kind", "text"), PROXIES)
async def test_what_a_proxy_says_instead_of_slack_delays_and_ends_nothing(
    world: SlackStage, status: int, kind: str, text: str
) -> None:
    for method in ("chat.postMessage", "chat.update", "reactions.add", "users.info"):
        world.slack.fails(method, status=status, body=(kind, text))
    await world.slack.mentions("UDEV", CHANNEL, "dispatch hello")
    world.slack.fails("views.open", status=status, body=(kind, text))
    await world.slack.types_command("UDEV", CHANNEL, "/run", "")
    world.slack.fails("views.publish", status=status, body=(kind, text))
    await world.slack.opens_home("UDEV")
    await world.slack.settles()
    await world.stage.dispatcher.resume()  # as the sweep does with what could not be done
    await world.card()
    await finish(world)
    await world.sees("Succeeded")


@pytest.mark.parametrize(("status", "kind", "text"), PROXIES)
async def test_the_doctor_knows_a_proxy_from_slack(
    world: SlackStage, status: int, kind: str, text: str
) -> None:
    world.slack.fails("auth.test", status=status, body=(kind, text))
    access = Access(api_url=world.slack.api_url, bot_token=world.slack.bot_token)
    with pytest.raises(UnavailableError):
        await access.call("auth.test")


async def test_a_signature_that_is_none_is_refused(
    world: SlackStage, caplog: pytest.LogCaptureFixture
) -> None:
    body = urlencode({"command": "/run", "text": "dispatch hello"}).encode()
    good = world.slack.http.headers(body, FORM)
    wrong = {
        "X-Slack-Request-Timestamp": ("soon", "nan", "9" * 400, "1e9", "-5", "", "٣"),
        "X-Slack-Signature": ("v0=\xe9\xe9", "v0=", "", good["X-Slack-Signature"].upper()),
    }
    for header, values in wrong.items():
        for value in values:
            answer = await world.slack.http.post(body, {**good, header: value})
            assert answer.status == 401, (header, value)
    assert not [record for record in caplog.records if record.levelno > logging.WARNING]


def variants(whole: Any) -> Iterator[Any]:
    """A payload with each of its parts left out or made something else, one at a time."""
    for path in paths(whole):
        for junk in (*JUNK, ...):
            changed = deepcopy(whole)
            part = changed
            for step in path[:-1]:
                part = part[step]
            if junk is ...:
                del part[path[-1]]
            else:
                part[path[-1]] = junk
            yield changed


def paths(part: Any) -> Iterator[tuple[Any, ...]]:
    """Where everything in a payload is."""
    inner = part.items() if isinstance(part, dict) else enumerate(part)
    for step, value in inner:
        yield (step,)
        if isinstance(value, dict | list):
            yield from ((step, *rest) for rest in paths(value))


async def payloads(world: SlackStage) -> list[tuple[str, Any]]:
    """One of everything that people do, as the fake would send it."""
    slack = world.slack
    await slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello")
    card = await world.card()
    await slack.types_command("UDEV", CHANNEL, "/run", "")
    await world.until(lambda: slack.views.get("UDEV"))
    view = slack.top_view("UDEV")
    await slack.suggests("UDEV", "choose:blueprint")
    with slack.holding() as held:
        await slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello")
        await slack.mentions("UDEV", CHANNEL, "list")
        await slack.presses("UDEV", CHANNEL, card.ts, "Logs")
        await slack.uses("UDEV", view, "choose:blueprint", "hello")
        await slack.submits("UDEV")
        await slack.uses_shortcut("UDEV", "start_run")
    sent = [(delivery.kind, delivery.payload) for delivery in held]
    kind, chosen = next(each for each in sent if "choose:blueprint" in json.dumps(each[1]))
    typed = {"type": "block_suggestion", "action_id": "choose:blueprint", "value": "h"}
    return [*sent, (kind, chosen | typed)]


async def test_what_slack_would_never_send_is_refused_though_it_is_signed(
    world: SlackStage, caplog: pytest.LogCaptureFixture
) -> None:
    http, sent = world.slack.http, await payloads(world)
    assert len(sent) > 6
    for number, (kind, payload) in enumerate(sent):
        for at, changed in enumerate(variants(payload)):
            if at % 7 != number % 7:  # one of seven is enough of each
                continue
            if kind == "slash_commands":
                body, form = urlencode(changed, errors="replace").encode(), FORM
            elif kind == "events_api":
                body, form = json.dumps(changed).encode(), "application/json"
            else:
                body, form = urlencode({"payload": json.dumps(changed)}).encode(), FORM
            answer = await http.post(body, http.headers(body, form))
            assert answer.status in {200, 400, 404}, (changed, answer)
    worst = [record.getMessage() for record in caplog.records if record.levelno > logging.WARNING]
    assert not worst, worst[:3]


async def test_a_server_without_reactions_is_asked_once_for_each(world: SlackStage) -> None:
    for method in ("reactions.add", "reactions.remove"):
        world.slack.fails(method, error="unknown_method", times=None)
    await world.slack.mentions("UDEV", CHANNEL, "dispatch hello")
    await world.card()
    await finish(world)
    await world.sees("Succeeded")
    for _ in range(5):
        await world.goes_on()
    assert len(world.slack.calls_of("reactions.add")) <= 2
    assert not await world.stage.store.read(
        lambda tx: tx.followups.pending("slack", after=0, limit=9)
    )


async def test_what_is_not_found_is_a_method_that_is_not_there(world: SlackStage) -> None:
    body = ("application/json", '{"message": "Not Found"}')
    world.slack.fails("agents.sessions.setStatus", status=404, body=body, times=None)
    await world.slack.direct_message("UDEV", "dispatch hello")
    await world.sees("R-1", channel=world.slack.dm("UDEV"))
    await finish(world)
    await world.sees("Succeeded", channel=world.slack.dm("UDEV"))
    assert len(world.slack.calls_of("agents.sessions.setStatus")) == 1


async def test_output_is_said_where_no_file_is_taken(world: SlackStage) -> None:
    world.slack.fails("files.getUploadURLExternal", error="unknown_method", times=None)
    await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello")
    card = await world.card()
    runner = await (await world.stage.claims()).starts()
    await runner.reports("log", stream="out", text="it went well\n")
    await world.slack.mentions("UDEV", CHANNEL, "logs", thread_ts=card.ts)
    await world.told("it went well")
    await world.slack.types_command("UDEV", CHANNEL, "/run", "export R-1 json")
    await world.told("could not bring you")


async def test_a_card_for_a_person_is_edited_where_it_landed(world: SlackStage) -> None:
    world.slack.fails("conversations.open", error="unknown_method", times=None)
    slack = world.slack
    await slack.uses_shortcut("UDEV", "start_run")
    await world.until(lambda: slack.views.get("UDEV"))
    await slack.suggests("UDEV", "choose:blueprint")
    await slack.uses("UDEV", slack.top_view("UDEV"), "choose:blueprint", "hello")
    await world.until(lambda: "times" in str(slack.top_view("UDEV").blocks))
    await slack.submits("UDEV")
    there = slack.dm("UDEV")
    await world.sees("R-1", channel=there)
    card = await world.until(
        lambda: next((each for each in slack.messages(there) if each.metadata), None)
    )
    await finish(world)
    await world.until(lambda: "Succeeded" in text_of(card))


async def test_a_workflow_is_answered_by_the_end_of_its_step_alone(world: SlackStage) -> None:
    execution = await world.slack.runs_step("dispatch_run", {"job": "no-such", "channel": CHANNEL})
    await world.until(lambda: execution.error)
    await world.goes_on()
    users = [call.arguments.get("user") for call in world.slack.calls_of("chat.postEphemeral")]
    assert "workflow" not in users
    assert not world.slack.calls_of("conversations.open")


async def test_blanks_are_no_reason(world: SlackStage) -> None:
    await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch fix-rounding")
    await world.card()
    runner = await (await world.stage.claims()).starts()
    await runner.reports("gate", checkpoint="plan", plan=PLAN)
    gate = await world.sees("waits for approval")
    await world.until(lambda: "Deny" in text_of(gate))
    await world.slack.presses("UREV", CHANNEL, gate.ts, "Deny…")
    await world.until(lambda: world.slack.views.get("UREV"))
    (label,) = [
        block["label"]["text"]
        for block in world.slack.top_view("UREV").blocks
        if block["type"] == "input"
    ]
    answer = await world.slack.submits("UREV", {label: "   "})
    assert "deny needs" in json.dumps(answer.body["errors"])
    await world.slack.submits("UREV", {label: "too risky"})
    await world.sees("too risky")


async def test_a_form_that_slack_opens_no_more_is_told_of(world: SlackStage) -> None:
    world.slack.fails("views.open", error="expired_trigger_id")
    await world.slack.types_command("UDEV", CHANNEL, "/run", "")
    await world.told("The form could not be opened; try again. (Slack refused views.open")


async def test_an_answer_whose_blocks_are_not_taken_is_said_in_words_alone(
    world: SlackStage,
) -> None:
    world.slack.fails("response_url", status=400)
    world.slack.fails("chat.postEphemeral", error="invalid_blocks")
    await world.slack.types_command("UDEV", CHANNEL, "/run", "dispatch hello")
    answer = await world.told("R-1 is queued")
    assert answer.blocks == []
