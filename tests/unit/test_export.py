"""Cells that no spreadsheet calculates."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.export import export_table, safe_cell
from tests.unit.domain_samples import a_run

_BEGINNINGS = st.sampled_from(["=", "+", "-", "@", "\t", "\r", ""])
_TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@given(_BEGINNINGS, _TEXTS)
def test_no_cell_begins_a_formula_and_every_text_comes_back(first: str, rest: str) -> None:
    text = first + rest
    cell = safe_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in {text, f"'{text}"}
    rows = list(csv.DictReader(io.StringIO(export_table([a_run(title=text)]), newline="")))
    assert [row["title"] for row in rows] == [cell]


def test_what_is_not_there_is_an_empty_cell() -> None:
    assert [safe_cell(value) for value in (None, 0, False, -1)] == ["", "0", "False", "'-1"]


def test_a_retry_names_the_run_before() -> None:
    (row,) = csv.DictReader(io.StringIO(export_table([a_run(retry_of=7)])))
    assert row["retry_of"] == "R-7"
