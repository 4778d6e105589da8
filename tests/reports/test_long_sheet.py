"""Columns that are streamed into a workbook, read back by a library of another hand."""

import numpy as np
import openpyxl
import xlsxwriter

from calha.reports.long_sheet import LongSheet
from calha.reports.workbook import OPTIONS


def test_rows_stand_between_those_that_are_written_one_by_one(tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path, OPTIONS) as book:
        sheet = book.add_worksheet("Dados", LongSheet)
        number = book.add_format({"num_format": "0.00"})
        sheet.write_row(0, 0, ["Série", "Valor", "Texto"])
        values = np.array([1.5, np.nan, -1e-9, 1e20])
        texts = [sheet.text(one) for one in ("=1+1", "a & <b>", " blank ", "x\x00y")]
        sheet.append(1, 4, [sheet.text("pump"), sheet.numbers(values, number), texts])
        sheet.append(5, 1, [sheet.text("pump"), sheet.numbers(values[:1], number), texts[:1]])
        sheet.write_string(7, 0, "end")
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(path)["Dados"].iter_rows()]
    assert rows[0] == ["Série", "Valor", "Texto"]
    assert [row[1] for row in rows[1:6]] == [1.5, None, -1e-9, 1e20, 1.5]
    assert [row[2] for row in rows[1:5]] == ["=1+1", "a & <b>", " blank ", "xy"]
    assert {row[0] for row in rows[1:6]} == {"pump"}
    assert rows[7][0] == "end"
