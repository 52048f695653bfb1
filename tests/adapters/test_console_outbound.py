"""What a terminal is shown of a message."""

import re
from datetime import timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.console.outbound import LONGEST_BLOCK, Terminal, buttons_of, render
from adapters.console.terminal_text import cells, clean
from bot.domain.invocation import Press
from bot.messages.markup import code, escape, fence
from bot.messages.message import Button, Fact, Message, Row, Tone

OWN_ESCAPE = re.compile(r"\x1b\[[0-9;]+m")
BERLIN = timezone(timedelta(hours=1))
PLAIN = Terminal(width=60, zone=BERLIN)


def button(label: str) -> Button:
    return Button(label=label, press=Press(verb="x"))


CARD = Message(
    title="[R\\-81](run:R-81) · Fix checkout rounding",
    body="**Waiting** for `commit`\n" + fence("+ added\n- gone"),
    facts=(Fact(label="Owner", value="[@ana](person:ana)"), Fact(label="Cost", value="$0\\.12")),
    buttons=(button("Approve"), button("Ask for changes…")),
    tone=Tone.ATTENTION,
    mentions=("ana", "bo"),
)


def test_a_card_is_drawn_with_bar_symbol_facts_and_numbered_buttons() -> None:
    assert render(CARD, PLAIN, number=3).split("\n") == [
        "┃ ▲ R-81 · Fix checkout rounding",
        "┃ Waiting for commit",
        "┃   + added",
        "┃   - gone",
        "┃ for @ana, @bo",
        "┃ Owner  @ana",
        "┃ Cost   $0.12",
        "┃ #3  [1] Approve  [2] Ask for changes…",
    ]


def test_colour_only_adds_to_what_is_said() -> None:
    painted = render(CARD, Terminal(width=60, colour=True))
    assert painted.startswith("\x1b[33m┃ ")
    lines = [line.rstrip() for line in OWN_ESCAPE.sub("", painted).split("\n")]
    assert lines == render(CARD, Terminal(width=60)).split("\n")


def test_a_title_with_a_symbol_of_its_own_gets_no_second_one() -> None:
    message = Message(title="✅ Approved by ana", tone=Tone.GOOD)
    assert render(message, PLAIN) == "┃ ✅ Approved by ana"


def test_rows_carry_their_buttons_and_are_numbered_first() -> None:
    rows = (Row(text="R-1 one", button=button("Retry")), Row(text="R-2 two"))
    message = Message(title="Runs", rows=rows, buttons=(button("Older"),))
    assert [found.label for found in buttons_of(message)] == ["Retry", "Older"]
    assert render(message, PLAIN).split("\n") == [
        "┃ Runs",
        "┃ · R-1 one  [1] Retry",
        "┃ · R-2 two",
        "┃ [2] Older",
    ]


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("[09:00 UTC](time:2025-01-05T09:00:00+00:00)", "5 Jan 10:00"),
        ("[soon](time:never)", "soon"),
        ("[old](time:0001-01-01T00:00:00+14:00)", "old"),
        ("[the log](https://x.example/a_b)", "the log (https://x.example/a_b)"),
        ("[x.example](https://x.example)", "https://x.example"),
        ("[R-1](run:R-1)", "R-1"),
        (code("a * b"), "a * b"),
        (escape("*no* [markup](x)"), "*no* [markup](x)"),
    ],
)
def test_links_and_times_become_text(markup: str, shown: str) -> None:
    assert render(Message(title="", body=markup), PLAIN) == f"┃ {shown}"


def test_long_lines_are_wrapped_and_facts_stay_aligned() -> None:
    message = Message(
        title="t", body="word " * 20, facts=(Fact(label="Reason", value="because " * 10),)
    )
    lines = render(message, Terminal(width=40)).split("\n")
    assert all(cells(line) <= 40 for line in lines)
    assert lines[-1].startswith("┃         because")


def test_empty_lines_do_not_pile_up() -> None:
    message = Message(title="t", body="\n\none\n\n\n\ntwo\n")
    assert render(message, PLAIN) == "┃ t\n┃ one\n┃\n┃ two"


def test_an_address_stays_whole() -> None:
    address = "https://x.example/" + "a" * 80
    body = f"see [the log]({escape(address)}) now"
    assert address in render(Message(title="t", body=body), Terminal(width=30))


def test_wide_characters_take_two_columns() -> None:
    assert (cells("ab"), cells("日本"), cells("e\u0301")) == (2, 4, 1)


def test_a_long_block_is_cut_visibly() -> None:
    text = "\n".join(str(number) for number in range(LONGEST_BLOCK + 12))
    lines = render(Message(title="", body=fence(text)), PLAIN).split("\n")
    assert lines[-1] == "┃   … 12 more lines → Logs"


def test_a_message_without_parts_says_its_fallback() -> None:
    assert render(Message(title="", fallback="R-1 ended"), PLAIN) == "┃ R-1 ended"


@pytest.mark.parametrize(
    ("hostile", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[H", "[2J[H"),
        ("\x1b]0;title\x07", "]0;title"),
        ("\x1b\x1b[m[2J", "[2J"),
        ("\x9b31m", "31m"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("a\x00\x08\x7fb\rc", "abc"),
        ("a\tb\u00a0c\u2028d", "a    b c d"),
        ("\ud800x", "x"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_nothing_is_let_through_that_a_terminal_obeys(hostile: str, shown: str) -> None:
    assert clean(hostile) == shown


anything = st.text(
    st.one_of(st.characters(), st.sampled_from("\x1b[]()\\`*\x07\x9b\n\r\t;m0123:")), max_size=60
)
links = st.builds("[{}]({}:{})".format, anything, st.sampled_from(["time", "http"]), anything)
texts = st.one_of(anything, links, anything.map(fence))
labels = st.builds(Button, label=anything, press=st.just(Press(verb="x")))
messages = st.builds(
    Message,
    title=texts,
    body=texts,
    facts=st.lists(st.builds(Fact, label=anything, value=texts), max_size=2).map(tuple),
    rows=st.lists(st.builds(Row, text=texts, button=labels), max_size=2).map(tuple),
    buttons=st.lists(labels, max_size=2).map(tuple),
    tone=st.sampled_from(Tone),
    fallback=anything,
    mentions=st.lists(anything, max_size=2).map(tuple),
)


@given(message=messages, colour=st.booleans(), width=st.integers(0, 120))
def test_no_message_can_speak_to_the_terminal(
    *, message: Message, colour: bool, width: int
) -> None:
    shown = render(message, Terminal(width=width, colour=colour, zone=BERLIN), number=7)
    words = OWN_ESCAPE.sub("", shown) if colour else shown
    obeyed = [c for c in words if not c.isprintable() and c not in "\n\u200c\u200d"]
    assert obeyed == []
    assert all(line.startswith("┃") for line in words.split("\n"))
