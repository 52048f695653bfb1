"""Reading what a program says of one of its steps; only name and state must be there."""

from collections.abc import Mapping

from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.failure import Cause
from bot.domain.runbook import Part
from bot.services.report_reading import read_amount, read_choice, read_text

STEP_STATES = ("running", "done", "failed", "skipped")
_LONGEST_NAME = 80
_TEXTS = {"id": 80, "title": 200, "input": 2_000, "output": 4_000, "message": 1_000}
"""Optional texts and how long they may be, in characters."""
_CHOICES = {"part": tuple(Part), "cause": tuple(Cause)}
_MOST_VARIABLES = 50
_LONGEST_VALUE = 500


def read_step(data: Mapping[str, JSON]) -> dict[str, JSON]:
    """The fields of a `step` report that are given. Raises UserError naming the wrong one."""
    step: dict[str, JSON] = {
        "name": read_text(data, "name", longest=_LONGEST_NAME),
        "state": read_choice(data, "state", STEP_STATES),
    }
    given = {name for name, value in data.items() if value not in (None, "")}
    for name, longest in _TEXTS.items():
        if name in given:
            step[name] = read_text(data, name, longest=longest)
    for name, choices in _CHOICES.items():
        if name in given:
            step[name] = read_choice(data, name, choices)
    if "seconds" in given:
        step["seconds"] = read_amount(data, "seconds")
    if "variables" in given:
        step["variables"] = _read_variables(data["variables"])
    return step


def _read_variables(value: JSON) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > _MOST_VARIABLES:
        raise UserError(f"variables must be an object of at most {_MOST_VARIABLES} texts")
    for name, text in value.items():
        if len(name) > _LONGEST_NAME or not isinstance(text, str) or len(text) > _LONGEST_VALUE:
            raise UserError(
                f"each of the variables must be a text of at most {_LONGEST_VALUE} characters "
                f"with a name of at most {_LONGEST_NAME}"
            )
    return dict(value)
