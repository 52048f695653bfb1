"""Steps as a list of rich text: a line each, what is long done as one line, never too many.

Rich text is not parsed by Slack: nothing in it can call anybody.
"""

from collections.abc import Sequence
from typing import Any

from adapters.slack import limits
from adapters.slack.text import label, moment
from bot.domain.course import StepState
from bot.messages.markup import Span, SpanKind, parse, plain
from bot.messages.message import Fact, Step

Part = dict[str, Any]

_BOLD = frozenset({StepState.WORKING, StepState.WAITING, StepState.FAILED, StepState.STOPPED})
_FEWEST = 2
"""Of fewer steps the line says as much."""


def worth_a_list(fact: Fact) -> bool:
    """Whether a fact's steps say more than its value."""
    return len(fact.steps) >= _FEWEST


def steps_block(fact: Fact) -> dict[str, Any]:
    """A fact's steps, numbered, below its name."""
    before, shown, after = _window(fact.steps)
    head = [_text(label(fact.label, limits.STEP), bold=True)]
    if before:
        left_out = limits.more_steps(before, done=True)
        head.append(_text(f"\n{StepState.DONE.mark} {left_out}"))
    numbered: dict[str, Any] = {
        "type": "rich_text_list",
        "style": "ordered",
        "elements": [_section(_line(step)) for step in shown],
    }
    if before:
        numbered["offset"] = before
    elements = [_section(head), numbered]
    if after:
        left_out = limits.more_steps(after, done=False)
        elements.append(_section([_text(f"{StepState.AHEAD.mark} {left_out}")]))
    return {"type": "rich_text", "elements": elements}


def _window(steps: Sequence[Step]) -> tuple[int, Sequence[Step], int]:
    """How many done ones stand as one line, the steps to show, and how many to come are left out.

    What is done makes room first, then what comes last.
    """
    over = len(steps) - limits.STEPS
    if over <= 0:
        return 0, steps, 0
    done = next((at for at, step in enumerate(steps) if step.state is not StepState.DONE), None)
    over += 1  # the line that stands for those left out
    before = min(over, len(steps) - 1 if done is None else done)
    before = before if before > 1 else 0
    room = limits.STEPS - bool(before)
    rest = steps[before:]
    if len(rest) <= room:
        return before, rest, 0
    return before, rest[: room - 1], len(rest) - room + 1


def _line(step: Step) -> list[Part]:
    name = label(plain(step.text), limits.STEP)
    parts = [_text(f"{step.state.mark} "), _text(name, bold=step.state in _BOLD)]
    spans = [span for line in parse(step.note) for span in line.spans]
    return [*parts, _text(" · "), *map(_part, spans)] if spans else parts


def _part(span: Span) -> Part:
    kind, _, rest = span.target.partition(":")
    at = moment(rest) if span.kind is SpanKind.LINK and kind == "time" else None
    words = _shown(span.text)
    if at is None:
        return _text(words)
    return {"type": "date", "timestamp": at, "format": "{time}", "fallback": words}


def _shown(text: str) -> str:
    """A stretch of a note: its blanks are of the line, so they stay."""
    inner = label(text, limits.STEP)
    return f"{' ' * text[:1].isspace()}{inner}{' ' * text[-1:].isspace()}"


def _section(parts: list[Part]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": parts}


def _text(text: str, *, bold: bool = False) -> Part:
    part: Part = {"type": "text", "text": text}
    return {**part, "style": {"bold": True}} if bold else part
