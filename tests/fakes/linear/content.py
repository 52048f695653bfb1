"""What the server says of an activity, since the schema cannot: its content is any object."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.linear.errors import refusal

_FIELDS = {
    "thought": ({"body"}, set[str]()),
    "action": ({"action", "parameter"}, {"result"}),
    "elicitation": ({"body"}, set[str]()),
    "response": ({"body"}, set[str]()),
    "error": ({"body"}, set[str]()),
}
_EPHEMERAL = {"thought", "action"}
_SIGNALS = {"elicitation": {"select", "auth"}}


def check_activity(wanted: Mapping[str, Any]) -> None:
    """Raise the error of an activity that the server would not take."""
    content = wanted["content"]
    kind = content.get("type") if isinstance(content, dict) else None
    if kind not in _FIELDS:
        raise refusal(f"Agent activities of type {kind} cannot be created")
    needed, allowed = _FIELDS[kind]
    given = {name for name, value in content.items() if name != "type" and value is not None}
    if not needed <= given or not given <= needed | allowed:
        raise refusal(f"The content of a {kind} has {sorted(needed)}, not {sorted(given)}")
    for name in given:
        if not isinstance(content[name], str) or (name in needed and not content[name].strip()):
            raise refusal(f"{name} must be a text that is not empty")
    if wanted.get("ephemeral") and kind not in _EPHEMERAL:
        raise refusal(f"A {kind} cannot be ephemeral")
    _check_signal(kind, wanted.get("signal"), wanted.get("signalMetadata"))


def _check_signal(kind: str, signal: str | None, metadata: Mapping[str, Any] | None) -> None:
    if signal is None:
        if metadata is not None:
            raise refusal("signalMetadata needs a signal")
        return
    if signal not in _SIGNALS.get(kind, set[str]()):
        raise refusal(f"The signal {signal} does not go with a {kind}")
    metadata = metadata or {}
    if signal == "auth" and not isinstance(metadata.get("url"), str):
        raise refusal("The signal auth needs a url")
    if signal == "select":
        options = metadata.get("options")
        if not isinstance(options, list) or not options or not all(map(_is_option, options)):
            raise refusal("The signal select needs options, each with a value")


def _is_option(option: Any) -> bool:
    return (
        isinstance(option, dict)
        and set(option) <= {"label", "value"}
        and isinstance(option.get("value"), str)
        and bool(option["value"])
        and isinstance(option.get("label", ""), str)
    )


def check_plan(plan: Any) -> None:
    """Raise the error of a plan that is no list of steps."""
    statuses = {"pending", "inProgress", "completed", "canceled"}
    if not isinstance(plan, list) or not all(
        isinstance(step, dict)
        and set(step) == {"content", "status"}
        and isinstance(step["content"], str)
        and step["status"] in statuses
        for step in plan
    ):
        raise refusal("plan must be a list of {content, status}")
