"""Neutral messages as Linear's Markdown. What comes from outside neither links nor mentions.

Linear makes a mention of every address of its own that stands in a text, and links what looks
like an address. So text that looks like one is shown as code; only spans that are links link.
"""

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

from adapters.linear.limits import LONGEST_TEXT
from bot.messages.markup import Line, Span, SpanKind, parse, plain
from bot.messages.message import Message
from bot.messages.render import word

_ADDRESS = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://\S+"
    r"|\bwww\.\S+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?<![\w/])[\w/-]+(?:\.[\w-]+)*\.[A-Za-z][\w-]+(?:/\S*)?"
    r"|\b[A-Z][A-Z0-9]+-\d+\b"
)
"""Addresses, host and file names, e-mail addresses, keys of issues."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>~|@#!&$^])")
_LINE_START = re.compile(r"^(\s*\d*)([-+>=.)])")
_SAFE = "!#$&'*+,/:;=?@~%"


def message_text(message: Message, *, facts: bool = False) -> str:
    """All that a message says: title, body, and on cards the facts; never empty."""
    title = _inline(message.title.replace("**", ""))
    parts = [f"**{title}**" if plain(message.title) else "", *_body(message)]
    if facts:
        parts += [f"{escape(fact.label)}: {_inline(fact.value)}  " for fact in message.facts]
    parts += [_inline(row.text) for row in message.rows]
    text = cut("\n".join(part for part in parts if part))
    return text or escape(message.fallback) or word("linear", "none")


def escape(text: str) -> str:
    """Text from outside as Markdown that says just that."""
    pieces, end = [], 0
    for match in _ADDRESS.finditer(text):
        pieces += [_plain(text[end : match.start()]), code(match[0])]
        end = match.end()
    return "".join([*pieces, _plain(text[end:])])


def code(text: str) -> str:
    """Text as code; backticks become look-alikes."""
    flat = " ".join(text.replace("`", "ˋ").split())
    return f"`{flat}`" if flat else ""


def cut(text: str) -> str:
    """The text up to the limit, whole lines; what is left out is said, and fences are closed."""
    if len(text) <= LONGEST_TEXT:
        return text
    lines = text[:LONGEST_TEXT].split("\n")
    kept = lines[:-1] or [lines[0]]
    left = text.count("\n") + 1 - len(kept)
    open_fence = sum(line == "```" for line in kept) % 2
    said = word("linear", "cut").format(lines=max(left, 1))
    return "\n".join([*kept, *(["```"] * open_fence), said])


def _body(message: Message) -> Iterator[str]:
    for line in parse(message.body):
        if line.fenced is not None:
            yield "```\n" + line.fenced.replace("```", "ˋˋˋ") + "\n```"
        elif text := _spans(line):
            yield text + "  "


def _inline(markup: str) -> str:
    return " ".join(
        code(line.fenced) if line.fenced is not None else _spans(line) for line in parse(markup)
    ).strip()


def _spans(line: Line) -> str:
    text = "".join(_span(span) for span in line.spans)
    return _LINE_START.sub(r"\1\\\2", text)


def _span(span: Span) -> str:
    match span.kind:
        case SpanKind.CODE:
            return code(span.text)
        case SpanKind.BOLD:
            return f"**{escape(span.text)}**"
        case SpanKind.LINK:
            return _link(span)
        case _:
            return escape(span.text)


def _link(span: Span) -> str:
    try:
        parts = urlsplit(span.target)
    except ValueError:
        return escape(span.text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return escape(span.text)
    return f"[{_plain(span.text)}]({quote(span.target, safe=_SAFE)})"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
