"""Neutral messages as GitHub-flavoured Markdown; nothing from outside mentions, links or closes."""

import re

from adapters.github.limits import LONGEST_BODY, LONGEST_TITLE
from bot.messages.markup import Line, Span, SpanKind, parse, plain
from bot.messages.message import Message

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|>~$])")
_ENTITIES = {"&": "&amp;", "<": "&lt;"}
_GAP = "\N{ZERO WIDTH SPACE}"
_MENTION = re.compile(r"@(?=\w)")
_REFERENCE = re.compile(r"#(?=\d)|\bGH-(?=\d)", re.IGNORECASE)
_ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)
_BEGIN, _END = "<!-- signalbox {key} -->", "<!-- /signalbox {key} -->"
_OWN = re.compile(r"<!-- signalbox [\w-]+ -->.*?<!-- /signalbox [\w-]+ -->", re.DOTALL)


def title_of(message: Message) -> str:
    """A pull request's title: plain text on one line."""
    words = " ".join(plain(message.title).split())
    shown = "".join(character for character in words if character.isprintable())
    return shown if len(shown) <= LONGEST_TITLE else shown[: LONGEST_TITLE - 1] + "…"


def body_of(message: Message, present: str = "") -> str:
    """A pull request's description: ours between two marks; what people wrote around it stays."""
    key = message.attributes.get("run", "")
    room = LONGEST_BODY - len(present) - 200
    text = to_markdown(message.body)
    if len(text) > max(room, 1_000):
        text = text[: max(room, 1_000)] + "…"
    ours = "\n".join([_BEGIN.format(key=key), text, _END.format(key=key)])
    if _OWN.search(present):
        return _OWN.sub(lambda _: ours, present, count=1)
    return f"{present.rstrip()}\n\n{ours}" if present.strip() else ours


def to_markdown(markup: str) -> str:
    """Markup as Markdown, a line a line."""
    return "\n".join(_line(line) for line in parse(markup))


def escape(text: str) -> str:
    """Text from outside as Markdown that says just that text."""
    for found, entity in _ENTITIES.items():
        text = text.replace(found, entity)
    text = _MENTION.sub(f"@{_GAP}", text)
    text = _REFERENCE.sub(lambda match: match[0] + _GAP, text)
    text = _ADDRESS.sub(lambda match: match[0][:-1] + _GAP + match[0][-1], text)
    # An entity's own characters are none of the special ones but #, which it does not have.
    return _SPECIAL.sub(r"\\\1", text)


def _line(line: Line) -> str:
    if line.fenced is not None:
        ticks = "`" * max(3, _longest_run(line.fenced) + 1)
        return f"{ticks}text\n{line.fenced}\n{ticks}"
    words = "".join(_span(span) for span in line.spans)
    # Two blanks keep the line break.
    return f"{words}  " if words.strip() else ""


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)


def _span(span: Span) -> str:
    if span.kind is SpanKind.CODE:
        return f"`{span.text}`"
    if span.kind is SpanKind.BOLD:
        return f"**{escape(span.text)}**"
    if span.kind is SpanKind.LINK and span.target.startswith(("https://", "http://")):
        target = re.sub(r"[\s<>()\\]", lambda match: f"%{ord(match[0]):02X}", span.target)
        return f"[{escape(span.text)}](<{target}>)"
    return escape(span.text)
