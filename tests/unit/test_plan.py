"""Plans: what their globs cover, how they widen, and what untrusted ones are refused for."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.domain.errors import UserError
from bot.domain.plan import Plan, parse_plan

NAMES = st.text("ab.", min_size=1, max_size=5).filter(lambda name: name != "..")
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)
GLOB_NAMES = st.text("ab.*?", min_size=1, max_size=5).filter(lambda name: name != "..")
GLOBS = st.tuples(
    st.lists(GLOB_NAMES | st.just("**"), min_size=1, max_size=6).map("/".join),
    st.sampled_from(["", "/"]),
).map("".join)
ANY_PATH = st.text(min_size=1).filter(lambda path: not {"", "..", ".git"} & set(path.split("/")))


def covers(glob: str, path: str) -> bool:
    return not Plan(summary="s", base="b", files=(glob,)).outside([path])


# --- what a glob means, written a second time, slowly ---------------------------------------


def below(globs: list[str], names: list[str]) -> bool:
    if not globs:
        return not names
    if globs == ["**"]:
        return bool(names)
    if globs[0] == "**":
        return any(below(globs[1:], names[skip:]) for skip in range(len(names) + 1))
    return bool(names) and same(globs[0], names[0]) and below(globs[1:], names[1:])


def same(glob: str, name: str) -> bool:
    if not glob:
        return not name
    if glob[0] == "*":
        return same(glob[1:], name) or (bool(name) and same(glob, name[1:]))
    return bool(name) and glob[0] in {"?", name[0]} and same(glob[1:], name[1:])


@given(GLOBS, PATHS)
@example("**/a/**/b", "a/b/b")
@example("*a*b*", "xaxbx")
@example("a**/b", "ab")
@example("**/**/**", "a")
def test_globs_mean_what_the_schema_says(glob: str, path: str) -> None:
    names = (glob + "**" if glob.endswith("/") else glob).split("/")
    assert covers(glob, path) is below(names, path.split("/"))


@pytest.mark.parametrize(
    ("glob", "inside", "outside"),
    [
        ("src/*.py", ["src/a.py", "src/.py"], ["src/x/a.py", "src/a.pyc", "a.py", "srcx/a.py"]),
        ("src/**", ["src/a", "src/x/y/a.py"], ["src", "srcs/a"]),
        ("src/", ["src/a", "src/x/a"], ["src", "xsrc/a"]),
        ("**/test_*.py", ["test_a.py", "x/y/test_a.py"], ["x/atest_a.py"]),
        ("a/**/b", ["a/b", "a/x/y/b"], ["ab", "a/xb", "xa/b"]),
        ("a?c", ["abc"], ["ac", "a/c"]),
        ("app/[id]/page.tsx", ["app/[id]/page.tsx"], ["app/i/page.tsx"]),
        ("**", ["a", "x/y"], [".git/config", "../a", "/etc/passwd"]),
        ("\\*", ["*"], ["a"]),
        ("\\.\\./a", [], ["../a"]),
        ("a\\", ["a\\"], ["a"]),
        ("", [], ["a"]),
    ],
)
def test_examples_of_globs(glob: str, inside: list[str], outside: list[str]) -> None:
    plan = Plan(summary="s", base="b", files=(glob,))
    assert plan.outside([*inside, *outside]) == tuple(sorted(outside))


@pytest.mark.parametrize("glob", ["*a" * 400, "**/" * 300 + "b", "a/**/" * 190 + "b", "*" * 1000])
def test_no_glob_takes_for_ever(glob: str) -> None:
    assert not covers(glob, "a/" * 400 + "a" * 200 + "/c")
    assert not covers(glob, "a" * 900 + "c/")


@given(st.lists(ANY_PATH, max_size=4), ANY_PATH)
def test_widening_adds_these_very_files(files: list[str], other: str) -> None:
    plan = Plan(summary="s", base="b", files=("docs/*",))
    wider = plan.widened(files)
    assert wider.outside(files) == ()
    assert wider.outside([other]) == plan.outside([other]) or other in files
    assert (wider.summary, wider.base) == ("s", "b")


# --- parsing --------------------------------------------------------------------------------

WHOLE: dict[str, Any] = {
    "summary": "Round half up",
    "base": "abc123",
    "files": ["src/*.py"],
    "commands": ["make test"],
    "risks": ["rounding of old invoices"],
    "diffstat": "1 file changed",
    "budget": {"usd": 2, "minutes": 7.5},
}


def test_a_whole_plan_is_read() -> None:
    assert parse_plan(WHOLE) == Plan(
        summary="Round half up",
        base="abc123",
        files=("src/*.py",),
        commands=("make test",),
        risks=("rounding of old invoices",),
        diffstat="1 file changed",
        budget={"usd": 2.0, "minutes": 7.5},
    )
    assert parse_plan({"summary": "s", "base": "b"}).files == ()


@pytest.mark.parametrize("field", WHOLE)
def test_a_changed_plan_has_another_fingerprint(field: str) -> None:
    other = {"budget": {"usd": 3}}.get(field, ["x"] if isinstance(WHOLE[field], list) else "x")
    changed = parse_plan(WHOLE | {field: other})
    assert changed.fingerprint != parse_plan(WHOLE).fingerprint
    assert parse_plan(WHOLE).fingerprint == parse_plan(dict(reversed(WHOLE.items()))).fingerprint


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"summary": ""}, "needs a summary"),
        ({"base": "  "}, "needs a base"),
        ({"summary": 7}, "summary must be text"),
        ({"summary": "x" * 20_001}, "summary must be text of at most 20,000"),
        ({"summary": "\ud800"}, "summary must be text"),
        ({"base": "a\x00b"}, "base must be text"),
        ({"diffstat": None}, "diffstat must be text"),
        ({"files": "src"}, "files must be a list"),
        ({"files": ["a"] * 501}, "files must be a list of at most 500"),
        ({"files": [""]}, "Each of the plan's files must be a text of 1 to 1,000"),
        ({"commands": [None]}, "Each of the plan's commands"),
        ({"risks": ["x" * 1001]}, "Each of the plan's risks"),
        ({"budget": []}, "budget must be an object of amounts"),
        ({"budget": {"usd": "2"}}, "budget must be an object of amounts"),
        ({"budget": {"usd": True}}, "budget must be an object of amounts"),
        ({"budget": {"usd": -1}}, "budget must be an object of amounts"),
        ({"budget": {"usd": float("nan")}}, "budget must be an object of amounts"),
        ({"budget": {"usd": 10**400}}, "budget must be an object of amounts"),
        ({"scope": []}, "unknown field “scope”; take it out"),
        ({"files": ["/etc/passwd"]}, "“/etc/passwd” in the plan's files leaves the repository"),
        ({"files": ["a/../../b"]}, "leaves the repository"),
        ({"files": [".git/hooks/x"]}, "outside .git"),
        ({"files": ["sub/.git"]}, "leaves the repository"),
    ],
)
def test_a_wrong_plan_is_told_what_and_how_to_mend_it(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_plan(WHOLE | change)
    assert words in refused.value.text


@pytest.mark.parametrize("data", [None, [], "plan", 7])
def test_a_plan_is_an_object(data: Any) -> None:
    with pytest.raises(UserError, match="must be a JSON object with summary, base and files"):
        parse_plan(data)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(WHOLE)), JSON_VALUES))
def test_whatever_comes_is_a_plan_or_a_sentence(data: dict[str, Any]) -> None:
    try:
        said = parse_plan(WHOLE | data).fingerprint + "."
    except UserError as error:
        said = error.text
    assert said.endswith(".")
