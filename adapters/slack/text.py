"""Neutral markup as Slack's mrkdwn and as plain text. Everything from outside is escaped here.

In mrkdwn nothing but `&`, `<` and `>` has power over people: without them no text pings or links.
What would only change the look (`*`, `_`, `~`, a backtick) is made harmless as well.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from adapters.slack.limits import ADDRESS, cut, more_lines
from bot.messages.markup import Line, Span, SpanKind, parse

_JOINER = "\u2060"
"""Shows nothing; a sign beside it is no longer at the edge of a word, so it marks nothing."""
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, those that turn the direction of text, and halves of characters."""
_LOOK = re.compile(r"(?<![^\W_])(?=[*_~]\S)")
_QUOTE = re.compile(r"^(?=\s*&gt;)")
_RUN = re.compile(r"R-[1-9]\d{0,17}")
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_CALL = re.compile(r"<(?=[!@#])")
_PIECE = 2_900
"""Characters of a rendered line: a section's, less what a cut adds."""
_TOO_LONG = 1_500
"""Characters of one stretch of text that stays whole however much of it escaping makes."""


@dataclass(frozen=True, kw_only=True)
class Links:
    """What names lead to in one message."""

    people: Mapping[str, str] = field(default_factory=dict)
    """Handle → Slack's user id, for those whom this message may ping and nobody else."""
    public_url: str = ""
    """Where the pages of runs are; empty without any."""

    def run_page(self, key: str) -> str:
        """The address of a run's page; empty where there is none."""
        known = self.public_url and _RUN.fullmatch(key)
        return f"{self.public_url.rstrip('/')}/runs/{key}" if known else ""


def escape(text: str) -> str:
    """Text from outside so that Slack shows just that."""
    seen = _UNSEEN.sub("", text)
    return seen.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_within(text: str, limit: int) -> str:
    """Escaped text of at most `limit` characters, cut where people see it."""
    escaped = escape(text)
    if len(escaped) <= limit:
        return escaped
    kept, room = [], limit - 1
    for character in text:
        piece = escape(character)
        room -= len(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept).rstrip() + "…"


def label(text: str, limit: int) -> str:
    """Text for a `plain_text` object: on one line, never empty, never a call to anybody."""
    flat = " ".join(_UNSEEN.sub("", text).split())
    return cut(_CALL.sub("<" + _JOINER, flat), limit) or "·"


def inline(markup: str, links: Links, limit: int, *, bold: bool = False) -> str:
    """Markup as one line of mrkdwn of at most `limit` characters."""
    spans = [span for line in parse(markup) for span in (*_flat(line), _SPACE)][:-1]
    return _fit([_bold(span, links) if bold else _span(span, links) for span in spans], limit)


def block(markup: str, links: Links, *, limit: int, most_lines: int) -> list[str]:
    """Markup as texts of sections, in all at most `limit` characters, the rest left out visibly."""
    pieces, used, left = list[str](), 0, 0
    parsed = [piece for line in parse(markup.strip("\n")) for piece in _pieces(line)]
    lines, blank = 0, True
    for line in parsed:
        piece, height = _render(line, links), _height(line)
        if blank and not piece:
            continue
        blank = not piece or line.fenced is not None
        if left or used + len(piece) > limit or lines + height > most_lines:
            left += height
            continue
        used, lines = used + len(piece) + 1, lines + height
        pieces.append(piece)
    return _packed([*pieces, more_lines(left)] if left else pieces)


def _height(line: Line) -> int:
    return 1 if line.fenced is None else line.fenced.count("\n") + 1


def _packed(pieces: Sequence[str]) -> list[str]:
    """Lines put together as far as a section holds them."""
    texts = [""]
    for piece in pieces:
        joined = f"{texts[-1]}\n{piece}" if texts[-1] else piece
        if len(joined) > _PIECE + 90:
            texts.append(piece)
        else:
            texts[-1] = joined
    return [text.strip("\n") for text in texts if text.strip()]


_SPACE = Span(kind=SpanKind.TEXT, text=" ")


def _flat(line: Line) -> tuple[Span, ...]:
    if line.fenced is not None:
        return (Span(kind=SpanKind.CODE, text=" ".join(line.fenced.split())),)
    return line.spans


def _pieces(line: Line) -> list[Line]:
    """A long fence as several that each fit into a section."""
    if line.fenced is None:
        return [line]
    parts, room = [""], 0
    for raw in line.fenced.split("\n"):
        text = cut(raw, _TOO_LONG // 5)
        size = len(escape(text)) + 1
        if parts[-1] and room + size > _TOO_LONG:
            parts.append("")
            room = 0
        parts[-1] = f"{parts[-1]}\n{text}" if room else text
        room += size
    return [Line(fenced=part) for part in parts]


def _render(line: Line, links: Links) -> str:
    if line.fenced is not None:
        text = escape(line.fenced.replace("```", "ˋˋˋ"))
        return f"```\n{text}\n```" if text.strip() else ""
    return _QUOTE.sub(_JOINER, _fit([_span(span, links) for span in line.spans], _PIECE))


def _fit(pieces: Sequence[tuple[str, str]], limit: int) -> str:
    """Pieces one after the other; `(shown, raw)`: of the first that is too long, some words."""
    line = ""
    for shown, raw in pieces:
        if len(line) + len(shown) > limit:
            return (line + escape_within(raw, limit - len(line) - 1)).rstrip("…") + "…"
        line += shown
    return line


def _span(span: Span, links: Links) -> tuple[str, str]:
    """How a span is shown, and its words."""
    match span.kind:
        case SpanKind.BOLD:
            return _strong(span.text), span.text
        case SpanKind.CODE:
            return _code(span.text), span.text
        case SpanKind.LINK:
            return _link(span, links), span.text
        case _:
            return words(span.text), span.text


def _bold(span: Span, links: Links) -> tuple[str, str]:
    """A span of a title, which is bold but for its links."""
    if span.kind in {SpanKind.TEXT, SpanKind.BOLD}:
        return _strong(span.text), span.text
    return _span(span, links)


def words(text: str) -> str:
    """Text that only looks like itself."""
    return _LOOK.sub(_JOINER, escape(text.replace("`", "ˋ")))


def _strong(text: str) -> str:
    """Bold text: signs of bold in it would end it, and blanks at its edge undo it."""
    inner = text.strip()
    if not inner:
        return " " if text else ""
    shown = words(inner).replace("*", "∗").replace(_JOINER, "")
    return f"{' ' * text[:1].isspace()}*{shown}*{' ' * text[-1:].isspace()}"


def _code(text: str) -> str:
    shown = escape(text.replace("`", "ˋ")).strip()
    return f"`{shown}`" if shown else ""


def _link(span: Span, links: Links) -> str:
    kind, _, rest = span.target.partition(":")
    if kind == "person":
        user = links.people.get(rest, "")
        return f"<@{user}>" if _USER.fullmatch(user) else _strong(span.text)
    if kind == "run":
        page = links.run_page(rest)
        return _address(page, span.text) if page else _strong(span.text)
    if kind == "time":
        return _moment(rest, span.text)
    if kind in {"http", "https"} and _reaches_somewhere(span.target):
        return _address(span.target, span.text)
    return words(span.text)


def _address(target: str, text: str) -> str:
    """A link; what could end its address is written in percent."""
    address = quote(target, safe="!#$%&'()*+,/:;=?@[]~")
    shown = escape(" ".join(text.split())).replace("|", "∣") or escape(address)
    whole = f"<{escape(address)}|{shown}>"
    return whole if len(whole) <= min(ADDRESS, _PIECE) else words(text)


def moment(written: str) -> int | None:
    """A moment in ISO 8601 as seconds, as Slack counts; None where it is none."""
    try:
        at = datetime.fromisoformat(written)
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def _moment(written: str, text: str) -> str:
    """A moment that Slack shows in its reader's zone."""
    seconds = moment(written)
    if seconds is None:
        return words(text)
    shown = escape(text).replace("|", "∣")
    return f"<!date^{seconds}^{{date_short_pretty}}, {{time}}|{shown}>"


def _reaches_somewhere(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False
