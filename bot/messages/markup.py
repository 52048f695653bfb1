"""The markup of messages: a dialect small enough that every surface can render all of it.

Inline: `**bold**`, backticked code, `[text](target)`. A target is an http(s) address,
`person:<handle>`, `run:<key>` or `time:<ISO 8601>`. Blocks: lines, and fences of three backticks.
A backslash takes the meaning from the character after it. Text from outside is escaped by
the template renderer before it becomes part of a message.
"""

import re
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class SpanKind(StrEnum):
    """What a stretch of a line is."""

    TEXT = "text"
    BOLD = "bold"
    CODE = "code"
    LINK = "link"


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of text with one meaning; `target` only for links."""

    kind: SpanKind
    text: str
    target: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of spans, or a whole fenced block when `fenced` is not None."""

    spans: tuple[Span, ...] = ()
    fenced: str | None = None


_SPECIAL = re.compile(r"([\\`*\[\]()<>@#_~|!&])")
_TOKEN = re.compile(
    r"\\(?P<escaped>.)|\*\*(?P<bold>(?:\\.|[^*\\])+)\*\*|`(?P<code>[^`]+)`"
    r"|\[(?P<text>(?:\\.|[^\]\\])+)\]\((?P<target>(?:\\.|[^)\\])+)\)"
)


def escape(text: str) -> str:
    """Text from outside as markup that says just that text, on one or more lines."""
    return _SPECIAL.sub(r"\\\1", text)


def unescape(text: str) -> str:
    """The text that escaped markup stands for."""
    return re.sub(r"\\(.)", r"\1", text)


def code(text: str) -> str:
    """Text from outside as a code span; backticks become look-alikes."""
    flat = " ".join(text.replace("`", "ˋ").split())
    return f"`{flat}`" if flat else ""


def fence(text: str) -> str:
    """Text from outside as a fenced block, whatever it contains."""
    return "```\n" + text.replace("```", "ˋˋˋ").strip("\n") + "\n```"


def parse(markup: str) -> tuple[Line, ...]:
    """The lines of a markup text. Every text is valid: what is no markup is text."""
    lines: list[Line] = []
    fenced: list[str] | None = None
    for raw in markup.split("\n"):
        if raw.strip() == "```":
            if fenced is not None:
                lines.append(Line(fenced="\n".join(fenced)))
            fenced = [] if fenced is None else None
        elif fenced is not None:
            fenced.append(raw)
        else:
            lines.append(Line(spans=_spans(raw)))
    if fenced is not None:
        lines.append(Line(fenced="\n".join(fenced)))
    return tuple(lines)


def plain(markup: str) -> str:
    """The words alone."""
    return "\n".join(
        line.fenced if line.fenced is not None else "".join(span.text for span in line.spans)
        for line in parse(markup)
    )


def _spans(line: str) -> tuple[Span, ...]:
    spans: list[Span] = []
    text, end = "", 0
    for match in _TOKEN.finditer(line):
        text += line[end : match.start()]
        end = match.end()
        if match["escaped"] is not None:
            text += match["escaped"]
            continue
        if text:
            spans.append(Span(kind=SpanKind.TEXT, text=text))
            text = ""
        spans.append(_marked(match))
    text += line[end:]
    if text:
        spans.append(Span(kind=SpanKind.TEXT, text=text))
    return tuple(spans)


def _marked(match: re.Match[str]) -> Span:
    if match["bold"] is not None:
        return Span(kind=SpanKind.BOLD, text=unescape(match["bold"]))
    if match["code"] is not None:
        return Span(kind=SpanKind.CODE, text=match["code"])
    return Span(kind=SpanKind.LINK, text=unescape(match["text"]), target=unescape(match["target"]))
