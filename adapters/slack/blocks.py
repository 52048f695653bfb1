"""Neutral messages as Block Kit. What is over a limit is cut where people see it, never refused."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from adapters.slack import limits
from adapters.slack.steps import steps_block, worth_a_list
from adapters.slack.text import Links, block, escape_within, inline, label
from adapters.slack.values import fits, source_of, write_value
from bot.domain.vocabulary import TERMINAL
from bot.messages.markup import escape, plain
from bot.messages.message import Button, Fact, Message, Tone
from bot.messages.render import link, word

Block = dict[str, Any]
T = TypeVar("T")

PRESS = re.compile(r"press:\d+")
"""The action_id of a button that is pressed: its value is what `values.read_value` reads."""
FORM = re.compile(r"form:\d+")
"""The action_id of a button that opens a form, to be made by `forms.modal_for`."""
MENU = re.compile(r"menu:\d+")
"""The action_id of a menu of rare buttons: the value is the chosen option's."""
OPEN = re.compile(r"open:\d+")
"""The action_id of a button that leads to a page: nothing is to be done but acknowledge it."""

_COLOURS = {Tone.BUSY: "🔵", Tone.ATTENTION: "🟡", Tone.GOOD: "🟢", Tone.BAD: "🔴"}
_STYLES = {Tone.GOOD: "primary", Tone.BAD: "danger"}
_SHORT_FACT = 40
"""Characters of a value that stands in one of two columns."""
_LABEL = 60
_LONG_FACTS = 4
"""As many as fit into one section."""
_PLAIN_ROWS = 40
"""Rows without a button share a block."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """How much of a message is shown; the smaller one is for what Slack finds too long."""

    body: int = limits.BODY
    lines: int = limits.BODY_LINES
    rows: int = limits.ROWS
    row: int = limits.ROW
    fact: int = limits.FACT
    fallback: int = limits.FALLBACK
    lists: bool = True
    """Whether steps are a list of rich text; else they are one line."""


WHOLE = Sheet()
PLAIN = Sheet(lists=False)
"""For a server that takes no rich text."""
HALF = Sheet(body=1_500, lines=15, rows=5, row=300, fact=200, fallback=1_000, lists=False)


def fallback_of(message: Message, sheet: Sheet = WHOLE) -> str:
    """The whole in one line, for notifications and screen readers; never empty."""
    text = " ".join(message.fallback.split()) or " ".join(plain(message.title).split())
    return escape_within(text, sheet.fallback) or "·"


def blocks_of(
    message: Message, links: Links, *, source: str = "", sheet: Sheet = WHOLE
) -> list[Block]:
    """A message as at most 50 blocks; `source` is where to find its buttons again."""
    layout = _Layout(message, links, source=source or source_of(message), sheet=sheet)
    found = [
        *layout.title(),
        *layout.facts(),
        *layout.body(),
        *layout.rows(),
        *layout.buttons(),
        *layout.context(),
    ]
    return found[: limits.MESSAGE_BLOCKS] or [section("·")]


def section(text: str, **more: Any) -> Block:
    """A section of mrkdwn that is shown as it stands."""
    return {"type": "section", "text": mrkdwn(text), **more}


def mrkdwn(text: str) -> Block:
    """Rendered mrkdwn; Slack looks for no names or addresses of its own in it."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def plain_text(text: str, limit: int) -> Block:
    """Text from anywhere on one line, cut to a limit."""
    return {"type": "plain_text", "text": label(text, limit), "emoji": False}


def context(text: str) -> Block:
    """A small grey line of mrkdwn."""
    return {"type": "context", "elements": [mrkdwn(text)]}


class _Layout:
    """The parts of one message."""

    def __init__(self, message: Message, links: Links, *, source: str, sheet: Sheet) -> None:
        self._message = message
        self._links = links
        self._source = source
        self._sheet = sheet
        self._number = 0
        self._red = _alarming(message)

    def title(self) -> Iterator[Block]:
        text = inline(self._message.title, self._links, limits.SECTION - 100, bold=True)
        if not text.strip():
            return
        colour = _COLOURS.get(self._message.tone)
        yield section(f"{colour} {text}" if colour else text)

    def facts(self) -> Iterator[Block]:
        facts = [fact for fact in self._message.facts if not self._as_list(fact)]
        short = [fact for fact in facts if _is_short(fact)]
        for some in _groups(short, limits.FIELDS):
            yield {"type": "section", "fields": [mrkdwn(self._fact(fact, "\n")) for fact in some]}
        yield from map(steps_block, filter(self._as_list, self._message.facts))
        long = [self._fact(fact, "  ") for fact in facts if not _is_short(fact)]
        for some_long in _groups(long, _LONG_FACTS):
            yield section("\n".join(some_long))

    def _as_list(self, fact: Fact) -> bool:
        return self._sheet.lists and worth_a_list(fact)

    def _fact(self, fact: Fact, between: str) -> str:
        name = inline(f"**{escape(fact.label)}**", self._links, _LABEL)
        return f"{name}{between}{inline(fact.value, self._links, self._sheet.fact)}"

    def body(self) -> Iterator[Block]:
        sheet = self._sheet
        for text in block(
            self._message.body, self._links, limit=sheet.body, most_lines=sheet.lines
        ):
            yield section(text)

    def rows(self) -> Iterator[Block]:
        """Rows with a button each; those without one share a block."""
        rows, sheet = self._message.rows, self._sheet
        most = sheet.rows if any(row.button for row in rows) else _PLAIN_ROWS
        plain_rows: list[str] = []
        for row in rows[:most]:
            text = inline(row.text, self._links, sheet.row) or "·"
            if row.button is None:
                plain_rows.append(text)
                continue
            yield from _shared(plain_rows)
            plain_rows = []
            yield section(text, accessory=self._button(row.button))
        yield from _shared(plain_rows)
        if len(rows) > most:
            yield context(limits.more_rows(len(rows) - most))

    def buttons(self) -> Iterator[Block]:
        shown, rare = _split(self._message.buttons)
        elements = [*self._pages(), *(self._button(button) for button in shown)]
        elements += [self._menu(rare)] if rare else []
        for some in _groups(elements, limits.ACTIONS):
            yield {"type": "actions", "elements": list(some)}

    def _pages(self) -> Iterator[Block]:
        """A run's card leads to its pull request."""
        address = self._message.attributes.get("pr_url", "")
        if address.startswith(("https://", "http://")) and len(address) <= limits.ADDRESS:
            text = plain_text(word("slack", "view_pr"), limits.BUTTON_TEXT)
            yield {"type": "button", "action_id": self._id("open"), "text": text, "url": address}

    def _button(self, button: Button) -> Block:
        element: Block = {
            "type": "button",
            "action_id": self._id("form" if button.form else "press"),
            "text": plain_text(button.label, limits.BUTTON_TEXT),
            "value": write_value(button, self._source),
        }
        if button.tone in _STYLES and (button.tone is not Tone.BAD or button is self._red):
            element["style"] = _STYLES[button.tone]
        if button.confirm and not button.form:
            element["confirm"] = _confirm(button)
        return element

    def _menu(self, buttons: Sequence[Button]) -> Block:
        return {
            "type": "overflow",
            "action_id": self._id("menu"),
            "options": [
                {
                    "text": plain_text(button.label, limits.OPTION_TEXT),
                    "value": write_value(button, self._source, limit=limits.OPTION_VALUE),
                }
                for button in buttons
            ],
        }

    def _id(self, kind: str) -> str:
        self._number += 1
        return f"{kind}:{self._number}"

    def context(self) -> Iterator[Block]:
        """Whom it is for, where the text has not said so, and where to read on."""
        said = f"{self._message.title}\n{self._message.body}"
        unsaid = [name for name in self._message.mentions if f"(person:{escape(name)})" not in said]
        for_whom = ", ".join(link(f"@{name}", f"person:{name}") for name in unsaid)
        if for_whom:
            yield context(
                inline(word("slack", "for").format(who=for_whom), self._links, limits.FIELD)
            )


def _alarming(message: Message) -> Button | None:
    """The button that is red: the first that does harm, and none where all is over anyway."""
    if message.attributes.get("status") in TERMINAL:
        return None
    return next((button for button in message.buttons if button.tone is Tone.BAD), None)


def _groups(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[at : at + size] for at in range(0, len(items), size))


def _is_short(fact: Fact) -> bool:
    return len(plain(fact.value)) <= _SHORT_FACT


def _shared(texts: Sequence[str]) -> Iterator[Block]:
    """Rows as few sections."""
    joined = ""
    for text in texts:
        longer = f"{joined}\n{text}" if joined else text
        if len(longer) > limits.SECTION:
            yield section(joined)
            longer = text
        joined = longer
    if joined:
        yield section(joined)


def _split(buttons: Sequence[Button]) -> tuple[list[Button], list[Button]]:
    """The buttons to show, and the last ones that a menu can hold where they are too many.

    A menu asks nothing before a press counts, and has little room.
    """
    too_many = len(buttons) - limits.VISIBLE_BUTTONS
    simple = [
        at
        for at, button in enumerate(buttons)
        if not (button.form or button.confirm) and fits(button, limits.OPTION_VALUE)
    ]
    rare = simple[-min(too_many + 1, limits.OVERFLOW) :] if too_many > 0 else []
    if len(rare) <= 1:
        return list(buttons), []
    shown = [button for at, button in enumerate(buttons) if at not in rare]
    return shown, [buttons[at] for at in rare]


def _confirm(button: Button) -> Block:
    asked: Block = {
        "title": plain_text(word("slack", "confirm_title"), limits.CONFIRM_TITLE),
        "text": plain_text(button.confirm, limits.CONFIRM_TEXT),
        "confirm": plain_text(button.label, limits.CONFIRM_BUTTON),
        "deny": plain_text(word("slack", "leave"), limits.CONFIRM_BUTTON),
    }
    if button.tone is Tone.BAD:
        asked["style"] = "danger"
    return asked
