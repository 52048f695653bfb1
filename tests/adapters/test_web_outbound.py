"""Messages as HTML: whatever they say, a page shows it and obeys none of it."""

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.web.ansi import clean, coloured
from adapters.web.outbound import blocks, footer_html, inline, message_html
from bot.domain.codec import encode
from bot.domain.conversation import CONSOLE
from bot.domain.invocation import Press
from bot.messages.markup import escape, fence, plain
from bot.messages.message import Button, Fact, Field, FieldKind, Message, Row
from bot.messages.render import link
from bot.ports.chat_store import Said

TAGS = {
    *("a", "article", "br", "button", "code", "dd", "div", "dl", "dt", "fieldset", "h3", "header"),
    *("input", "label", "legend", "li", "p", "path", "pre", "span", "strong", "svg", "template"),
    *("textarea", "time", "ul"),
}
VOID = {"br", "input"}
TEXTS = st.text() | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "[x](javascript:alert)",
        "[x](JaVaScRiPt:alert)",
        "[x](data:text/html,x)",
        '[x](https://a.example/"onmouseover="x)',
        "[x](run:R-1/../../sign-out)",
        "[x](time:2026-01-01T00:00:00Z)",
        "```\n</code></pre><script>\n```",
        "\x1b]8;;javascript:x\x07link\x1b]8;;\x07",
        "\u202etxt.exe\u2066 \udc80",
    ]
)


class Page(HTMLParser):
    """What a browser makes of HTML: tags that fit together, attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def check(html: str) -> Page:
    """A page of which every tag, attribute and address is one of ours."""
    page = Page(html)
    for tag, attributes in page.tags:
        assert tag in TAGS
        assert not any(name.startswith(("on", "style", "src")) for name in attributes)
        if "href" in attributes:
            address = attributes["href"]
            assert address.startswith(
                ("/chat/runs/R-", "/chat/channels/", "#m", "http://", "https://")
            )
    return page


@settings(deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_nothing_that_is_said_becomes_a_tag(one: str, two: str, three: str) -> None:
    form = (
        Field(name=one, label=two, kind=FieldKind.CHOICE, choices=(three, one)),
        Field(name=two, label=three, kind=FieldKind.LONG_TEXT, required=False),
        Field(name=three, label=one, kind=FieldKind.PERSON),
    )
    button = Button(
        label=one, press=Press(verb=two, arguments={three: one}), confirm=two, form=form
    )
    message = Message(
        title=one,
        body=f"{two}\n{three}",
        facts=(Fact(label=one, value=two),),
        rows=(Row(text=three, button=button),),
        buttons=(button,),
        fallback=two,
        mentions=(three,),
        attributes={"run": one},
    )
    at = datetime(2026, 1, 1, tzinfo=UTC)
    said = Said(id=1, change=1, conversation=CONSOLE, thread=one, at=at, message=None)
    html = message_html(message, said=said)
    check(html)
    check(message_html(message))
    html.encode()


@given(st.text())
def test_escaped_text_says_just_that_text(text: str) -> None:
    lines = " ".join(clean(line) for line in text.split("\n") if line)
    shown = check(str(inline(escape(text)))).text
    assert shown.split() == clean(lines).split()


@given(st.text(st.sampled_from("ab \n\r\t\x07\x1b[]0;139m48;5K\\\u202e")))
def test_output_keeps_its_words_and_obeys_nothing(text: str) -> None:
    shown = check(str(blocks(fence(text)))).text
    assert all(c.isprintable() or c in "\n\t" for c in shown)
    once = "".join(part for _, part in coloured(text))
    assert "".join(part for _, part in coloured(once)) == once


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", [("", "plain")]),
        ("\x1b[31mred\x1b[0m not", [("ansi-1", "red"), ("", " not")]),
        (
            "\x1b[1;92mok\x1b[22m ok\x1b[39m.",
            [("ansi-bold ansi-bright-2", "ok"), ("ansi-bright-2", " ok"), ("", ".")],
        ),
        ("\x1b[38;5;208mx\x1b[4my\x1b[24mz", [("", "x"), ("ansi-under", "y"), ("", "z")]),
        (
            "\x1b[48;2;1;31;3mx\x1b[3my\x1b[23;2mz",
            [("", "x"), ("ansi-italic", "y"), ("ansi-dim", "z")],
        ),
        ("\x1b[38mx\x1b[;mz\x1b[99m!", [("", "x"), ("", "z"), ("", "!")]),
        ("a\x1b[2Kb\x1b]0;title\x07c\x1b(Bd\x1b", [("", "a"), ("", "b"), ("", "c"), ("", "d")]),
        ("10 %\r20 %\r\nend", [("", "10 %\n20 %\nend")]),
    ],
)
def test_colours_become_classes(text: str, shown: list[tuple[str, str]]) -> None:
    assert list(coloured(text)) == shown


@pytest.mark.parametrize(
    ("markup", "html"),
    [
        ("**bold** `code` \\*x\\*", "<strong>bold</strong> <code>code</code> *x*"),
        (link("@ana", "person:ana"), '<span class="person" data-person="ana">@ana</span>'),
        (link("R-1", "run:R-1"), '<a class="run" href="/chat/runs/R-1">R-1</a>'),
        (link("R-1", "run:R-1?x"), "R-1"),
        (
            link("noon", "time:2026-03-02T13:00:00+01:00"),
            '<time datetime="2026-03-02T12:00:00+00:00">noon</time>',
        ),
        (
            link("noon", "time:2026-03-02T12:00:00"),
            '<time datetime="2026-03-02T12:00:00+00:00">noon</time>',
        ),
        (link("noon", "time:noon"), "noon"),
        (link("x", "javascript:alert(1)"), "x"),
        (link("x", "https:nowhere"), "x"),
        (link("x", "https://[bad"), "x"),
        (
            link("PR", "https://a.example/p?x=1&y=<2>"),
            '<a href="https://a.example/p?x=1&amp;y=%3C2%3E" target="_blank" '
            'rel="noopener noreferrer nofollow">PR</a>',
        ),
        ("```\none\n```", "<code>one</code>"),
    ],
)
def test_a_line_of_markup(markup: str, html: str) -> None:
    assert str(inline(markup)) == html


def test_blocks_are_paragraphs_and_output() -> None:
    html = str(blocks("one\n\n**two**\n```\n\x1b[31m<x>\x1b[0m\n```\n"))
    assert html == (
        "<p>one</p>\n<p><strong>two</strong></p>\n"
        '<pre tabindex="0"><code><span class="ansi-1">&lt;x&gt;</span></code></pre>'
    )


def test_a_title_begins_with_its_symbol() -> None:
    html = message_html(Message(title="✔ [R\\-1](run:R-1) · Fix"))
    assert '<span class="mark" aria-hidden="true">✔</span>' in html
    assert 'class="mark"' not in message_html(Message(title="2 runs"))
    assert 'class="mark"' not in message_html(Message(title="✔"))


def test_a_private_answer_says_so() -> None:
    message = Message(title="x", buttons=(Button(label="Go", press=Press(verb="go")),))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    said = Said(id=4, change=9, conversation=CONSOLE, thread=None, at=at, message=encode(message))
    assert "Only you see this" in message_html(message)
    assert "Only you see this" not in message_html(message, said=said)
    assert plain(message.title) in message_html(replace(message, body="y"), said=said)
    assert "Open the thread" in footer_html("shop", 4, ())
