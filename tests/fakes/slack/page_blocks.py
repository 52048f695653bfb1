"""Block Kit as HTML."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.fakes.slack.elements import TYPED
from tests.fakes.slack.entities import Data
from tests.fakes.slack.mrkdwn import Names, date_words, emojis, mrkdwn_html
from tests.fakes.slack.surfaces import words_of

TASK_ICONS = {"pending": "○", "in_progress": "◔", "complete": "✓", "error": "✕"}


def blocks_html(blocks: list[Data], names: Names, state: dict[str, Data] | None = None) -> str:
    """Blocks one below the other; `state` is what was entered."""
    return "".join(
        _block(block, names, (state or {}).get(block["block_id"], {})) for block in blocks
    )


def text_html(value: Any, names: Names) -> str:
    """A text object."""
    if not isinstance(value, dict):
        return ""
    if value["type"] == "mrkdwn":
        return mrkdwn_html(value["text"], names)
    return emojis(html.escape(words_of(value))).replace("\n", "<br>")


def _block(block: Data, names: Names, state: Data) -> str:
    kind = block["type"]
    inner = _RENDERERS.get(kind, _unknown)(block, names)
    if kind == "input":
        inner = _input(block, names, state)
    return f'<div class="block {kind}">{inner}</div>'


def _unknown(block: Data, _names: Names) -> str:
    return html.escape(f"[{block['type']}]")


def _section(block: Data, names: Names) -> str:
    fields = "".join(f"<div>{text_html(one, names)}</div>" for one in block.get("fields") or [])
    accessory = block.get("accessory")
    side = f'<div class="accessory">{element_html(accessory)}</div>' if accessory else ""
    text = f"<div>{text_html(block.get('text'), names)}</div>" if block.get("text") else ""
    grid = f'<div class="fields">{fields}</div>' if fields else ""
    return f'<div class="body">{text}{grid}</div>{side}'


def _header(block: Data, names: Names) -> str:
    return text_html(block["text"], names)


def _actions(block: Data, _names: Names) -> str:
    return "".join(element_html(element) for element in block["elements"])


def _context(block: Data, names: Names) -> str:
    parts = (
        element_html(one) if one["type"] == "image" else f"<span>{text_html(one, names)}</span>"
        for one in block["elements"]
    )
    return "".join(parts)


def _image(block: Data, _names: Names) -> str:
    return element_html(block)


def _markdown(block: Data, _names: Names) -> str:
    return markdown_html(block["text"])


def _plan(block: Data, names: Names) -> str:
    tasks = "".join(f"<li>{_task(task, names)}</li>" for task in block.get("tasks") or [])
    return f"<b>{html.escape(block['title'])}</b><ul>{tasks}</ul>"


def _task(task: Data, names: Names) -> str:
    status = task["status"]
    more = "".join(
        f'<div class="more">{rich_text_html(task[key], names)}</div>'
        for key in ("details", "output")
        if task.get(key)
    )
    icon = f'<span class="icon {status}">{TASK_ICONS[status]}</span>'
    return f"{icon} {html.escape(task['title'])}{more}"


def _rich(block: Data, names: Names) -> str:
    return rich_text_html(block, names)


def _table(block: Data, names: Names) -> str:
    def cell(value: Data) -> str:
        if value["type"] == "rich_text":
            return rich_text_html(value, names)
        return html.escape(str(value.get("text", value.get("value", ""))))

    rows = (
        "<tr>" + "".join(f"<td>{cell(value)}</td>" for value in row) + "</tr>"
        for row in block["rows"]
    )
    return f"<table>{''.join(rows)}</table>"


def _alert(block: Data, names: Names) -> str:
    return text_html(block["text"], names)


def _card(block: Data, names: Names) -> str:
    parts = "".join(
        f'<div class="card-{key}">{text_html(block[key], names)}</div>'
        for key in ("title", "subtitle", "body")
        if block.get(key)
    )
    return parts + "".join(element_html(one) for one in block.get("actions") or [])


def _divider(_block: Data, _names: Names) -> str:
    return "<hr>"


def _input(block: Data, names: Names, state: Data) -> str:
    optional = ' <span class="optional">(optional)</span>' if block.get("optional") else ""
    hint = block.get("hint")
    below = f'<div class="hint">{text_html(hint, names)}</div>' if hint else ""
    element = block["element"]
    value = state.get(element["action_id"], {})
    label = f"<label>{text_html(block['label'], names)}{optional}</label>"
    return label + element_html(element, value) + below


_PROMPTS = {"static_select": "Select an option", "users_select": "Select a user"}
"""What Slack writes into an empty menu by itself."""


def element_html(element: Data, state: Data | None = None) -> str:
    """A button, a menu, an input, a picture."""
    kind = element["type"]
    if kind == "button":
        style = element.get("style", "")
        return f'<button class="{style}">{emojis(html.escape(words_of(element["text"])))}</button>'
    if kind == "image":
        url, alt = html.escape(element.get("image_url", "")), html.escape(element["alt_text"])
        return f'<img src="{url}" alt="{alt}">'
    if kind in {"overflow", "icon_button"}:
        return '<button class="overflow">⋯</button>'
    if kind == "feedback_buttons":
        return '<button class="overflow">👍</button><button class="overflow">👎</button>'
    chosen = _chosen(state or {})
    if kind in {"checkboxes", "radio_buttons"}:
        return _choices(element, chosen)
    shown = html.escape(chosen or words_of(element.get("placeholder")) or _PROMPTS.get(kind, ""))
    faint = "" if chosen else " faint"
    shape = "typed" if kind in TYPED else "menu"
    tall = " tall" if element.get("multiline") else ""
    return f'<div class="field {shape}{tall}{faint}">{shown or "&nbsp;"}</div>'


def _choices(element: Data, chosen: str) -> str:
    mark = {"checkboxes": ("☑", "☐"), "radio_buttons": ("◉", "○")}[element["type"]]
    return "".join(
        f'<div class="choice">{mark[words_of(one["text"]) not in chosen.split(", ")]} '
        f"{html.escape(words_of(one['text']))}</div>"
        for one in element["options"]
    )


def _chosen(state: Data) -> str:
    values = [value for key, value in state.items() if key != "type"]
    listed = values[0] if values and isinstance(values[0], list) else values
    words = (
        words_of(one["text"]) if isinstance(one, dict) and "text" in one else one for one in listed
    )
    return ", ".join(str(one) for one in words if one)


def rich_text_html(value: Data, names: Names) -> str:
    """A rich_text object."""
    return "".join(_group(group, names) for group in value["elements"])


def _group(group: Data, names: Names) -> str:
    if group["type"] == "rich_text_list":
        tag = "ol" if group["style"] == "ordered" else "ul"
        items = "".join(f"<li>{_parts(item, names)}</li>" for item in group["elements"])
        indent, offset = group.get("indent", 0) * 24, group.get("offset", 0)
        start = f' start="{offset + 1}"' if offset else ""
        return f'<{tag}{start} style="margin-left:{indent}px">{items}</{tag}>'
    tags = {"rich_text_preformatted": "pre", "rich_text_quote": "blockquote"}
    tag = tags.get(group["type"], "div")
    return f"<{tag}>{_parts(group, names)}</{tag}>"


def _parts(group: Data, names: Names) -> str:
    return "".join(_part(part, names) for part in group["elements"])


def _part(part: Data, names: Names) -> str:
    match part["type"]:
        case "text":
            shown = html.escape(part["text"]).replace("\n", "<br>")
        case "link":
            words = html.escape(part.get("text") or part["url"])
            shown = f'<a href="{html.escape(part["url"])}">{words}</a>'
        case "emoji":
            shown = emojis(f":{part['name']}:")
        case "user":
            shown = f'<span class="mention">@{html.escape(names(part["user_id"]))}</span>'
        case "date":
            moment = datetime.fromtimestamp(part["timestamp"], UTC)
            shown = html.escape(date_words(moment, part["format"]))
        case other:
            shown = html.escape(str(part.get("fallback") or part.get("range") or f"[{other}]"))
    for style, tag in (("bold", "b"), ("italic", "i"), ("strike", "s"), ("code", "code")):
        if part.get("style", {}).get(style):
            shown = f"<{tag}>{shown}</{tag}>"
    return shown


_MARKDOWN: tuple[tuple[str, str], ...] = (
    (r"\*\*(.+?)\*\*", r"<b>\1</b>"),
    (r"(?<!\w)_(.+?)_(?!\w)", r"<i>\1</i>"),
    (r"`([^`]+)`", r"<code>\1</code>"),
    (r"\[([^\]]+)\]\((https?://[^)]+)\)", r'<a href="\2">\1</a>'),
)


def markdown_html(text: str) -> str:
    """The little Markdown that messages use: headings, lists, fences, bold, code, links."""
    shown = []
    for number, part in enumerate(re.split(r"```\w*\n?", text)):
        if number % 2:
            shown.append(f"<pre>{html.escape(part.rstrip())}</pre>")
        else:
            shown += [_line(line) for line in part.strip("\n").split("\n")]
    return "".join(shown)


def _line(line: str) -> str:
    safe = html.escape(line)
    for pattern, replacement in _MARKDOWN:
        safe = re.sub(pattern, replacement, safe)
    if heading := re.match(r"(#+)\s+(.*)", safe):
        return f"<h3>{heading[2]}</h3>"
    if item := re.match(r"\s*(?:[-*]|\d+\.)\s+(.*)", safe):
        return f'<div class="item">• {item[1]}</div>'
    return f"<div>{safe or '&nbsp;'}</div>"


_RENDERERS: dict[str, Callable[[Data, Names], str]] = {
    "actions": _actions,
    "alert": _alert,
    "card": _card,
    "context": _context,
    "context_actions": _actions,
    "divider": _divider,
    "header": _header,
    "image": _image,
    "markdown": _markdown,
    "plan": _plan,
    "rich_text": _rich,
    "section": _section,
    "table": _table,
    "task_card": _task,
}
