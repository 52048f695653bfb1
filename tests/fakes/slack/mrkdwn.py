"""Slack's mark-up as HTML, and whom a message pings."""

import html
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from tests.fakes.slack.shown import FakeMessage

Names = Callable[[str], str]
"""The words for the id of a person or a channel."""

_PIECES = re.compile(r"```(?P<fence>.+?)```|`(?P<code>[^`\n]+)`|<(?P<token>[^<>\n]+)>", re.DOTALL)
_STYLES = (
    (re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w_/])_(\S(?:[^_\n]*\S)?)_(?![\w_])"), r"<i>\1</i>"),
    (re.compile(r"(?<![\w~])~(\S(?:[^~\n]*\S)?)~(?![\w~])"), r"<s>\1</s>"),
)
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_BARE = re.compile(r"(?<![\w&])@(channel|here|everyone)\b")

EMOJI = {
    "arrows_counterclockwise": "🔄", "bar_chart": "📊", "bell": "🔔", "black_square_for_stop": "⏹️",
    "clock3": "🕒", "double_vertical_bar": "⏸️", "eyes": "👀", "hourglass_flowing_sand": "⏳",
    "large_blue_circle": "🔵", "large_green_circle": "🟢", "large_orange_circle": "🟠",
    "large_yellow_circle": "🟡", "lock": "🔒", "no_entry": "⛔", "no_entry_sign": "🚫",
    "octagonal_sign": "🛑", "question": "❓", "raised_hand": "✋", "red_circle": "🔴",
    "rocket": "🚀", "speech_balloon": "💬", "warning": "⚠️", "wastebasket": "🗑️",
    "white_check_mark": "✅", "white_circle": "⚪", "x": "❌",
}  # fmt: skip


def mrkdwn_html(text: str, names: Names) -> str:
    """A text as Slack shows it."""
    shown, end = [], 0
    for piece in _PIECES.finditer(text):
        shown.append(_styled(text[end : piece.start()]))
        shown.append(_piece(piece, names))
        end = piece.end()
    # A fence is a box of its own: the ends of the lines around it make no empty ones.
    return re.sub(
        r"(?:<br>)?(<pre>.*?</pre>)(?:<br>)?",
        r"\1",
        "".join([*shown, _styled(text[end:])]),
        flags=re.DOTALL,
    )


def _piece(piece: re.Match[str], names: Names) -> str:
    if (fence := piece["fence"]) is not None:
        return f"<pre>{_safe(fence.strip(chr(10)))}</pre>"
    if (code := piece["code"]) is not None:
        return f"<code>{_safe(code)}</code>"
    return _token(piece["token"], names)


def _token(token: str, names: Names) -> str:
    target, _, label = token.partition("|")
    match target[0]:
        case "@":
            return _mention("@" + (label or names(target[1:])))
        case "#":
            return _mention("#" + (label or names(target[1:])))
        case "!":
            return _special(target[1:], label)
    shown = _safe(label or target)
    if not target.startswith(("http://", "https://", "mailto:")):
        return shown
    return f'<a href="{html.escape(html.unescape(target))}">{shown}</a>'


def _special(target: str, label: str) -> str:
    if not target.startswith("date^"):
        return _mention("@" + (label or target.removeprefix("subteam^")))
    _, seconds, pattern, *_link = target.split("^")
    try:
        moment = datetime.fromtimestamp(int(seconds), UTC)
    except ValueError:
        return _safe(label)
    return _safe(date_words(moment, pattern))


def date_words(moment: datetime, pattern: str) -> str:
    """A moment in the words of a pattern of Slack."""
    known = {
        "{date_num}": f"{moment:%Y-%m-%d}",
        "{date}": f"{moment:%B} {moment.day}, {moment.year}",
        "{date_short}": f"{moment:%b} {moment.day}, {moment.year}",
        "{date_long}": f"{moment:%A}, {moment:%B} {moment.day}, {moment.year}",
        "{time}": f"{moment.hour % 12 or 12}:{moment:%M %p}",
        "{time_secs}": f"{moment.hour % 12 or 12}:{moment:%M:%S %p}",
    }
    known |= {f"{key[:-1]}_pretty}}": value for key, value in known.items() if "date" in key}
    for key, value in known.items():
        pattern = pattern.replace(key, value)
    return pattern


def _mention(words: str) -> str:
    return f'<span class="mention">{_safe(words)}</span>'


def _styled(text: str) -> str:
    shown = emojis(_safe(text))
    for pattern, replacement in _STYLES:
        shown = pattern.sub(replacement, shown)
    return shown.replace("\n", "<br>")


def emojis(text: str) -> str:
    """Names between colons as pictures."""
    return _EMOJI.sub(lambda found: EMOJI.get(found[1], found[0]), text)


def _safe(text: str) -> str:
    """Slack escapes three letters only; whatever else there is must not become HTML."""
    plain = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return html.escape(plain)


def pings_of(message: FakeMessage) -> set[str]:
    """Whom a message calls: user ids, S… of groups, channel, here, everyone.

    Bare words as @here count where Slack would look for them: in text unless parse is none, and
    in text objects that are not verbatim.
    """
    found = set(_pings(message.text, bare=message.parse != "none"))
    for text, bare in _texts([message.blocks, message.attachments]):
        found |= set(_pings(text, bare=bare))
    return found


def _pings(text: str, *, bare: bool) -> Iterator[str]:
    for token in re.findall(r"<([@!][^<>|]+)", text):
        target = token[1:].removeprefix("subteam^")
        if not target.startswith("date^"):
            yield target
    if bare:
        yield from _BARE.findall(text)


def _texts(value: Any) -> Iterator[tuple[str, bool]]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    if not isinstance(value, dict):
        return
    match value:
        case {"type": "mrkdwn", "text": str(text)}:
            yield text, not value.get("verbatim", False)
        case {"type": "markdown", "text": str(text)}:
            yield text, True
        case {"type": "user", "user_id": str(name)} | {
            "type": "usergroup",
            "usergroup_id": str(name),
        }:
            yield f"<@{name}>", False
        case {"type": "broadcast", "range": str(name)}:
            yield f"<!{name}>", False
        case _:
            for item in value.values():
                yield from _texts(item)
