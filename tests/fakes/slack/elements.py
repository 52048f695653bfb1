"""What Slack refuses in the elements of blocks: buttons, menus, inputs."""

import re
from typing import Any

from tests.fakes.slack.checking import Check, Place
from tests.fakes.slack.entities import Data

STYLES = ("primary", "danger")


def check_confirm(place: Place, value: Data) -> None:
    """The dialog before an action."""
    confirm = value.get("confirm")
    if confirm is None:
        return
    at = place.at("confirm")
    if not isinstance(confirm, dict):
        at.wrong("must be an object")
        return
    at.known(confirm, "title", "text", "confirm", "deny", "style")
    at.plain(confirm, "title", 100, needed=True)
    at.rich(confirm, "text", 300, needed=True)
    at.plain(confirm, "confirm", 30, needed=True)
    at.plain(confirm, "deny", 30, needed=True)
    at.choice(confirm, "style", STYLES)


def check_option(place: Place, option: Data, *, rich: bool = False, url: bool = False) -> None:
    """One choice of a menu."""
    place.known(option, "text", "value", "description", *(["url"] if url else []))
    (place.rich if rich else place.plain)(option, "text", 75, needed=True)
    (place.rich if rich else place.plain)(option, "description", 75)
    place.text(option, "value", 150, needed=True)
    if url:
        place.text(option, "url", 3000)


def options_of(element: Data) -> list[Data]:
    """All choices of a menu, in groups or not."""
    groups = element.get("option_groups") or [{"options": element.get("options") or []}]
    return [option for group in groups for option in group.get("options", [])]


def _common(place: Place, element: Data, *keys: str) -> None:
    place.known(element, "type", "action_id", "confirm", "placeholder", "focus_on_load", *keys)
    place.text(element, "action_id", 255)
    place.plain(element, "placeholder", 150)
    place.flag(element, "focus_on_load")
    check_confirm(place, element)


def _button(place: Place, element: Data) -> None:
    keys = ("text", "url", "value", "style", "accessibility_label", "agent_prompt")
    place.known(element, "type", "action_id", "confirm", *keys)
    place.text(element, "action_id", 255)
    place.plain(element, "text", 75, needed=True)
    place.text(element, "url", 3000)
    place.text(element, "value", 2000)
    place.text(element, "accessibility_label", 75)
    place.choice(element, "style", STYLES)
    check_confirm(place, element)


def _static(place: Place, element: Data) -> None:
    multi = element["type"].startswith("multi_")
    initial = "initial_options" if multi else "initial_option"
    _common(place, element, "options", "option_groups", initial, "max_selected_items")
    if ("options" in element) == ("option_groups" in element):
        place.wrong("must have either options or option_groups")
        return
    if "options" in element:
        for at, option in place.items(element, "options", 100):
            check_option(at, option)
    else:
        for at, group in place.items(element, "option_groups", 100):
            at.plain(group, "label", 75, needed=True)
            for inner, option in at.items(group, "options", 100):
                check_option(inner, option)
    _initial(place, element, initial)


def _initial(place: Place, element: Data, key: str) -> None:
    given = element.get(key)
    if given is None:
        return
    chosen = given if isinstance(given, list) else [given]
    if not chosen:
        place.at(key).wrong("must have at least 1 item")
    if any(option not in options_of(element) for option in chosen):
        place.at(key).wrong("must be exactly among the options")


def _external(place: Place, element: Data) -> None:
    multi = element["type"].startswith("multi_")
    initial = "initial_options" if multi else "initial_option"
    _common(place, element, "min_query_length", initial, "max_selected_items")
    given = element.get(initial)
    for option in given if isinstance(given, list) else [given] if given else []:
        check_option(place.at(initial), option)


def _picked(*keys: str) -> Check:
    def check(place: Place, element: Data) -> None:
        _common(place, element, "max_selected_items", "response_url_enabled", *keys)

    return check


def _choices(place: Place, element: Data) -> None:
    initial = "initial_options" if element["type"] == "checkboxes" else "initial_option"
    place.known(element, "type", "action_id", "confirm", "focus_on_load", "options", initial)
    place.text(element, "action_id", 255)
    check_confirm(place, element)
    for at, option in place.items(element, "options", 10):
        check_option(at, option, rich=True)
    _initial(place, element, initial)


def _overflow(place: Place, element: Data) -> None:
    place.known(element, "type", "action_id", "confirm", "options")
    place.text(element, "action_id", 255)
    check_confirm(place, element)
    for at, option in place.items(element, "options", 5):
        check_option(at, option, url=True)


def _matches(key: str, pattern: str) -> Check:
    def check(place: Place, element: Data) -> None:
        _common(place, element, key, "timezone")
        given = element.get(key)
        if given is not None and not re.fullmatch(pattern, str(given)):
            place.at(key).wrong("has the wrong format")

    return check


def _typed(place: Place, element: Data) -> None:
    keys = ("initial_value", "multiline", "min_length", "max_length", "dispatch_action_config")
    _common(place, element, *keys)
    place.flag(element, "multiline")
    shortest, longest = element.get("min_length", 0), element.get("max_length", 3000)
    if not 0 <= shortest <= 3000 or not 1 <= longest <= 3000 or shortest > longest:
        place.wrong("min_length and max_length must be 0 to 3000, in order")
    place.text(element, "initial_value", longest)


def _number(place: Place, element: Data) -> None:
    keys = ("initial_value", "is_decimal_allowed", "min_value", "max_value")
    _common(place, element, *keys, "dispatch_action_config")
    if not isinstance(element.get("is_decimal_allowed"), bool):
        place.wrong("missing required field: is_decimal_allowed")
    for key in ("initial_value", "min_value", "max_value"):
        if not isinstance(element.get(key, ""), str):
            place.at(key).wrong("must be a string")


def _line(place: Place, element: Data) -> None:
    _common(place, element, "initial_value", "dispatch_action_config")
    place.text(element, "initial_value", 3000)


def _file(place: Place, element: Data) -> None:
    place.known(element, "type", "action_id", "filetypes", "max_files")
    if not 1 <= element.get("max_files", 10) <= 10:
        place.at("max_files").wrong("must be 1 to 10")


def _feedback(place: Place, element: Data) -> None:
    place.known(element, "type", "action_id", "positive_button", "negative_button")
    place.text(element, "action_id", 255)
    for key in ("positive_button", "negative_button"):
        button = element.get(key)
        if not isinstance(button, dict):
            place.wrong(f"missing required field: {key}")
            continue
        place.at(key).known(button, "text", "value", "accessibility_label")
        place.at(key).plain(button, "text", 75, needed=True)
        place.at(key).text(button, "value", 2000, needed=True)


def _icon(place: Place, element: Data) -> None:
    keys = ("icon", "text", "value", "visible_to_user_ids", "accessibility_label")
    place.known(element, "type", "action_id", "confirm", *keys)
    place.choice(element, "icon", ("trash",), needed=True)
    place.plain(element, "text", 75, needed=True)
    check_confirm(place, element)


def _image(place: Place, element: Data) -> None:
    place.known(element, "type", "image_url", "slack_file", "alt_text")
    place.text(element, "alt_text", 2000, needed=True)
    place.text(element, "image_url", 3000, needed="slack_file" not in element)


_TIME = r"([01]\d|2[0-3]):[0-5]\d"

ELEMENTS: dict[str, Check] = {
    "button": _button,
    "channels_select": _picked("initial_channel"),
    "checkboxes": _choices,
    "conversations_select": _picked(
        "initial_conversation", "default_to_current_conversation", "filter"
    ),
    "datepicker": _matches("initial_date", r"\d{4}-\d\d-\d\d"),
    "datetimepicker": _matches("initial_date_time", r"\d{10}"),
    "email_text_input": _line,
    "external_select": _external,
    "feedback_buttons": _feedback,
    "file_input": _file,
    "icon_button": _icon,
    "image": _image,
    "multi_channels_select": _picked("initial_channels"),
    "multi_conversations_select": _picked(
        "initial_conversations", "default_to_current_conversation", "filter"
    ),
    "multi_external_select": _external,
    "multi_static_select": _static,
    "multi_users_select": _picked("initial_users"),
    "number_input": _number,
    "overflow": _overflow,
    "plain_text_input": _typed,
    "radio_buttons": _choices,
    "rich_text_input": _picked("initial_value", "dispatch_action_config"),
    "static_select": _static,
    "timepicker": _matches("initial_time", _TIME),
    "url_text_input": _line,
    "users_select": _picked("initial_user"),
}

TYPED = {"plain_text_input", "email_text_input", "url_text_input", "number_input"}
INPUTS = set(ELEMENTS) - {"button", "overflow", "image", "feedback_buttons", "icon_button"}
ACTIONS = (
    set(ELEMENTS)
    - TYPED
    - {"image", "feedback_buttons", "icon_button", "file_input", "rich_text_input"}
)
ACCESSORIES = ACTIONS | {"image"}


def check_element(place: Place, element: Any, allowed: set[str]) -> None:
    """One element of a block that may hold these types."""
    if not isinstance(element, dict):
        place.wrong("must be an object")
    elif element.get("type") not in allowed:
        place.wrong(f"unsupported type: {element.get('type')}")
    else:
        ELEMENTS[element["type"]](place, element)
