"""The report of `signalbox doctor`, for people and as JSON."""

import json
import textwrap
from collections.abc import Sequence

from bot.ports.doctor import Finding, Level
from bot.services.examining import Section

OK, BROKEN, UNREACHABLE = 0, 1, 75
"""Exit codes; 75 is EX_TEMPFAIL of sysexits.h."""

_WIDTH = 100
_MARKS = {
    Level.OK: ("✔", "32"),
    Level.WARNING: ("!", "33"),
    Level.ERROR: ("✖", "31"),
    Level.NOT_SET_UP: ("–", "2"),
}
"""Each level's mark, and its colour as ECMA-48 numbers it."""


def exit_code(sections: Sequence[Section], *, vital: str) -> int:
    """0 where nothing is an error, 75 where the `vital` subject cannot be reached, else 1."""
    if any(section.unreachable for section in sections if section.subject == vital):
        return UNREACHABLE
    return BROKEN if any(section.broken for section in sections) else OK


def as_json(sections: Sequence[Section]) -> str:
    """One object: every finding with its subject, and whether none is an error."""
    findings = [
        {
            "subject": section.subject,
            "checked": finding.checked,
            "level": finding.level.value,
            "found": finding.found,
            "remedy": finding.remedy,
        }
        for section in sections
        for finding in section.findings
    ]
    healthy = not any(section.broken for section in sections)
    return json.dumps({"healthy": healthy, "findings": findings}, ensure_ascii=False, indent=2)


def as_text(sections: Sequence[Section], *, colours: bool) -> str:
    """Subject by subject, then the count; nothing in it is obeyed by a terminal but colours."""
    blocks = [_block(section, colours=colours) for section in sections]
    return "\n\n".join([*blocks, _count(sections)])


def _block(section: Section, *, colours: bool) -> str:
    widest = max(len(finding.checked) for finding in section.findings)
    title = _paint(section.subject, "1") if colours else section.subject
    lines = (_lines(finding, widest=widest, colours=colours) for finding in section.findings)
    return "\n".join([title, *lines])


def _lines(finding: Finding, *, widest: int, colours: bool) -> str:
    mark, colour = _MARKS[finding.level]
    indent = " " * (widest + 6)
    said = _wrap(_plain(finding.found), indent)
    told = _wrap(f"→ {_plain(finding.remedy)}", indent) if finding.remedy else ""
    head = f"  {_paint(mark, colour) if colours else mark} {finding.checked.ljust(widest)}  "
    return head + said + (f"\n{indent}{told}" if told else "")


def _wrap(text: str, indent: str) -> str:
    width = _WIDTH - len(indent)
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return f"\n{indent}".join(lines)


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _paint(text: str, number: str) -> str:
    return f"\x1b[{number}m{text}\x1b[0m"


def _count(sections: Sequence[Section]) -> str:
    levels = [finding.level for section in sections for finding in section.findings]
    errors, warnings = levels.count(Level.ERROR), levels.count(Level.WARNING)
    if not errors and not warnings:
        return "All is well."
    return f"{_many(errors, 'error').capitalize()}, {_many(warnings, 'warning')}."


def _many(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
