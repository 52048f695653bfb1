"""What Slack refuses in views, and what people have entered into them."""

from typing import Any

from tests.fakes.slack.blocks import accept_blocks, elements_of
from tests.fakes.slack.checking import Place, Problems
from tests.fakes.slack.entities import Data
from tests.fakes.slack.errors import SlackError

KEYS = (
    "type", "title", "blocks", "close", "submit", "private_metadata", "callback_id",
    "clear_on_close", "notify_on_close", "external_id", "submit_disabled",
)  # fmt: skip

EMPTY: dict[str, Data] = {
    "channels_select": {"selected_channel": "initial_channel"},
    "checkboxes": {"selected_options": "initial_options"},
    "conversations_select": {"selected_conversation": "initial_conversation"},
    "datepicker": {"selected_date": "initial_date"},
    "datetimepicker": {"selected_date_time": "initial_date_time"},
    "email_text_input": {"value": "initial_value"},
    "external_select": {"selected_option": "initial_option"},
    "file_input": {"files": "initial_files"},
    "multi_channels_select": {"selected_channels": "initial_channels"},
    "multi_conversations_select": {"selected_conversations": "initial_conversations"},
    "multi_external_select": {"selected_options": "initial_options"},
    "multi_static_select": {"selected_options": "initial_options"},
    "multi_users_select": {"selected_users": "initial_users"},
    "number_input": {"value": "initial_value"},
    "plain_text_input": {"value": "initial_value"},
    "radio_buttons": {"selected_option": "initial_option"},
    "rich_text_input": {"rich_text_value": "initial_value"},
    "static_select": {"selected_option": "initial_option"},
    "timepicker": {"selected_time": "initial_time"},
    "url_text_input": {"value": "initial_value"},
    "users_select": {"selected_user": "initial_user"},
}
"""The elements that keep a value: under which name, and where it comes from at first."""


def accept_view(view: Any, kind: str) -> Data:
    """A view as Slack would keep it; SlackError where it would refuse it."""
    if not isinstance(view, dict):
        raise SlackError("invalid_arguments")
    place = Place(Problems(), "/view", kind)
    place.known(view, *KEYS)
    place.choice(view, "type", (kind,), needed=True)
    place.text(view, "private_metadata", 3000)
    place.text(view, "callback_id", 255)
    place.text(view, "external_id", 255)
    if kind == "modal":
        place.plain(view, "title", 24, needed=True)
        place.plain(view, "submit", 24)
        place.plain(view, "close", 24)
    kinds = [block.get("type") for block in view.get("blocks", []) if isinstance(block, dict)]
    if kind == "modal" and "input" in kinds and not view.get("submit"):
        place.wrong("missing required field: submit (there are input blocks)")
    if found := place.problems.found:
        raise SlackError("invalid_arguments", response_metadata={"messages": found})
    try:
        blocks = accept_blocks(view.get("blocks"), kind)
    except SlackError as refused:
        raise SlackError("invalid_arguments", **refused.more) from refused
    return view | {"blocks": blocks}


def first_state(blocks: list[Data], kept: dict[str, Data] | None = None) -> dict[str, Data]:
    """The values of all elements: those kept from before, else the initial ones."""
    state: dict[str, Data] = {}
    for block in blocks:
        for element in elements_of(block):
            if element["type"] in EMPTY:
                old = (kept or {}).get(block["block_id"], {}).get(element["action_id"])
                same = old if old and old["type"] == element["type"] else None
                values = state.setdefault(block["block_id"], {})
                values[element["action_id"]] = same or initial_value(element)
    return state


def initial_value(element: Data) -> Data:
    """The value of an element that nobody has touched."""
    [(name, source)] = EMPTY[element["type"]].items()
    empty: Any = [] if name in {"selected_options", "files"} or name.endswith("s") else None
    return {"type": element["type"], name: element.get(source, empty)}


def is_empty(value: Data) -> bool:
    """Whether an input lacks a value."""
    [name] = EMPTY[value["type"]]
    return value.get(name) in (None, "", [])
