"""What the fake Slack refuses in blocks, with the SDK's models as a second opinion."""

import warnings
from typing import Any

import pytest
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.adapters.fake_slack_world import (
    OPS,
    actions,
    button,
    client,
    question,
    section,
    workspace,
)
from tests.fakes.slack.blocks import accept_blocks, problems_of
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.views import accept_view, first_state

Data = dict[str, Any]


def plain(text: str) -> Data:
    return {"type": "plain_text", "text": text}


def option(text: str, value: str = "v") -> Data:
    return {"text": plain(text), "value": value}


def menu(*options: Data, **more: Any) -> Data:
    return {"type": "static_select", "action_id": "pick", "options": list(options), **more}


def rich(*elements: Data) -> Data:
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": list(elements)}],
    }


TASK = {"type": "task_card", "task_id": "1", "title": "Build", "status": "complete"}
TEXT_INPUT = {"type": "plain_text_input", "action_id": "text"}

GOOD: dict[str, Data] = {
    "actions": actions(button("Go", style="primary", action_id="a"), menu(option("One"))),
    "alert": {"type": "alert", "text": plain("Careful"), "level": "warning"},
    "card": {"type": "card", "title": plain("A"), "body": plain("b"), "actions": [button("Go")]},
    "context": {"type": "context", "elements": [plain("a"), {"type": "mrkdwn", "text": "b"}]},
    "context_actions": {
        "type": "context_actions",
        "elements": [
            {
                "type": "feedback_buttons",
                "positive_button": {"text": plain("Good"), "value": "1"},
                "negative_button": {"text": plain("Bad"), "value": "0"},
            }
        ],
    },
    "divider": {"type": "divider"},
    "fields": {"type": "section", "fields": [plain("a"), plain("b")]},
    "header": {"type": "header", "text": plain("Run 41")},
    "image": {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"},
    "input": question("Why", TEXT_INPUT, optional=True),
    "markdown": {"type": "markdown", "text": "**a**"},
    "overflow": section(
        "a", accessory={"type": "overflow", "action_id": "more", "options": [option("Stop")]}
    ),
    "plan": {"type": "plan", "title": "Plan", "tasks": [TASK | {"details": rich()}]},
    "rich_text": rich({"type": "text", "text": "a", "style": {"bold": True}}),
    "section": section("a", block_id="b"),
    "table": {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]},
    "task": TASK | {"sources": [{"type": "url", "url": "https://example.com", "text": "a"}]},
}

BAD: dict[str, Data] = {
    "a block of an unknown type": {"type": "banner"},
    "a block without a type": {"text": "a"},
    "a button without text": actions({"type": "button", "action_id": "a"}),
    "a button with mrkdwn": actions({"type": "button", "text": {"type": "mrkdwn", "text": "a"}}),
    "a long button": actions(button("x" * 76)),
    "a long value": actions(button("Go", value="x" * 2001)),
    "a long action_id": actions(button("Go", action_id="x" * 256)),
    "an unknown style": actions(button("Go", style="loud")),
    "an unknown key": actions(button("Go", colour="red")),
    "26 buttons": actions(*[button("Go")] * 26),
    "no buttons": actions(),
    "a duplicated action_id": actions(button("a", action_id="x"), button("b", action_id="x")),
    "an input among actions": actions(TEXT_INPUT),
    "a long confirmation": actions(
        button(
            "Go",
            confirm={
                "title": plain("x" * 101),
                "text": plain("a"),
                "confirm": plain("a"),
                "deny": plain("a"),
            },
        )
    ),
    "half a confirmation": actions(button("Go", confirm={"title": plain("a")})),
    "a long section": section("x" * 3001),
    "an empty section": section(""),
    "a section without text": {"type": "section"},
    "eleven fields": {"type": "section", "fields": [plain("a")] * 11},
    "a long field": {"type": "section", "fields": [plain("x" * 2001)]},
    "a long header": {"type": "header", "text": plain("x" * 151)},
    "a header with mrkdwn": {"type": "header", "text": {"type": "mrkdwn", "text": "a"}},
    "eleven things of context": {"type": "context", "elements": [plain("a")] * 11},
    "a long option": actions(menu(option("x" * 76))),
    "a long option value": actions(menu(option("a", "x" * 151))),
    "101 options": actions(menu(*[option("a")] * 101)),
    "a menu without options": actions(menu()),
    "an initial option of another menu": actions(
        menu(option("a"), initial_option=option("b", "b"))
    ),
    "six entries of an overflow": section(
        "a", accessory={"type": "overflow", "options": [option("a")] * 6}
    ),
    "a button as an input": question("Why", button("Go")),
    "an input without a label": {"type": "input", "element": TEXT_INPUT},
    "a long placeholder": question("Why", TEXT_INPUT | {"placeholder": plain("x" * 151)}),
    "a date that is none": actions({"type": "datepicker", "initial_date": "tomorrow"}),
    "a task that is completed": TASK | {"status": "completed"},
    "a task with plain details": TASK | {"details": "a"},
    "two tasks of one name": {"type": "plan", "title": "Plan", "tasks": [TASK, TASK]},
    "a long markdown": {"type": "markdown", "text": "x" * 12_001},
    "a picture without words": {"type": "image", "image_url": "https://example.com/a.png"},
    "an empty card": {"type": "card", "subtitle": plain("a")},
    "rich text without text": rich({"type": "text"}),
    "an empty table": {"type": "table", "rows": []},
    "a long block_id": section("a", block_id="x" * 256),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_blocks_are_taken(name: str) -> None:
    assert problems_of([GOOD[name]]) == []
    with warnings.catch_warnings(action="error"):
        parsed = Block.parse(GOOD[name])
        assert parsed is not None
        parsed.to_dict()


@pytest.mark.parametrize("name", BAD)
def test_bad_blocks_are_refused(name: str) -> None:
    assert problems_of([BAD[name]])


def refused_by_the_sdk(block: Data) -> bool:
    try:
        parsed = Block.parse(block)
        if parsed is not None:
            parsed.to_dict()
    except (SlackObjectFormationError, TypeError, ValueError, AttributeError):
        return True
    return False


def test_the_fake_refuses_all_that_the_sdk_refuses() -> None:
    refused = {name for name, block in BAD.items() if refused_by_the_sdk(block)}
    assert len(refused) >= 15
    assert all(problems_of([BAD[name]]) for name in refused)


def test_a_message_holds_fifty_blocks_and_a_modal_a_hundred() -> None:
    blocks = [{"type": "divider"} for _ in range(51)]
    assert problems_of(blocks[:50]) == []
    assert problems_of(blocks)
    assert problems_of(blocks, "modal") == []


def test_some_blocks_are_for_messages_alone_and_some_do_not_go_together() -> None:
    assert problems_of([GOOD["plan"]], "modal")
    assert problems_of([GOOD["plan"], TASK])
    assert problems_of([section("a", block_id="x"), section("b", block_id="x")])
    assert problems_of([{"type": "markdown", "text": "x" * 7000}] * 2)


def test_ids_are_filled_in_and_the_given_ones_kept() -> None:
    given = [section("a"), actions(button("Go"), button("Stop", action_id="stop"))]
    first, second = accept_blocks(given)
    assert first["block_id"] != second["block_id"]
    names = [element["action_id"] for element in second["elements"]]
    assert names[1] == "stop"
    assert names[0]
    assert "block_id" not in given[0]


def test_what_is_no_list_is_no_blocks() -> None:
    with pytest.raises(SlackError, match="invalid_blocks_format"):
        accept_blocks({"type": "divider"})


async def test_the_server_says_where_it_is_wrong() -> None:
    async with workspace() as slack:
        answer = await client(slack).api_call(
            "blocks.validate", params={"blocks": '[{"type": "divider"}]'}
        )
        assert answer["ok"]
        with pytest.raises(Exception, match="invalid_blocks") as refused:
            await client(slack).chat_postMessage(
                channel=OPS, text="a", blocks=[GOOD["section"], BAD["a long button"]]
            )
        assert "/blocks/1/elements/0/text/text" in str(refused.value)


@pytest.mark.parametrize(
    "more",
    [
        {"title": plain("x" * 25)},
        {"submit": None},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"colour": "red"},
        {"blocks": [BAD["a long button"]]},
        {"type": "home"},
    ],
)
def test_a_modal_has_its_own_limits(more: Data) -> None:
    good = {"type": "modal", "title": plain("a"), "submit": plain("b"), "blocks": [GOOD["input"]]}
    assert accept_view(good, "modal")["blocks"][0]["block_id"]
    with pytest.raises(SlackError, match="invalid_arguments"):
        accept_view(good | more, "modal")


def test_the_first_state_holds_all_that_can_be_entered() -> None:
    blocks = accept_blocks(
        [
            question("Why", TEXT_INPUT | {"initial_value": "because"}, block_id="why"),
            actions(button("Go"), menu(option("One"), action_id="one")) | {"block_id": "row"},
        ]
    )
    assert first_state(blocks) == {
        "why": {"text": {"type": "plain_text_input", "value": "because"}},
        "row": {"one": {"type": "static_select", "selected_option": None}},
    }
