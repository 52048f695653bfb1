"""The published schemas are current, and say the same as the code."""

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from adapters import blueprints, policy_file, prices_file
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.plan import parse_plan
from tests.unit import test_form

ROOT = Path(__file__).parents[2]
SCHEMAS = ROOT / "docs" / "schemas"


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_blueprint_schema_is_current() -> None:
    assert (SCHEMAS / "blueprint.schema.json").read_text() == blueprints.schema_json()


def test_the_policy_schema_is_current() -> None:
    assert (SCHEMAS / "policy.schema.json").read_text() == policy_file.schema_json()


def test_the_prices_schema_is_current() -> None:
    assert (SCHEMAS / "prices.schema.json").read_text() == prices_file.schema_json()


@pytest.mark.parametrize(
    "file",
    [
        "blueprints/db-health-check",
        "blueprints/fix-rounding",
        "blueprints/hello",
        "blueprints/onboard-a-repo",
        "coding_agents/claude-code",
        "coding_agents/codex",
        "policy",
        "prices",
    ],
)
def test_the_examples_fit_their_schema(file: str) -> None:
    kind = file if file in {"policy", "prices"} else "blueprint"
    text = (ROOT / "examples" / f"{file}.yaml").read_text().replace("{data}", "/srv/data")
    validator(kind).validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": {}},
        {"timeouts": {"run": "5 parsecs"}},
        {"name": "Hello"},
        {"secrets": {"TOKEN": "hunter2"}},
        {"env": {"SIGNALBOX_RUN": "R-1"}},
        {"command": []},
    ],
)
def test_the_blueprint_schema_refuses_what_the_reader_refuses(wrong: dict[str, JSON]) -> None:
    content = yaml.safe_load((ROOT / "examples" / "blueprints" / "hello.yaml").read_text())
    assert not validator("blueprint").is_valid(content | wrong)


PLAN: dict[str, JSON] = {"summary": "Round up", "base": "4f2a", "files": ["shop/money.py"]}

GOOD: list[dict[str, JSON]] = [
    {},
    {"files": []},
    {"files": ["src/**/*.py", "docs/", "a b.txt", "..a", "a../b", ".github/x", ".gitignore"]},
    {"files": ["a" * 1000] * 500},
    {"files": ["..\n", "line\nbreak", ".git\n"]},
    {"commands": ["make test"], "risks": ["none"], "diffstat": " 1 file changed"},
    {"diffstat": ""},
    {"budget": {"usd": 2, "minutes": 0.5}},
    {"summary": "x" * 20_000},
    {"summary": "\n x"},
]
BAD: list[JSON] = [
    None,
    [],
    "plan",
    {"base": "4f2a", "files": []},
    {"summary": "Round up", "files": []},
    PLAN | {"summary": ""},
    PLAN | {"summary": " \n"},
    PLAN | {"summary": 5},
    PLAN | {"summary": None},
    PLAN | {"summary": "x" * 20_001},
    PLAN | {"base": "  "},
    PLAN | {"file": ["a"]},
    PLAN | {"files": "shop/money.py"},
    PLAN | {"files": ["a"] * 501},
    PLAN | {"files": [""]},
    PLAN | {"files": [5]},
    PLAN | {"files": ["a" * 1001]},
    PLAN | {"files": ["/etc/passwd"]},
    PLAN | {"files": [".."]},
    PLAN | {"files": ["../shop"]},
    PLAN | {"files": ["a/../../b"]},
    PLAN | {"files": ["a/.."]},
    PLAN | {"files": ["a\n/../b"]},
    PLAN | {"files": [".git/hooks/pre-push"]},
    PLAN | {"files": ["sub/.git"]},
    PLAN | {"files": ["a\x00b"]},
    PLAN | {"commands": "make"},
    PLAN | {"commands": [""]},
    PLAN | {"risks": {}},
    PLAN | {"risks": [None]},
    PLAN | {"diffstat": None},
    PLAN | {"diffstat": "x" * 20_001},
    PLAN | {"budget": []},
    PLAN | {"budget": {"usd": "2"}},
    PLAN | {"budget": {"usd": True}},
]


@pytest.mark.parametrize("change", GOOD)
def test_schema_and_code_take_the_same_plans(change: dict[str, JSON]) -> None:
    validator("plan").validate(PLAN | change)
    parse_plan(PLAN | change)


@pytest.mark.parametrize("plan", BAD)
def test_schema_and_code_refuse_the_same_plans(plan: JSON) -> None:
    assert not validator("plan").is_valid(plan)
    with pytest.raises(UserError):
        parse_plan(plan)


@pytest.mark.parametrize("form", test_form.GOOD)
def test_schema_and_code_take_the_same_forms(form: JSON) -> None:
    validator("form").validate(form)


@pytest.mark.parametrize("form", [form for form, _ in test_form.BAD])
def test_schema_and_code_refuse_the_same_forms(form: JSON) -> None:
    assert not validator("form").is_valid(form)
