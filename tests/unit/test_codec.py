"""Every value of the model survives the way through JSON."""

import dataclasses
import json
import pkgutil
import types
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from importlib import import_module
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bot.domain
from bot.domain.actor import Actor
from bot.domain.blueprint import Blueprint, Limits
from bot.domain.codec import canonical_json, decode, digest, encode
from bot.domain.job import Job
from bot.domain.selection import Filter
from bot.domain.vocabulary import Profile, Status
from bot.messages import message, reply

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    Any: PLAIN,
    str: st.text(max_size=20),
    int: st.integers(),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    type(None): st.none(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    timedelta: st.timedeltas(timedelta(days=-10_000), timedelta(days=10_000)),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a type hint of the model."""
    arguments = get_args(hint)
    origin = get_origin(hint)
    if hint in SCALARS:
        return SCALARS[hint]
    if origin in (Union, types.UnionType):
        return st.one_of([values(branch) for branch in arguments])
    if origin is tuple:
        return st.lists(values(arguments[0]), min_size=2, max_size=2).map(tuple)
    if origin is list:
        return st.lists(values(arguments[0]), max_size=2)
    if origin is frozenset:
        return st.frozensets(values(arguments[0]), max_size=2)
    if origin is Mapping:
        return st.dictionaries(SCALARS[str], values(arguments[1]), max_size=2)
    if issubclass(hint, Enum):
        return st.sampled_from(list(hint))
    hints = get_type_hints(hint)
    return st.builds(hint, **{f.name: values(hints[f.name]) for f in dataclasses.fields(hint)})


MODULES = [
    import_module(f"bot.domain.{found.name}") for found in pkgutil.iter_modules(bot.domain.__path__)
] + [message, reply]
KINDS = [
    kind
    for module in MODULES
    for kind in vars(module).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
    if kind.__module__ == module.__name__
]


def test_the_whole_model_is_covered() -> None:
    assert {Job, Filter, Blueprint, Actor, reply.Reply} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.__name__))
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_round_trip(kind: type, data: st.DataObject) -> None:
    value = data.draw(values(kind))
    text = json.dumps(encode(value))
    assert decode(kind, json.loads(text)) == value
    assert canonical_json(decode(kind, json.loads(text))) == canonical_json(value)
    assert canonical_json(value) == canonical_json(json.loads(text))


@given(PLAIN)
def test_plain_data_stays_as_it_is(value: Any) -> None:
    assert encode(value) == value
    assert json.loads(canonical_json(value)) == value


def test_equal_values_have_one_text() -> None:
    one = Blueprint(
        name="b", profile=Profile.POD, title="t", project="p", command=(), env={"A": "1", "B": "2"}
    )
    two = dataclasses.replace(one, env={"B": "2", "A": "1"})
    assert canonical_json(one) == canonical_json(two)
    assert one.version == two.version == digest(one)
    assert canonical_json({"é": frozenset({"b", "a"})}) == '{"é":["a","b"]}'
    assert canonical_json(types.MappingProxyType({"b": 1, "a": 2})) == '{"a":2,"b":1}'


def test_what_has_no_plain_form_is_refused() -> None:
    for write in (encode, canonical_json):
        with pytest.raises(TypeError, match="object has no plain form"):
            write({"a": [object()]})


def test_newer_data_is_read_by_older_readers() -> None:
    assert decode(Limits, {"log_mb": 3, "gpus": 2}) == Limits(log_mb=3)


def test_whole_numbers_are_numbers() -> None:
    read = decode(Limits, {"cpu": 2})
    assert (read.cpu, type(read.cpu)) == (2.0, float)


@pytest.mark.parametrize(
    ("kind", "data", "error"),
    [
        (Limits, [], TypeError),
        (Limits, "log_mb", TypeError),
        (Limits, {"log_mb": "64"}, TypeError),
        (Limits, {"log_mb": 1.5}, TypeError),
        (Limits, {"log_mb": True}, TypeError),
        (Limits, {"cpu": True}, TypeError),
        (Limits, {"cpu": "2"}, TypeError),
        (Actor, {"kind": "person"}, TypeError),
        (Actor, {"kind": "ghost", "name": "a", "surface": "web"}, ValueError),
        (Actor, {"kind": "person", "name": None, "surface": "web"}, TypeError),
        (Filter, {"statuses": "queued"}, TypeError),
        (Filter, {"statuses": ["asleep"]}, ValueError),
        (Filter, {"since": "yesterday"}, ValueError),
        (Filter, {"since": 7}, TypeError),
        (Mapping[str, int], [], TypeError),
        (timedelta, "1 h", TypeError),
        (bool, 1, TypeError),
    ],
)
def test_data_that_does_not_fit_is_refused(kind: Any, data: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        decode(kind, data)


def test_a_refusal_does_not_repeat_the_value() -> None:
    with pytest.raises(TypeError) as refused:
        decode(int, "hunter2")
    assert str(refused.value) == "str given, int wanted"


def test_sets_become_sets_again() -> None:
    filter_ = Filter(statuses=frozenset({Status.QUEUED, Status.FAILED}))
    assert encode(filter_)["statuses"] == ["failed", "queued"]
    assert decode(Filter, encode(filter_)) == filter_
