"""The markup: whatever comes from outside says only itself."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.messages.markup import (
    Line,
    Span,
    SpanKind,
    code,
    escape,
    fence,
    parse,
    plain,
    unescape,
)

TRICKY = st.text("\\`*[]()<>@#_~|!&\n ab\r\x85\u2028") | st.text()
LINES = TRICKY.map(lambda text: text.replace("\n", " "))


@given(TRICKY)
@example("```\nx\n```")
@example("\\")
@example("a\\\nb")
def test_escaped_text_says_just_that_text(text: str) -> None:
    assert plain(escape(text)) == text
    assert unescape(escape(text)) == text


@given(TRICKY)
@example("**b** `c` [t](http://x)")
def test_escaped_text_is_never_anything_but_text(text: str) -> None:
    lines = parse(escape(text))
    assert all(line.fenced is None for line in lines)
    assert {span.kind for line in lines for span in line.spans} <= {SpanKind.TEXT}


@given(TRICKY)
@example("**" + "\\a" * 60)
@example("[" * 500)
@example("```\n")
def test_every_text_can_be_parsed(markup: str) -> None:
    lines = parse(markup)
    assert all(span.text for line in lines for span in line.spans)
    assert plain(markup).count("\n") <= markup.count("\n")


@given(LINES.filter(bool))
@example("*")
@example("a*")
@example("\\")
def test_escaped_text_in_bold_is_wholly_bold(text: str) -> None:
    (line,) = parse(f"**{escape(text)}**")
    assert line.spans == (Span(kind=SpanKind.BOLD, text=text),)


@given(LINES.filter(bool), LINES.filter(bool))
def test_escaped_text_in_a_link_is_wholly_its_words(text: str, target: str) -> None:
    (line,) = parse(f"[{escape(text)}]({escape(target)})")
    assert line.spans == (Span(kind=SpanKind.LINK, text=text, target=target),)


@given(TRICKY)
def test_code_is_one_span_of_the_words(text: str) -> None:
    words = text.replace("`", "ˋ").split()
    (line,) = parse(code(text))
    expected = (Span(kind=SpanKind.CODE, text=" ".join(words)),) if words else ()
    assert line.spans == expected


@given(TRICKY)
def test_a_fence_holds_whatever_it_is_given(text: str) -> None:
    (line,) = parse(fence(text))
    assert line.fenced == text.replace("```", "ˋˋˋ").strip("\n")


@pytest.mark.parametrize(
    ("markup", "spans"),
    [
        ("a **b** c", (("text", "a "), ("bold", "b"), ("text", " c"))),
        ("**a\\*b**", (("bold", "a*b"),)),
        ("\\**no*", (("text", "**no*"),)),
        ("**open", (("text", "**open"),)),
        ("`a\\b`c", (("code", "a\\b"), ("text", "c"))),
        ("[a](run:R-81)!", (("link", "a"), ("text", "!"))),
        ("[a] (b)", (("text", "[a] (b)"),)),
    ],
)
def test_the_dialect(markup: str, spans: tuple[tuple[str, str], ...]) -> None:
    (line,) = parse(markup)
    assert tuple((span.kind.value, span.text) for span in line.spans) == spans


def test_fences_are_lines_of_their_own_and_end_with_the_text() -> None:
    text = Line(spans=(Span(kind=SpanKind.TEXT, text="a"),))
    assert parse("a\n```\nb\n**c**\n```\na") == (text, Line(fenced="b\n**c**"), text)
    assert parse("a\n```\nb") == (text, Line(fenced="b"))
    assert plain("a\n```\nb\nc\n```\n**d**") == "a\nb\nc\nd"
