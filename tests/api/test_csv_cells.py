"""Cells of the CSV files that the API answers with: text, whatever a spreadsheet would make of it."""

import csv

import pytest

from calha.api.routes.readings import csv_cell


@pytest.mark.parametrize(
    "text", ["=1+1", " =1+1", "\n=1+1", "\u00a0@SUM(1)", "＝1+1", "%0", "|cmd", "-2", "+2", "\t=1"]
)
def test_nothing_begins_a_formula_also_not_behind_blanks(text):
    ((cell,),) = csv.reader([csv_cell(text)]) if "\n" not in text else [[csv_cell(text).strip('"')]]
    assert cell.startswith("'")


def test_what_begins_none_stays_as_it_is():
    assert [csv_cell(text) for text in ("total", "Bomba 1", "m³/h", "")] == ["total", "Bomba 1", "m³/h", ""]
    assert csv_cell('a "b", c') == '"a ""b"", c"'
