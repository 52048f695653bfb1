"""Inputs of a blueprint, its checkpoints, and its version."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.blueprint import Blueprint, GateSpec, InputSpec, InputType, Value
from bot.domain.errors import UserError
from bot.domain.vocabulary import Profile

BLUEPRINT = Blueprint(
    name="restore",
    profile=Profile.FLOW,
    title="Restore a backup",
    project="shop",
    command=("./restore",),
    inputs=(
        InputSpec(name="database", required=True, help="the one to restore"),
        InputSpec(name="days", type=InputType.NUMBER, default=7),
        InputSpec(name="dry", type=InputType.FLAG),
        InputSpec(name="target", type=InputType.CHOICE, choices=("staging", "prod")),
    ),
    gates=(GateSpec(checkpoint="plan", prompt="Restore?"),),
)


@pytest.mark.parametrize(
    ("given_words", "values"),
    [
        ({"database": "orders eu"}, {"database": "orders eu", "days": 7}),
        ({"database": "o", "days": "-3"}, {"database": "o", "days": -3}),
        ({"database": "o", "days": "2.5"}, {"database": "o", "days": 2.5}),
        ({"database": "o", "dry": "Yes"}, {"database": "o", "days": 7, "dry": True}),
        ({"database": "o", "dry": "false"}, {"database": "o", "days": 7, "dry": False}),
        ({"database": "o", "target": "prod"}, {"database": "o", "days": 7, "target": "prod"}),
    ],
)
def test_words_become_typed_values(given_words: dict[str, str], values: dict[str, Value]) -> None:
    read = BLUEPRINT.read_inputs(given_words)
    assert read == values
    assert [type(value) for value in read.values()] == [type(value) for value in values.values()]


@pytest.mark.parametrize(
    ("given_words", "words"),
    [
        ({}, "restore needs the input “database” (the one to restore): add database=…"),
        ({"databse": "o"}, "restore has no input “databse”; its inputs: database, days, dry"),
        ({"database": "o", "days": "many"}, "days takes a number, not “many”."),
        ({"database": "o", "days": "1e9"}, "days takes a number, not “1e9”."),
        ({"database": "o", "days": "9" * 60}, f"not “{'9' * 40}”."),
        ({"database": "o", "dry": "maybe"}, "dry takes yes or no, not “maybe”."),
        ({"database": "o", "target": "moon"}, "target is one of staging, prod, not “moon”."),
    ],
)
def test_a_wrong_input_is_told_what_would_be_right(given_words: dict[str, str], words: str) -> None:
    with pytest.raises(UserError) as refused:
        BLUEPRINT.read_inputs(given_words)
    assert words in refused.value.text


def test_a_blueprint_without_inputs_says_so() -> None:
    bare = replace(BLUEPRINT, inputs=())
    with pytest.raises(UserError, match="its inputs: none"):
        bare.read_inputs({"x": "1"})
    assert bare.read_inputs({}) == {}


def test_a_required_input_without_help_is_named_alone() -> None:
    bare = replace(BLUEPRINT, inputs=(InputSpec(name="who", required=True),))
    with pytest.raises(UserError, match="needs the input “who”: add who=…"):
        bare.read_inputs({})


@given(st.integers(-(10**14), 10**14))
def test_whole_numbers_stay_whole(number: int) -> None:
    assert BLUEPRINT.read_inputs({"database": "o", "days": str(number)})["days"] == number


@given(st.dictionaries(st.sampled_from(["database", "days", "dry", "target"]), st.text()))
def test_whatever_is_given_is_read_or_refused(given_words: dict[str, str]) -> None:
    try:
        values = BLUEPRINT.read_inputs(given_words)
    except UserError:
        return
    assert set(given_words) <= set(values)


def test_checkpoints_are_found_by_name() -> None:
    assert BLUEPRINT.gate("plan") is BLUEPRINT.gates[0]
    assert BLUEPRINT.gate("push") is None


def test_a_version_is_its_content() -> None:
    assert replace(BLUEPRINT).version == BLUEPRINT.version
    assert replace(BLUEPRINT, title="Else").version != BLUEPRINT.version
    assert replace(BLUEPRINT, retry_safe=True).version != BLUEPRINT.version
