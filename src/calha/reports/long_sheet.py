"""A worksheet for many rows: XlsxWriter's own, which also takes whole columns and streams them as XML.

Cell by cell a million rows take a minute. This writes rows into the file in which XlsxWriter keeps those of a workbook with
`constant_memory`, in the same form; texts go to its table of shared strings. It relies on the inside of XlsxWriter 3, which
a test watches by reading what is written.
"""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from calha.reports.cells import plain

MAX_ROWS = 1_048_576
MAX_TEXT = 32_767  # of a cell
EMPTY = "/>"
XmlCells: TypeAlias = Iterable[str]  # each without its beginning, `<c r="A1"`


class LongSheet(Worksheet):  # type: ignore[misc] # XlsxWriter has no types that mypy can see
    previous_row: int

    def text(self, text: str) -> str:
        """A text as a cell."""
        index = self.str_table._get_shared_string_index(plain(text)[:MAX_TEXT])
        return f' t="s"><v>{index}</v></c>'

    def numbers(self, values: NDArray[np.float64], format_: Any) -> list[str]:  # noqa: ANN401 - a Format
        """Numbers as cells; NaN as an empty one."""
        style = f' s="{format_._get_xf_index()}"'
        return [f"{style}><v>{value!r}</v></c>" if value == value else f"{style}{EMPTY}" for value in values.tolist()]

    def append(self, first_row: int, count: int, columns: Sequence[XmlCells | str]) -> None:
        """Rows, counted from 0, below all that is written. A column is cells, or one cell for all rows."""
        assert first_row >= self.previous_row
        assert first_row + count <= MAX_ROWS
        self._write_single_row(first_row)
        self._check_dimensions(first_row, 0)
        self._check_dimensions(first_row + count - 1, len(columns) - 1)
        numbers = range(first_row + 1, first_row + count + 1)
        cells = [_named(place, column, numbers) for place, column in enumerate(columns)]
        rows = (
            f'<row r="{number}">{"".join(row)}</row>'
            for number, row in zip(numbers, zip(*cells, strict=True), strict=True)
        )
        self.row_data_fh.write("".join(rows))
        self.previous_row = first_row + count


def _named(place: int, column: XmlCells | str, numbers: range) -> list[str]:
    begin = f'<c r="{xl_col_to_name(place)}'
    cells = repeat(column, len(numbers)) if isinstance(column, str) else column
    return [f'{begin}{number}"{cell}' for number, cell in zip(numbers, cells, strict=True)]
