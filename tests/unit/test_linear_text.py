"""Neutral messages as Linear's Markdown: nothing from outside links, mentions or formats."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.linear.limits import LONGEST_TEXT
from adapters.linear.text import escape, message_text
from bot.messages import markup
from bot.messages.message import Fact, Message


def body(text: str) -> str:
    return message_text(Message(title="", body=text))


@pytest.mark.parametrize(
    "text",
    [
        "https://linear.app/acme/issue/ENG-1/secret",
        "see http://evil.example/x?y=1",
        "www.evil.example",
        "evil.example/path",
        "ana@acme.test",
        "ENG-142",
        "linear.app/acme/profiles/ana",
    ],
)
def test_what_looks_like_an_address_is_code(text: str) -> None:
    outside_code = re.sub(r"`[^`]*`", "", escape(text))
    assert "." not in outside_code
    assert "ENG" not in outside_code
    assert "`" in escape(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@ana", r"\@ana"),
        ("[x](y)", r"\[x\]\(y\)"),
        ("**loud**", r"\*\*loud\*\*"),
        ("<b>", r"\<b\>"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("+++ Title", r"\+++ Title"),
        ("# Title", r"\# Title"),
        ("> quote", r"\> quote"),
    ],
)
def test_text_says_just_itself(text: str, shown: str) -> None:
    assert body(markup.escape(text)).strip() == shown


@given(st.text(max_size=200))
def test_no_text_makes_a_link_or_a_mention(text: str) -> None:
    plain_words = re.sub(r"`[^`]*`", "", body(markup.escape(text)))
    assert not re.search(r"(?<!\\)[\[@<]", plain_words)
    assert "://" not in plain_words


def test_our_own_links_are_links() -> None:
    assert body("[PR](https://github.com/acme/shop/pull/7)").strip() == (
        "[PR](https://github.com/acme/shop/pull/7)"
    )
    assert body("[@ana](person:ana)").strip() == r"\@ana"
    assert body("[x](javascript:alert)").strip() == "x"
    assert body("[x](https://[)").strip() == "x"


def test_blocks_stay_blocks() -> None:
    assert body("```\na | b\n```") == "```\na | b\n```"


def test_facts_and_title() -> None:
    message = Message(
        title="**G-1** · Carry on?", facts=(Fact(label="Owner", value="[@ana](person:ana)"),)
    )
    assert message_text(message, facts=True).splitlines() == [
        "**G-1 · Carry on?**",
        r"Owner: \@ana  ",
    ]


def test_a_message_is_never_empty() -> None:
    assert message_text(Message(title="", fallback="R-1 done")) == "R-1 done"
    assert message_text(Message(title=""))


def test_long_text_is_cut_between_lines_and_says_so() -> None:
    text = "\n".join(["```", *["x" * 99] * 200, "```"])
    cut = body(text)
    assert len(cut) < LONGEST_TEXT + 100
    assert cut.count("```") == 2
    assert re.search(r"… \d+ more lines → Logs$", cut)
