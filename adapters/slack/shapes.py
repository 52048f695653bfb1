"""Shapes: what must stand in a request, and as what, so that the listeners can read it.

Only what is read is looked at. What Slack adds some day does no harm; what it would never send is
refused whole, before anything is done.
"""

import re
from collections.abc import Mapping
from typing import Any

Shape = Mapping[str, Any]
"""Name → type, Shape, list of one Shape, of which there must be one at least, or tuple of one, of
which there may be none. A name that ends in a question mark may be missing or null."""

_HALVES = re.compile("[\ud800-\udfff]")
_NAMED = {"id?": str}
_VIEW = {
    "id": str,
    "type": str,
    "callback_id?": str,
    "private_metadata?": str,
    "hash?": str,
    "team_id?": str,
    "app_installed_team_id?": str,
    "blocks?": ({"type": str, "block_id?": str},),
    "state?": {"values?": dict},
}
_FRAME = {
    "user": {"id": str, "team_id?": str},
    "team?": _NAMED,
    "enterprise?": _NAMED,
    "channel?": _NAMED,
    "container?": {"channel_id?": str, "message_ts?": str, "thread_ts?": str},
    "message?": {"ts?": str, "thread_ts?": str, "text?": str},
    "trigger_id?": str,
    "response_url?": str,
}
_ACTION = {
    "action_id": str,
    "action_ts?": str,
    "value?": str,
    "selected_option?": {"value": str},
}
_FIELD = {
    "type?": str,
    "value?": str,
    "selected_user?": str,
    "selected_option?": {"value": str},
    "selected_options?": ({"value": str},),
}
_INTERACTIVE: Mapping[str, Shape] = {
    "block_actions": {**_FRAME, "trigger_id": str, "actions": [_ACTION], "view?": _VIEW},
    "block_suggestion": {**_FRAME, "action_id": str, "value?": str, "view?": _VIEW},
    "message_action": {**_FRAME, "trigger_id": str, "callback_id": str, "message": dict},
    "shortcut": {**_FRAME, "trigger_id": str, "callback_id": str},
    "view_closed": {**_FRAME, "view": _VIEW},
    "view_submission": {**_FRAME, "view": {**_VIEW, "callback_id": str}},
}
_COMMAND = {"command": str, "trigger_id": str, "user_id": str, "channel_id": str}
_MESSAGE = {
    "channel": str,
    "channel_type?": str,
    "ts": str,
    "thread_ts?": str,
    "text?": str,
    "user?": str,
    "subtype?": str,
    "deleted_ts?": str,
    "metadata?": {"event_type?": str, "event_payload?": dict},
    "message?": {"subtype?": str, "ts?": str},
}
_EVENTS: Mapping[str, Shape] = {
    "agent_session_stopped": {"channel": str, "thread_ts": str, "user": str},
    "app_home_opened": {"channel": str, "user": str, "tab?": str},
    "app_mention": _MESSAGE,
    "function_executed": {
        "function": {"callback_id?": str},
        "function_execution_id": str,
        "inputs?": dict,
        "bot_access_token?": str,
    },
    "message": _MESSAGE,
    "tokens_revoked": {"tokens?": {"bot?": list}},
}
_CALLBACK = {
    "event_id": str,
    "event_time?": int,
    "team_id?": str,
    "enterprise_id?": str,
    "authorizations?": ({"enterprise_id?": str, "team_id?": str, "user_id?": str},),
    "event": {"type": str},
}


def is_readable(body: Mapping[str, Any]) -> bool:
    """Whether a request's body has what its listener reads; of unknown kinds nothing is read."""
    kind = body.get("type")
    if "command" in body:
        shaped = _fits(body, _COMMAND)
    elif kind == "event_callback":
        shaped = _fits(body, _CALLBACK) and _fits(
            body["event"], _EVENTS.get(body["event"]["type"], {})
        )
    elif isinstance(kind, str) and kind in _INTERACTIVE:
        shaped = _fits(body, _INTERACTIVE[kind]) and _has_fields(body)
    else:
        shaped = True
    return shaped and _is_text(body)


def _fits(value: Any, shape: Any) -> bool:
    if isinstance(shape, type):
        return isinstance(value, shape) and not (shape is int and isinstance(value, bool))
    if isinstance(shape, list | tuple):
        enough = isinstance(value, list) and (bool(value) or isinstance(shape, tuple))
        return enough and all(_fits(each, shape[0]) for each in value)
    return isinstance(value, Mapping) and all(
        _fits(value[name], part) if value.get(name) is not None else optional
        for name, optional, part in _parts(shape)
    )


def _parts(shape: Shape) -> list[tuple[str, bool, Any]]:
    return [(name.removesuffix("?"), name.endswith("?"), part) for name, part in shape.items()]


def _has_fields(body: Mapping[str, Any]) -> bool:
    """Whether the fields of a form are as Slack writes them."""
    view = body.get("view") or {}
    values = (view.get("state") or {}).get("values") or {}
    return all(
        isinstance(block, Mapping) and all(_fits(field, _FIELD) for field in block.values())
        for block in values.values()
    )


def _is_text(value: Any) -> bool:
    """Whether every text in it can be stored: no halves of characters, and no NUL."""
    if isinstance(value, str):
        return "\0" not in value and (value.isascii() or not _HALVES.search(value))
    if isinstance(value, Mapping):
        return all(map(_is_text, value.values()))
    return not isinstance(value, list) or all(map(_is_text, value))
