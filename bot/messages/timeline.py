"""The timeline of a run as a message: the parts of its time as facts, what happened as rows."""

from bot.domain.deadlines import say_duration
from bot.domain.run import Run
from bot.domain.timeline import SpanKind, Timeline, TimelineSpan
from bot.messages.cards import status_words
from bot.messages.markup import escape
from bot.messages.message import Fact, Message, Row
from bot.messages.render import moment_link, say, word


def timeline_message(run: Run, timeline: Timeline) -> Message:
    """Where the time went; the parts add up to the total."""
    words = say("timeline", run=run, status=status_words(run), total=timeline.total)
    facts = [
        Fact(label=word("timeline", part.value), value=say_duration(spent))
        for part, spent in timeline.in_seconds.items()
    ]
    total = Fact(label=word("timeline", "total"), value=f"**{say_duration(timeline.total)}**")
    return Message(
        title=words.title,
        body=words.body,
        fallback=words.fallback,
        facts=(*facts, total),
        rows=tuple(Row(text=_row(span)) for span in timeline.spans),
        attributes={"run": run.key},
    )


def _row(span: TimelineSpan) -> str:
    name = f"G-{span.gate} {span.name}" if span.kind is SpanKind.GATE else span.name
    parts = [moment_link(span.started_at), f"{word('timeline', span.kind.value)} {escape(name)}"]
    if span.ended_at is None:
        parts.append(word("timeline", "going_on"))
    else:
        parts.append(say_duration(span.ended_at - span.started_at))
    if span.outcome:
        parts.append(escape(span.outcome))
    return " · ".join(parts)
