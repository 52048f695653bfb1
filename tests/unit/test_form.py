"""Forms: what programs may ask, and how every kind of answer is read."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.blueprint import OnExpiry
from bot.domain.errors import UserError
from bot.domain.form import FieldType, Form, FormField, WrongAnswersError, read_answers
from bot.domain.form_reading import parse_form
from bot.domain.pattern import check_pattern

FIELD: dict[str, Any] = {"name": "one", "label": "One"}


def form(**settings: Any) -> dict[str, Any]:
    return {"prompt": "Which?", "fields": [FIELD | settings]}


def one(kind: FieldType = FieldType.TEXT, **settings: Any) -> Form:
    chosen: dict[str, Any] = {"label": "One", "required": False} | settings
    return Form(prompt="?", fields=(FormField(name="one", type=kind, **chosen),))


CHOICES = ("tea", "Cups, big", "pots")


@pytest.mark.parametrize(
    ("kind", "settings", "value", "answer"),
    [
        (FieldType.TEXT, {}, "  two words ", "two words"),
        (FieldType.TEXT, {"max_length": 3, "pattern": "[a-z]+"}, "abc", "abc"),
        (FieldType.TEXT, {"default": "x"}, " ", "x"),
        (FieldType.NUMBER, {}, "12", 12),
        (FieldType.NUMBER, {}, " -1.5", -1.5),
        (FieldType.NUMBER, {"min": 1.0, "max": 9.0}, 9, 9),
        (FieldType.CHOICE, {"choices": CHOICES}, "TEA", "tea"),
        (FieldType.MULTI_CHOICE, {"choices": CHOICES}, "pots, tea", ["tea", "pots"]),
        (FieldType.MULTI_CHOICE, {"choices": CHOICES}, "Cups, big", ["Cups, big"]),
        (FieldType.MULTI_CHOICE, {"choices": CHOICES}, ["pots", "pots"], ["pots"]),
        (FieldType.SECRET, {}, " hunter2 ", " hunter2 "),
        (FieldType.FLAG, {}, "Yes", True),
        (FieldType.FLAG, {}, "n", False),
        (FieldType.FLAG, {}, False, False),
    ],
)
def test_answers_become_values_of_their_type(
    kind: FieldType, settings: dict[str, Any], value: Any, answer: Any
) -> None:
    assert read_answers(one(kind, **settings), {"one": value}) == {"one": answer}


@pytest.mark.parametrize(
    ("kind", "settings", "value", "problem"),
    [
        (FieldType.TEXT, {"required": True}, None, "an answer is needed"),
        (FieldType.TEXT, {}, 5, "it takes text"),
        (FieldType.TEXT, {}, "nul\x00", "it takes text"),
        (FieldType.TEXT, {"max_length": 3}, "abcd", "at most 3 characters, not 4"),
        (FieldType.TEXT, {"pattern": "[a-z]+"}, "ABC", "does not have the form [a-z]+"),
        (FieldType.NUMBER, {}, "nine", "it takes a number, not “nine”"),
        (FieldType.NUMBER, {}, "١", "it takes a number"),
        (FieldType.NUMBER, {}, True, "it takes a number"),
        (FieldType.NUMBER, {}, float("nan"), "it takes a number"),
        (FieldType.NUMBER, {}, [1], "it takes a number"),
        (FieldType.NUMBER, {"min": 2.0}, "1", "it is at least 2"),
        (FieldType.NUMBER, {"max": 2.5}, "3", "it is at most 2.5"),
        (FieldType.CHOICE, {"choices": CHOICES}, "mugs", "one of tea, Cups, big, pots"),
        (FieldType.CHOICE, {"choices": CHOICES}, 5, "one of"),
        (FieldType.MULTI_CHOICE, {"choices": CHOICES}, "tea, mugs", "any of tea"),
        (FieldType.MULTI_CHOICE, {"choices": CHOICES}, 5, "any of tea"),
        (FieldType.SECRET, {}, "abc ", "at least 4 characters"),
        (FieldType.SECRET, {}, 12345, "it takes text"),
        (FieldType.SECRET, {}, "abcd\ud800", "it takes text"),
        (FieldType.SECRET, {"max_length": 5}, "hunter2", "at most 5 characters"),
        (FieldType.FLAG, {}, "perhaps", "yes or no"),
        (FieldType.FLAG, {}, 1, "yes or no"),
    ],
)
def test_wrong_answers_are_named_with_what_would_be_right(
    kind: FieldType, settings: dict[str, Any], value: Any, problem: str
) -> None:
    with pytest.raises(WrongAnswersError) as caught:
        read_answers(one(kind, **settings), {"one": value})
    assert problem in caught.value.problems["one"]
    assert caught.value.text.startswith("Nothing was answered. One: ")
    if kind is FieldType.SECRET and isinstance(value, str):
        assert value.strip() not in caught.value.text


def test_every_wrong_field_is_named_at_once() -> None:
    both = Form(
        prompt="?",
        fields=(
            FormField(name="a", label="A", type=FieldType.NUMBER),
            FormField(name="b", label="B"),
        ),
    )
    with pytest.raises(WrongAnswersError) as caught:
        read_answers(both, {"a": "x", "c": "y"})
    assert set(caught.value.problems) == {"a", "b", "c"}
    assert "c: there is no such field; the fields: a, b." in caught.value.text


def test_what_is_left_out_stays_out_and_secrets_are_hidden() -> None:
    fields = (
        FormField(name="a", label="A", required=False),
        FormField(name="b", label="B", type=FieldType.SECRET),
    )
    asked = Form(prompt="?", fields=fields)
    answers = read_answers(asked, {"b": "hunter2"})
    assert asked.shown(answers) == {"b": "••••"}
    assert asked.secrets == {"b"}
    assert asked.only_choice is None
    assert asked.defaults() == {}
    assert asked.fingerprint != Form(prompt="!", fields=fields).fingerprint


def test_few_choices_can_be_buttons() -> None:
    few = one(FieldType.CHOICE, choices=CHOICES)
    assert few.only_choice is few.fields[0]
    assert one(FieldType.CHOICE, choices=tuple("abcdef")).only_choice is None
    assert one(FieldType.FLAG, default=True).only_choice is None
    assert one(FieldType.FLAG, default=True).defaults() == {"one": True}


def test_a_form_is_read_whole() -> None:
    read = parse_form(
        form(type="number", min=1, max=9, default=3, required=False)
        | {"why": "because", "deadline": "90m", "on_expiry": "default"}
    )
    assert read == Form(
        prompt="Which?",
        why="because",
        deadline=timedelta(minutes=90),
        on_expiry=OnExpiry.DEFAULT,
        fields=(
            FormField(
                name="one",
                label="One",
                type=FieldType.NUMBER,
                required=False,
                default=3,
                min=1.0,
                max=9.0,
            ),
        ),
    )
    assert parse_form(form(pattern="[a-z]+")).fields[0].max_length == 200


GOOD = [
    form(),
    form(type="choice", choices=["a", "b"], default="a"),
    form(type="multi_choice", choices=["a", "b"], default=["b"]),
    form(type="secret", max_length=40),
    form(type="flag", default=False),
    form(pattern=r"\d{1,3}-[A-Z_]+", max_length=9),
    form(min=None, choices=None, default=None, pattern=None, max_length=None),
    form() | {"deadline": "366d", "on_expiry": "cancel", "why": "two\nlines"},
]
BAD: list[tuple[Any, str]] = [
    (None, "must be a JSON object"),
    (form() | {"promt": "x"}, "unknown setting “promt”"),
    ({"fields": [FIELD]}, "prompt is missing"),
    (form() | {"prompt": " "}, "prompt is missing"),
    (form() | {"prompt": "x" * 2_001}, "at most 2,000 characters"),
    (form() | {"why": "\x07"}, "why must be text"),
    ({"prompt": "x", "fields": []}, "list of 1 to 20"),
    ({"prompt": "x", "fields": [FIELD] * 21}, "list of 1 to 20"),
    ({"prompt": "x", "fields": ["one"]}, "Field 1 of the form: it must be an object"),
    (form() | {"deadline": "soon"}, "deadline must be"),
    (form() | {"deadline": 5}, "deadline must be"),
    (form() | {"on_expiry": "explode"}, "on_expiry must be one of"),
    (form(name="One"), "its name must be"),
    (form(name=None), "its name must be"),
    (form(label=""), "label is missing"),
    (form(size=3), "The field “one” has an unknown setting “size”"),
    (form(type="date"), "its type must be one of"),
    (form(required="yes"), "its required must be true or false"),
    (form(choices=["a"]), "a text has no choices"),
    (form(type="choice"), "its choices must be a list"),
    (form(type="choice", choices=["x"] * 51), "its choices must be a list"),
    (form(type="choice", choices=["a", "a"]), "two of its choices are the same"),
    (form(type="choice", choices=[""]), "choices is missing"),
    (form(min=1), "a text has no min"),
    (form(type="number", max="9"), "its max must be a number"),
    (form(type="number", max=True), "its max must be a number"),
    (form(type="flag", max_length=3), "a flag has no max_length"),
    (form(max_length=0), "its max_length must be"),
    (form(max_length=True), "its max_length must be"),
    (form(max_length=4_001), "its max_length must be"),
    (form(type="number", pattern="a"), "a number has no pattern"),
    (form(pattern=5), "its pattern must be text"),
    (form(type="secret", default="hunter2"), "a secret has no default"),
]
UNSAID: list[tuple[Any, str]] = [
    ({"prompt": "x", "fields": [FIELD, FIELD]}, "Two of the form's fields are called “one”"),
    (form() | {"deadline": "367d"}, "deadline must be"),
    (form() | {"on_expiry": "default"}, "these fields have none: one"),
    (form(type="number", min=9, max=1), "its min is above its max"),
    (form(type="number", min=float("inf")), "its min must be a number"),
    (form(type="number", min=1e16), "its min must be a number"),
    (form(type="choice", choices=["a", "A"]), "two of its choices are the same"),
    (form(pattern="(a+)+"), "no pattern that can be used"),
    (form(pattern="a", max_length=201), "its max_length must be"),
    (form(type="number", default="3"), "a value of the type number"),
    (form(default=""), "its default: an answer is needed"),
    (form(default="", required=False), "a value of the type text"),
    (form(type="number", min=5, default=3), "its default: it is at least 5"),
]
"""What no schema says."""


@pytest.mark.parametrize("data", GOOD)
def test_good_forms_are_taken(data: Any) -> None:
    assert parse_form(data).fields


@pytest.mark.parametrize(("data", "said"), BAD + UNSAID)
def test_bad_forms_are_refused_with_the_field(data: Any, said: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_form(data)
    assert said in caught.value.text


@pytest.mark.parametrize(
    "pattern", ["", "abc", r"[a-z]+-\d{1,3}", r"[^/]*", r"\w+\.\w+", "a{2}b?", r"[\]\-]x"]
)
def test_plain_patterns_are_taken(pattern: str) -> None:
    assert check_pattern(pattern) == pattern


@pytest.mark.parametrize(
    "pattern",
    ["(a)", "a|b", "[", "a{3,1}", "a++", "a*?", "^a$", r"\b", "x" * 201, "a?" * 25, r"\d+" * 3],
)
def test_patterns_that_could_be_slow_are_refused(pattern: str) -> None:
    with pytest.raises(UserError):
        check_pattern(pattern)


@given(
    st.dictionaries(
        st.sampled_from(["one", "two"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
            max_leaves=3,
        ),
    ),
    st.sampled_from(FieldType),
)
def test_whatever_is_given_is_taken_or_refused(given_: dict[str, Any], kind: FieldType) -> None:
    asked = one(kind, choices=CHOICES)
    try:
        answers = read_answers(asked, given_)
    except WrongAnswersError:
        return
    assert read_answers(asked, answers) == answers
