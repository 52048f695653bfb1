"""What Slack refuses in rich text."""

from typing import Any

from tests.fakes.slack.checking import Place
from tests.fakes.slack.entities import Data

NEEDED = {
    "broadcast": ("range",),
    "channel": ("channel_id",),
    "color": ("value",),
    "date": ("timestamp", "format"),
    "emoji": ("name",),
    "link": ("url",),
    "team": ("team_id",),
    "text": ("text",),
    "user": ("user_id",),
    "usergroup": ("usergroup_id",),
}
"""The inline elements, each with what it cannot lack."""

STYLES = {
    "bold",
    "italic",
    "strike",
    "code",
    "underline",
    "highlight",
    "client_highlight",
    "unlink",
}
GROUPS = (
    "rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"
)  # fmt: skip


def check_rich_text(place: Place, value: Any) -> None:
    """A rich_text object or block."""
    if not isinstance(value, dict) or value.get("type") != "rich_text":
        place.wrong("must be a rich_text object")
        return
    for at, group in place.items(value, "elements", 1000):
        _group(at, group, GROUPS)


def _group(place: Place, group: Data, allowed: tuple[str, ...]) -> None:
    kind = group.get("type")
    if kind not in allowed:
        place.wrong(f"unsupported type: {kind}")
    elif kind == "rich_text_list":
        place.known(group, "type", "elements", "style", "indent", "offset", "border")
        place.choice(group, "style", ("bullet", "ordered"), needed=True)
        for at, item in place.items(group, "elements", 1000):
            _group(at, item, ("rich_text_section",))
    else:
        place.known(group, "type", "elements", "border", "language")
        for at, part in place.items(group, "elements", 1000, least=0):
            _part(at, part)


def _part(place: Place, part: Data) -> None:
    kind = part.get("type")
    if kind not in NEEDED:
        place.wrong(f"unsupported type: {kind}")
        return
    for key in NEEDED[kind]:
        if part.get(key) in {None, ""}:
            place.wrong(f"missing required field: {key}")
    style = part.get("style", {})
    if not isinstance(style, dict) or not set(style) <= STYLES:
        place.at("style").wrong("unexpected value")
