"""What Slack refuses in blocks."""

from collections.abc import Iterator
from copy import deepcopy
from itertools import count
from typing import Any

from tests.fakes.slack.checking import Check, Place, Problems
from tests.fakes.slack.elements import ACCESSORIES, ACTIONS, INPUTS, check_element
from tests.fakes.slack.entities import Data
from tests.fakes.slack.errors import SlackError
from tests.fakes.slack.richtext import check_rich_text

MOST_BLOCKS = {"message": 50, "modal": 100, "home": 100}
MOST_MARKDOWN = 12_000
TASK_STATES = ("pending", "in_progress", "complete", "error")


def _section(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id", "text", "fields", "accessory", "expand")
    place.rich(block, "text", 3000, needed="fields" not in block)
    for at, text in place.items(block, "fields", 10, needed=False):
        at.text_object(text, 2000, ("plain_text", "mrkdwn"))
    if block.get("accessory") is not None:
        check_element(place.at("accessory"), block["accessory"], ACCESSORIES)


def _header(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id", "text", "level")
    place.plain(block, "text", 150, needed=True)


def _divider(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id")


def _image(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id", "image_url", "slack_file", "alt_text", "title")
    place.text(block, "image_url", 3000, needed="slack_file" not in block)
    place.text(block, "alt_text", 2000, needed=True)
    place.plain(block, "title", 2000)


def _actions(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id", "elements")
    for at, element in place.items(block, "elements", 25):
        check_element(at, element, ACTIONS)


def _context(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id", "elements")
    for at, element in place.items(block, "elements", 10):
        if element.get("type") == "image":
            check_element(at, element, {"image"})
        else:
            at.text_object(element, 3000, ("plain_text", "mrkdwn"))


def _context_actions(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id", "elements")
    for at, element in place.items(block, "elements", 5):
        check_element(at, element, {"feedback_buttons", "icon_button"})


def _input(place: Place, block: Data) -> None:
    keys = ("label", "element", "hint", "optional", "dispatch_action")
    place.known(block, "type", "block_id", *keys)
    place.plain(block, "label", 2000, needed=True)
    place.plain(block, "hint", 2000)
    place.flag(block, "optional", "dispatch_action")
    check_element(place.at("element"), block.get("element"), INPUTS)


def _markdown(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id", "text")
    place.text(block, "text", MOST_MARKDOWN, needed=True)


def _rich_text(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id", "elements")
    check_rich_text(place, block)


def _table(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id", "rows", "column_settings", "caption", "page_size")
    rows = block.get("rows")
    if not isinstance(rows, list) or not 1 <= len(rows) <= 100:
        place.at("rows").wrong("must have 1 to 100 items")
        return
    for number, row in enumerate(rows):
        if not isinstance(row, list) or not 1 <= len(row) <= 20:
            place.at("rows", number).wrong("must have 1 to 20 items")
            continue
        for column, cell in enumerate(row):
            at = place.at("rows", number, column)
            if cell.get("type") == "rich_text":
                check_rich_text(at, cell)
            elif cell.get("type") == "raw_text":
                at.text(cell, "text", 3000, needed=True)
            elif cell.get("type") != "raw_number":
                at.wrong(f"unsupported type: {cell.get('type')}")


def _task_card(place: Place, block: Data) -> None:
    place.known(
        block, "type", "block_id", "task_id", "title", "status", "details", "output", "sources"
    )
    place.text(block, "task_id", 255, needed=True)
    place.text(block, "title", 256, needed=True)
    place.choice(block, "status", TASK_STATES, needed=True)
    for key in ("details", "output"):
        if block.get(key) is not None:
            check_rich_text(place.at(key), block[key])
    for at, source in place.items(block, "sources", 100, least=0, needed=False):
        at.choice(source, "type", ("url",), needed=True)
        at.text(source, "url", 3000, needed=True)
        at.text(source, "text", 255, needed=True)


def _plan(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id", "title", "tasks")
    place.text(block, "title", 256, needed=True)
    names = []
    for at, task in place.items(block, "tasks", 100, least=0, needed=False):
        at.choice(task, "type", ("task_card",), needed=True)
        _task_card(at, task)
        names.append(task.get("task_id"))
    if len(names) != len(set(names)):
        place.at("tasks").wrong("task_id must be unique")


def _alert(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id", "text", "level")
    place.rich(block, "text", 3000, needed=True)
    place.choice(block, "level", ("default", "info", "warning", "error", "success"))


def _card(place: Place, block: Data) -> None:
    keys = ("icon", "hero_image", "title", "subtitle", "body", "subtext", "actions", "slack_icon")
    place.known(block, "type", "block_id", *keys)
    if not any(block.get(key) for key in ("hero_image", "title", "actions", "body")):
        place.wrong("must have hero_image, title, actions or body")
    place.rich(block, "title", 150)
    place.rich(block, "subtitle", 150)
    place.rich(block, "body", 200)
    for at, element in place.items(block, "actions", 25, needed=False):
        check_element(at, element, {"button", "overflow"})


def _carousel(place: Place, block: Data) -> None:
    place.known(block, "type", "block_id", "elements")
    for at, card in place.items(block, "elements", 10):
        at.choice(card, "type", ("card",), needed=True)
        _card(at, card)


def _container(place: Place, block: Data) -> None:
    place.plain(block, "title", 150, needed="rich_text_title" not in block)
    place.plain(block, "subtitle", 150)
    place.choice(block, "width", ("narrow", "standard", "wide", "full"))
    for at, child in place.items(block, "child_blocks", 10):
        check_block(at, child)


BLOCKS: dict[str, Check] = {
    "actions": _actions,
    "alert": _alert,
    "card": _card,
    "carousel": _carousel,
    "container": _container,
    "context": _context,
    "context_actions": _context_actions,
    "divider": _divider,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "plan": _plan,
    "rich_text": _rich_text,
    "section": _section,
    "table": _table,
    "task_card": _task_card,
}
ONLY_IN_MESSAGES = {"markdown", "plan", "task_card", "context_actions", "table", "carousel", "card"}


def check_block(place: Place, block: Any) -> None:
    """One block."""
    if not isinstance(block, dict) or block.get("type") not in BLOCKS:
        kind = block.get("type") if isinstance(block, dict) else block
        place.wrong(f"unsupported type: {kind}")
        return
    if place.surface != "message" and block["type"] in ONLY_IN_MESSAGES:
        place.wrong(f"{block['type']} is not allowed in a {place.surface}")
    place.text(block, "block_id", 255)
    if block_id := block.get("block_id"):
        if block_id in place.problems.block_ids:
            place.wrong(f'block_id "{block_id}" already exists')
        place.problems.block_ids.add(block_id)
    BLOCKS[block["type"]](place, block)
    names = [name for name in map(_action_id, elements_of(block)) if name]
    if len(names) != len(set(names)):
        place.wrong("`action_id` already exists for another element in this block")


def _action_id(element: Data) -> str | None:
    name = element.get("action_id")
    return name if isinstance(name, str) else None


def elements_of(block: Data) -> Iterator[Data]:
    """What a person can use in a block."""
    many = [element for key in ("elements", "actions") for element in block.get(key) or []]
    for element in [block.get("accessory"), block.get("element"), *many]:
        if isinstance(element, dict):
            if element.get("type") == "card":
                yield from elements_of(element)
            elif "type" in element:
                yield element
    for child in block.get("child_blocks") or []:
        if isinstance(child, dict):
            yield from elements_of(child)


def problems_of(blocks: Any, surface: str = "message") -> list[str]:
    """Everything that is wrong with blocks, each with its place; empty where nothing is."""
    if not isinstance(blocks, list):
        return ["[ERROR] must be an array [json-pointer:/blocks]"]
    place = Place(Problems(), "/blocks", surface)
    if len(blocks) > MOST_BLOCKS[surface]:
        place.wrong(f"no more than {MOST_BLOCKS[surface]} items allowed")
    for number, block in enumerate(blocks):
        check_block(place.at(number), block)
    kinds = [block.get("type") for block in blocks if isinstance(block, dict)]
    if "plan" in kinds and "task_card" in kinds:
        place.wrong("plan and task_card do not go together")
    texts = [block.get("text") for block in blocks if isinstance(block, dict)]
    written = [str(text) for kind, text in zip(kinds, texts, strict=False) if kind == "markdown"]
    if sum(map(len, written)) > MOST_MARKDOWN:
        place.wrong(f"markdown blocks must not exceed {MOST_MARKDOWN} characters in total")
    return place.problems.found


def accept_blocks(blocks: Any, surface: str = "message") -> list[Data]:
    """A copy with all ids filled in; SlackError(invalid_blocks) where Slack would refuse."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    if found := problems_of(blocks, surface):
        raise SlackError("invalid_blocks", errors=found, response_metadata={"messages": found})
    accepted = deepcopy(blocks)
    taken = {block.get("block_id") for block in accepted}
    names = (name for number in count(1) if (name := f"b{number}") not in taken)
    for block in accepted:
        block.setdefault("block_id", next(names))
        for number, element in enumerate(elements_of(block)):
            if element["type"] != "image" and block["type"] not in {"rich_text", "context"}:
                element.setdefault("action_id", f"{block['block_id']}-{number}")
    return accepted
