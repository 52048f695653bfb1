"""What a person can see and touch: elements found by their id or their words."""

from typing import Any

from tests.fakes.slack.blocks import elements_of
from tests.fakes.slack.elements import TYPED, options_of
from tests.fakes.slack.entities import Data
from tests.fakes.slack.shown import FakeMessage, FakeView
from tests.fakes.slack.views import EMPTY, first_state, is_empty

Surface = FakeMessage | FakeView


def words_of(value: Any) -> str:
    """The text of a text object."""
    return str(value.get("text", "")) if isinstance(value, dict) else ""


def blocks_of(surface: Surface) -> list[Data]:
    """All blocks, those of attachments among them."""
    if isinstance(surface, FakeView):
        return surface.blocks
    attached = [block for item in surface.attachments for block in item.get("blocks", [])]
    return surface.blocks + attached


def find_element(surface: Surface, name: str) -> tuple[Data, Data]:
    """The block and the element with this action_id, label or placeholder."""
    seen = []
    for block in blocks_of(surface):
        for element in elements_of(block):
            names = {
                element.get("action_id"),
                words_of(element.get("text")),
                words_of(element.get("placeholder")),
                words_of(block.get("label")),
            }
            if name in names:
                return block, element
            seen.append(words_of(element.get("text")) or element.get("action_id"))
    raise AssertionError(f"nothing is called {name!r} here; there are {seen}")


def buttons_of(surface: Surface) -> list[str]:
    """The words of all buttons, in order."""
    return [
        words_of(element["text"])
        for block in blocks_of(surface)
        for element in elements_of(block)
        if element["type"] == "button"
    ]


def find_option(element: Data, name: str, suggested: list[Data]) -> Data:
    """The choice with this value or text, among those given or suggested."""
    known = options_of(element) + suggested
    for option in known:
        if name in {option["value"], words_of(option["text"])}:
            return option
    raise AssertionError(f"no choice {name!r}; there are {[words_of(o['text']) for o in known]}")


def entered(element: Data, value: Any, suggested: list[Data]) -> Data:
    """The state of an element after a person has entered this into it."""
    kind = element["type"]
    if isinstance(value, dict) and value.get("type") == kind:
        return value
    [name] = EMPTY[kind]
    if value is None:
        return {"type": kind, name: [] if name.endswith("s") else None}
    if name == "selected_option":
        return {"type": kind, name: find_option(element, value, suggested)}
    if name == "selected_options":
        return {"type": kind, name: [find_option(element, one, suggested) for one in value]}
    if kind in TYPED:
        _check_typed(element, str(value))
        value = str(value)
    return {"type": kind, name: value}


def _check_typed(element: Data, text: str) -> None:
    if element["type"] == "number_input" and text:
        number = float(text)
        assert element["is_decimal_allowed"] or number.is_integer(), f"{text} is not whole"
        assert float(element.get("min_value", number)) <= number, f"{text} is too small"
        assert float(element.get("max_value", number)) >= number, f"{text} is too big"
        return
    assert not text or len(text) >= element.get("min_length", 0), f"{text!r} is too short"
    assert len(text) <= element.get("max_length", 3000), f"{text[:40]!r}… is too long"


def enter(surface: Surface, block: Data, element: Data, value: Data) -> None:
    """Keep what a person has entered."""
    surface.state = first_state(blocks_of(surface), surface.state)
    surface.state[block["block_id"]][element["action_id"]] = value


def missing_inputs(view: FakeView) -> list[str]:
    """The labels of inputs that must be filled in and are not."""
    return [
        words_of(block["label"])
        for block in view.blocks
        if block["type"] == "input" and not block.get("optional")
        if is_empty(view.state[block["block_id"]][block["element"]["action_id"]])
    ]


def action_of(block: Data, element: Data, value: Any, ts: str, suggested: list[Data]) -> Data:
    """The entry in `actions` of a block_actions payload."""
    kind = element["type"]
    action: Data = {
        "type": kind,
        "action_id": element["action_id"],
        "block_id": block["block_id"],
        "action_ts": ts,
    }
    if kind in {"button", "icon_button"}:
        copied = ("text", "value", "style", "url", "icon")
        return action | {key: element[key] for key in copied if key in element}
    if kind == "overflow":
        return action | {"selected_option": find_option(element, value, [])}
    if kind == "feedback_buttons":
        pressed = [element["positive_button"], element["negative_button"]]
        [button] = [one for one in pressed if value in {one["value"], words_of(one["text"])}]
        return action | {"text": button["text"], "value": button["value"]}
    return action | entered(element, value, suggested)
