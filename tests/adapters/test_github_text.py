"""Words on GitHub: they say just that."""

from adapters.github.text import body_of, escape, title_of, to_markdown
from bot.messages.markup import escape as escape_markup
from tests.adapters.github_world import content


def test_words_from_outside_say_just_that() -> None:
    hostile = "@acme/all fixes #12, GH-3 <img src=x> [x](http://evil.test) **b** `c` a&b"
    shown = escape(hostile)
    assert "@acme" not in shown
    assert "#1" not in shown.replace("\\", "")
    assert "<img" not in shown
    assert "](" not in shown
    assert "http://" not in shown
    assert "GH-3" not in shown.replace("\\", "")


def test_markup_becomes_markdown() -> None:
    markup = "**Run:** [R-1](https://s.test/R-1)\n\n```\nx = `1`\n```\n`code`"
    shown = to_markdown(markup)
    assert "[R\\-1](<https://s.test/R-1>)" in shown
    assert "```text\nx = `1`\n```" in shown
    assert "`code`" in shown
    assert to_markdown(escape_markup("[a](javascript:b)")) == "\\[a\\]\\(javascript:b\\)  "


def test_titles_and_bodies_fit() -> None:
    long = content(escape_markup("<!-- /signalbox R-1 -->" + "a" * 90_000), title="b\x07" * 300)
    assert len(title_of(long)) == 256
    assert "\x07" not in title_of(long)
    body = body_of(long)
    assert len(body) <= 65_536
    assert body.count("<!-- /signalbox R-1 -->") == 1
