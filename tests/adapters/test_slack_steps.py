"""The phases of a run in Slack: a list that a phone can hold, or one line."""

import pytest

from adapters.slack.blocks import HALF, PLAIN, WHOLE, Sheet, blocks_of
from adapters.slack.text import Links
from bot.domain.course import StepState
from bot.messages.message import Fact, Message, Step
from bot.messages.render import moment_link
from tests.fakes.block_kit import check_blocks
from tests.fakes.clock import NOON


def phases(states: str, note: str = "") -> Message:
    """A card whose phases are in these states, a mark for each."""
    states_of = {state.mark: state for state in StepState}
    some = tuple(
        Step(text=f"p{number}", state=states_of[mark], note=note)
        for number, mark in enumerate(states, start=1)
    )
    return Message(title="t", facts=(Fact(label="Phase", value="▸ one line", steps=some),))


def lines_of(card: Message) -> list[str]:
    """The lines of the list of a card's phases, numbered as Slack numbers them."""
    block = blocks_of(card, Links())[1]
    check_blocks([block])
    assert block["type"] == "rich_text"
    lines = []
    for group in block["elements"]:
        ordered = group["type"] == "rich_text_list"
        for number, item in enumerate(group["elements"] if ordered else [group], start=1):
            text = "".join(part.get("text", part.get("fallback")) for part in item["elements"])
            lines.append(f"{number + group.get('offset', 0)}. {text}" if ordered else text)
    return "\n".join(lines).split("\n")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ("✔▸○", ["1. ✔ p1", "2. ▸ p2", "3. ○ p3"]),
        ("✔✔✔✔✔▸○○○", ["✔ 2 done", *(f"{n}. {m} p{n}" for n, m in enumerate("✔✔✔▸○○○", 3))]),
        (
            "✔✔▸○○○○○○○○",
            ["✔ 2 done", "3. ▸ p3", *(f"{n}. ○ p{n}" for n in range(4, 9)), "○ 3 more to come"],
        ),
        ("✔" * 12, ["✔ 5 done", *(f"{n}. ✔ p{n}" for n in range(6, 13))]),
        ("▸" + "○" * 9, ["1. ▸ p1", *(f"{n}. ○ p{n}" for n in range(2, 8)), "○ 3 more to come"]),
    ],
)
def test_phases_are_a_list_that_a_phone_can_hold(states: str, expected: list[str]) -> None:
    name, *lines = lines_of(phases(states))
    assert (name, lines) == ("Phase", expected)
    assert len(lines) <= 8


def test_since_when_a_phase_goes_on_is_in_the_readers_zone() -> None:
    card = phases("✔▸", note=f"since {moment_link(NOON)}")
    assert lines_of(card)[1] == "1. ✔ p1 · since 2026-03-02 12:00 UTC"
    *_, text, date = blocks_of(card, Links())[1]["elements"][1]["elements"][0]["elements"]
    assert text == {"type": "text", "text": "since "}
    assert (date["type"], date["timestamp"]) == ("date", 1772452800)


@pytest.mark.parametrize(("states", "sheet"), [("▸", WHOLE), ("✔▸", PLAIN), ("✔▸", HALF)])
def test_where_a_list_says_too_little_or_takes_too_much_there_is_one_line(
    states: str, sheet: Sheet
) -> None:
    _, facts = blocks_of(phases(states), Links(), sheet=sheet)
    assert facts["fields"][0]["text"] == "*Phase*\n▸ one line"
