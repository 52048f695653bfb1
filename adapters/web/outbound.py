"""Neutral messages as HTML. Everything from outside is escaped here, and nowhere else."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from adapters.web.ansi import clean, coloured
from bot.domain.codec import canonical_json
from bot.messages.markup import Line, Span, SpanKind, parse, plain
from bot.messages.message import Message
from bot.ports.chat_store import Said

_RUN = re.compile(r"R-[1-9]\d{0,17}")
_SYMBOL_END = 3
"""A title's first word up to this length without letters is its symbol."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A message of the transcript, decoded."""

    said: Said
    message: Message


def page(name: str, **values: object) -> str:
    """One of templates/web as HTML."""
    return _environment.get_template(f"{name}.html.j2").render(values)


def message_html(
    message: Message, *, said: Said | None = None, footer: Markup | None = None
) -> str:
    """A message as an article; without `said` it is a private answer."""
    return page("message", message=message, said=said, footer=footer or Markup())


def footer_html(channel: str, root: int, replies: Sequence[Shown]) -> Markup:
    """The line below a card that leads to its thread: how much is there, who must decide."""
    waiting = next((shown.message for shown in replies if shown.message.buttons), None)
    text = page("footer", channel=channel, root=root, replies=replies, waiting=waiting)
    return Markup(text)  # noqa: S704  # made by an escaping template


def inline(markup: str) -> Markup:
    """Markup of one line."""
    return Markup(" ").join(_spans(line) for line in parse(markup))


def blocks(markup: str) -> Markup:
    """Markup of several lines: a paragraph each, and fenced blocks with their colours."""
    return Markup("\n").join(
        _fence(line.fenced) if line.fenced is not None else Markup("<p>{}</p>").format(_spans(line))
        for line in parse(markup)
        if line.spans or line.fenced is not None
    )


def _spans(line: Line) -> Markup:
    if line.fenced is not None:
        return Markup("<code>{}</code>").format(clean(line.fenced).replace("\n", " "))
    return Markup().join(_span(span) for span in line.spans)


def _fence(text: str) -> Markup:
    stretches = (
        Markup('<span class="{}">{}</span>').format(classes, part) if classes else escape(part)
        for classes, part in coloured(text)
    )
    return Markup('<pre tabindex="0"><code>{}</code></pre>').format(Markup().join(stretches))


def _span(span: Span) -> Markup:
    text = clean(span.text)
    match span.kind:
        case SpanKind.BOLD:
            return Markup("<strong>{}</strong>").format(text)
        case SpanKind.CODE:
            return Markup("<code>{}</code>").format(text)
        case SpanKind.LINK:
            return _link(text, clean(span.target))
        case _:
            return escape(text)


def _link(text: str, target: str) -> Markup:
    kind, _, rest = target.partition(":")
    if kind == "person":
        return Markup('<span class="person" data-person="{}">{}</span>').format(rest, text)
    if kind == "run" and _RUN.fullmatch(rest):
        return Markup('<a class="run" href="/chat/runs/{}">{}</a>').format(rest, text)
    if kind == "time" and (moment := _moment(rest)):
        return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), text)
    if kind in {"http", "https"} and _reaches_somewhere(target):
        address = quote(target, safe="!#$%&'()*+,/:;=?@[]~")
        return Markup(
            '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>'
        ).format(address, text)
    return escape(text)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _reaches_somewhere(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def _symbol(title: str) -> tuple[str, str]:
    """The symbol that a title begins with, and the rest."""
    first, _, rest = title.partition(" ")
    if rest and len(first) <= _SYMBOL_END and not any(c.isalnum() or c in "*`[\\" for c in first):
        return first, rest
    return "", title


_environment = Environment(
    loader=PackageLoader("templates", "web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(
    inline=inline,
    blocks=blocks,
    clean=clean,
    words=plain,
    hue=lambda name: sum(map(ord, name)) % 6,
    symbol=_symbol,
    json=lambda value: json.dumps(json.loads(canonical_json(value))),
)
