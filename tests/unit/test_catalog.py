"""Finding a blueprint by name, and what is said where there is none."""

from dataclasses import replace

import pytest

from bot.domain.catalog import BrokenFileError, Catalog, FileProblem
from bot.domain.errors import NotFoundError
from tests.unit.test_blueprint import BLUEPRINT

PROBLEM = FileProblem(
    file="deploy.yaml",
    line=3,
    field="timeouts.run",
    problem="is no duration",
    remedy="write 2h",
    name="ship",
)


def catalog(*names: str) -> Catalog:
    blueprints = {name: replace(BLUEPRINT, name=name) for name in names}
    return Catalog(blueprints=blueprints, problems=(PROBLEM,))


def refusal(offered: Catalog, name: str) -> NotFoundError:
    with pytest.raises(NotFoundError) as refused:
        offered.find(name)
    return refused.value


def test_a_blueprint_is_found_by_its_name() -> None:
    assert catalog("restore", "smoke").find("smoke").name == "smoke"


@pytest.mark.parametrize("name", ["ship", "deploy"])
def test_a_broken_one_says_what_is_wrong_with_its_file(name: str) -> None:
    assert refusal(catalog(), name).text == (
        f"The blueprint “{name}” cannot be used: "
        "deploy.yaml, line 3, timeouts.run: is no duration; write 2h."
    )


def test_the_nearest_names_are_offered_as_commands() -> None:
    error = refusal(catalog("restore", "smoke-tests"), "Restor")
    assert "did you mean restore?" in error.text
    assert error.suggestions == ("/run dispatch restore",)


def test_without_a_near_one_all_are_named_up_to_a_bound() -> None:
    assert "there are restore, smoke." in refusal(catalog("smoke", "restore"), "zzz").text
    many = catalog(*(f"plan-{number:02}" for number in range(12)))
    assert refusal(many, "zzz").text.endswith("plan-09 and 2 more.")
    assert "holds none that can be used" in refusal(Catalog(), "zzz").text


def test_problems_are_told_one_a_line() -> None:
    whole = FileProblem(file="a.yaml", problem="is empty", remedy="write a blueprint")
    error = BrokenFileError([whole, PROBLEM])
    assert error.problems == (whole, PROBLEM)
    assert error.text.splitlines()[0] == "a.yaml: is empty; write a blueprint."


def test_a_catalog_is_narrowed_to_who_asks_and_where() -> None:
    both = catalog("smoke", "deploy")
    hidden = replace(BLUEPRINT, name="pay", project="payroll")
    whole = replace(both, blueprints={**both.blueprints, "pay": hidden})
    seen = whole.narrowed(shows=lambda project: project != "payroll", bars=lambda _: "")
    assert (set(seen.blueprints), seen.elsewhere) == ({"smoke", "deploy"}, {})
    barred = whole.narrowed(shows=lambda _: True, bars=lambda project: f"not {project} here")
    assert barred.blueprints == {}
    assert refusal(barred, "pay").text == (
        "“pay” cannot be started here: not payroll here. Start it where it may."
    )
    assert "none can be started in this channel" in refusal(barred, "zzz").text
