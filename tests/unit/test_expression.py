"""Conditions and placeholders: what they mean, and what is said of wrong ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.expression import look_up, parse_expression
from bot.domain.placeholders import fill, fill_text, placeholders

SCOPE: dict[str, JSON] = {
    "size": 17,
    "ratio": 0.5,
    "state": "ok",
    "flag": True,
    "tags": ["a", "b", 3],
    "health": {"files": [{"name": "x"}], "count": 2},
    "zero": 0,
}


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("size > 16", True),
        ("size >= 17 and size <= 17", True),
        ("size < 17 or state == 'ok'", True),
        ("size < 17 or state == 'bad'", False),
        ('state == "ok"', True),
        ("state != 'ok'", False),
        ("not state == 'bad'", True),
        ("not (size > 1 and size < 20)", False),
        ("not not flag", True),
        ("ratio == 0.5", True),
        ("-1 < zero", True),
        ("'a' < 'b'", True),
        ("'a' in tags", True),
        ("'c' not in tags", True),
        ("3 in [1, 2, 3]", True),
        ("3 in []", False),
        ("4 in [1, 2, 3,]", False),
        ("'k' in state", True),
        ("'count' in health", True),
        ("health.files.0.name == 'x'", True),
        ("health.files.7.name == none", True),
        ("missing == none", True),
        ("missing", False),
        ("flag == true", True),
        ("flag == 1", False),
        ("zero == false", False),
        ("1 == 1.0", True),
        ("size.wrong == none", True),
    ],
)
def test_what_conditions_mean(text: str, true: bool) -> None:  # noqa: FBT001 - a table
    assert parse_expression(text).holds(SCOPE) is true


@pytest.mark.parametrize(
    "text",
    [
        "",
        "size >",
        "> 3",
        "size > 1 2",
        "(size > 1",
        "[1, 2",
        "size = 3",
        "size; drop",
        "__import__('os')",
        "not",
        "size not 3",
        "1 < 2 < 3",
        "and",
        "x" * 1_001,
        "(" * 30 + "x" + ")" * 30,
        "3x == 3",
    ],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="condition"):
        parse_expression(text)


@pytest.mark.parametrize(
    "text", ["state > 3", "flag < 2", "missing < 1", "1 in 2", "1 in state", "health > 1"]
)
def test_what_cannot_be_compared_is_said(text: str) -> None:
    with pytest.raises(UserError, match="cannot be"):
        parse_expression(text).holds(SCOPE)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        parse_expression(text).holds(SCOPE)
    except UserError as error:
        assert error.text  # noqa: PT017 - either way is right


def test_names_are_known() -> None:
    assert parse_expression("a.b > 1 and c in [d, true]").names == {"a", "c", "d"}
    assert look_up({"a": [1]}, "a.x") is None


def test_placeholders_are_filled() -> None:
    assert placeholders({"a": "${x} ${y.z}", "b": ["${w}", 3]}) == {"x", "y", "w"}
    assert fill_text("${state}: ${size}", SCOPE) == "ok: 17"
    assert fill({"n": "${size}", "t": "${size} MB", "l": ["${tags}"], "i": 1}, SCOPE) == {
        "n": 17,
        "t": "17 MB",
        "l": [["a", "b", 3]],
        "i": 1,
    }
    assert fill_text("${a}", {"a": "${b}", "b": "secret"}) == "${b}"
    assert fill_text("${size}", SCOPE, spell=lambda name, text: f"{name}={text}") == "size=17"
    with pytest.raises(UserError, match="“missing” has no value"):
        fill_text("${missing}", SCOPE)
