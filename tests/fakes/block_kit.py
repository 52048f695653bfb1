"""Block Kit as a JSON schema: what Slack refuses.

Limits from Slack's reference of blocks and composition objects and from slack_sdk 3.48; closed, so
that a property Slack does not know is found too.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import jsonschema
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

Schema = dict[str, Any]


def _text(kind: str, most: int) -> Schema:
    extra = (
        {"emoji": {"type": "boolean"}} if kind == "plain_text" else {"verbatim": {"const": True}}
    )
    required = ["type", "text"] if kind == "plain_text" else ["type", "text", "verbatim"]
    return _thing(
        {"type": {"const": kind}, "text": _string(most), **extra},
        required=required,
    )


def _string(most: int, least: int = 1) -> Schema:
    return {"type": "string", "minLength": least, "maxLength": most}


def _thing(properties: Mapping[str, Schema], *, required: Sequence[str]) -> Schema:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _list(items: Schema, most: int, least: int = 1) -> Schema:
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


_ACTION = _string(255)
_OPTION = _thing(
    {"text": _text("plain_text", 75), "value": _string(150)}, required=["text", "value"]
)
_CONFIRM = _thing(
    {
        "title": _text("plain_text", 100),
        "text": _text("plain_text", 300),
        "confirm": _text("plain_text", 30),
        "deny": _text("plain_text", 30),
        "style": {"enum": ["primary", "danger"]},
    },
    required=["title", "text", "confirm", "deny"],
)
_BUTTON = _thing(
    {
        "type": {"const": "button"},
        "action_id": _ACTION,
        "text": _text("plain_text", 75),
        "value": _string(2000),
        "url": _string(3000),
        "style": {"enum": ["primary", "danger"]},
        "confirm": _CONFIRM,
    },
    required=["type", "action_id", "text"],
)
_MENU = _thing(
    {"type": {"const": "overflow"}, "action_id": _ACTION, "options": _list(_OPTION, 5)},
    required=["type", "action_id", "options"],
)
_INPUTS: dict[str, dict[str, Schema]] = {
    "plain_text_input": {
        "multiline": {"type": "boolean"},
        "max_length": {"type": "integer", "minimum": 1, "maximum": 3000},
        "initial_value": _string(3000),
    },
    "number_input": {"is_decimal_allowed": {"type": "boolean"}, "initial_value": _string(3000)},
    "static_select": {"options": _list(_OPTION, 100), "initial_option": _OPTION},
    "multi_static_select": {
        "options": _list(_OPTION, 100),
        "initial_options": _list(_OPTION, 100),
    },
    "external_select": {
        "min_query_length": {"type": "integer"},
        "placeholder": _text("plain_text", 150),
        "initial_option": _OPTION,
    },
    "users_select": {},
    "radio_buttons": {"options": _list(_OPTION, 10), "initial_option": _OPTION},
}
_SECTION: Schema = {
    **_thing(
        {
            "type": {"const": "section"},
            "text": {"anyOf": [_text("mrkdwn", 3000), _text("plain_text", 3000)]},
            "fields": _list(_text("mrkdwn", 2000), 10),
            "accessory": {"anyOf": [_BUTTON, _MENU]},
        },
        required=["type"],
    ),
    "anyOf": [{"required": ["text"]}, {"required": ["fields"]}],
}
_ACTIONS = _thing(
    {"type": {"const": "actions"}, "elements": _list({"anyOf": [_BUTTON, _MENU]}, 25)},
    required=["type", "elements"],
)
_CONTEXT = _thing(
    {"type": {"const": "context"}, "elements": _list(_text("mrkdwn", 2000), 10)},
    required=["type", "elements"],
)
_STYLE = _thing({"bold": {"type": "boolean"}}, required=[])
_PART: Schema = {
    "anyOf": [
        _thing(
            {"type": {"const": "text"}, "text": _string(3000), "style": _STYLE},
            required=["type", "text"],
        ),
        _thing(
            {
                "type": {"const": "date"},
                "timestamp": {"type": "integer"},
                "format": _string(100),
                "fallback": _string(3000),
            },
            required=["type", "timestamp", "format"],
        ),
    ]
}
_LINE = _thing(
    {"type": {"const": "rich_text_section"}, "elements": _list(_PART, 100)},
    required=["type", "elements"],
)
_STEPS = _thing(
    {
        "type": {"const": "rich_text_list"},
        "style": {"enum": ["bullet", "ordered"]},
        "elements": _list(_LINE, 100),
        "offset": {"type": "integer", "minimum": 0},
    },
    required=["type", "style", "elements"],
)
_RICH = _thing(
    {"type": {"const": "rich_text"}, "elements": _list({"anyOf": [_LINE, _STEPS]}, 100)},
    required=["type", "elements"],
)
_HEADER = _thing(
    {"type": {"const": "header"}, "text": _text("plain_text", 150)}, required=["type", "text"]
)
_DIVIDER = _thing({"type": {"const": "divider"}}, required=["type"])
_INPUT = _thing(
    {
        "type": {"const": "input"},
        "block_id": _string(255),
        "label": _text("plain_text", 2000),
        "hint": _text("plain_text", 2000),
        "optional": {"type": "boolean"},
        "dispatch_action": {"type": "boolean"},
        "element": {
            "anyOf": [
                _thing(
                    {"type": {"const": kind}, "action_id": _ACTION, **own},
                    required=["type", "action_id", *(["options"] if "options" in own else [])],
                )
                for kind, own in _INPUTS.items()
            ]
        },
    },
    required=["type", "block_id", "label", "element"],
)
_SHOWN = [_SECTION, _ACTIONS, _CONTEXT, _HEADER, _DIVIDER, _RICH]
_MESSAGE = _list({"anyOf": _SHOWN}, 50)
_MODAL = _thing(
    {
        "type": {"const": "modal"},
        "callback_id": _string(255),
        "title": _text("plain_text", 24),
        "submit": _text("plain_text", 24),
        "close": _text("plain_text", 24),
        "private_metadata": _string(3000, 0),
        "blocks": _list({"anyOf": [*_SHOWN, _INPUT]}, 100),
    },
    required=["type", "title", "blocks"],
)
_HOME = _thing(
    {"type": {"const": "home"}, "blocks": _list({"anyOf": _SHOWN}, 100)},
    required=["type", "blocks"],
)


_VALIDATORS = {
    name: jsonschema.validators.validator_for(schema)(schema)
    for name, schema in {"message": _MESSAGE, "modal": _MODAL, "home": _HOME}.items()
}
_SEEN: set[str] = set()
"""Things that fitted, with every digit a 0: the schema sees no other difference."""


def _check_schema(thing: Any, name: str) -> None:
    shape = re.sub(r"\d", "0", f"{name} {json.dumps(thing)}")
    if shape not in _SEEN:
        _VALIDATORS[name].validate(thing)
        _SEEN.add(shape)


def check_blocks(blocks: Sequence[Mapping[str, Any]]) -> None:
    """Fails for blocks that Slack would refuse: by schema, by its SDK, and by unique ids."""
    _check_schema(list(blocks), "message")
    _check_by_sdk(blocks)


def check_view(view: Mapping[str, Any]) -> None:
    """Fails for a modal or Home that Slack would refuse."""
    _check_schema(dict(view), "modal" if view["type"] == "modal" else "home")
    _check_by_sdk(view["blocks"])
    View(**view).to_dict()
    has_input = any(block["type"] == "input" for block in view["blocks"])
    assert "submit" in view or not has_input


def _check_by_sdk(blocks: Sequence[Mapping[str, Any]]) -> None:
    parsed = Block.parse_all([dict(block) for block in blocks])
    assert len(parsed) == len(blocks), "a block the SDK does not know"
    for known in parsed:
        known.to_dict()
    for block in blocks:
        elements = [*block.get("elements", ()), *filter(None, [block.get("accessory")])]
        ids = [element["action_id"] for element in elements if "action_id" in element]
        assert len(ids) == len(set(ids)), "an action_id twice in a block"
    names = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(names) == len(set(names)), "a block_id twice in a view"
