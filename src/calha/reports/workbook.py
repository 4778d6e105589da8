"""A report as a workbook: summary with the filters, all rows with filters of Excel's own, charts of its own, and the sources.

Dates are dates and numbers are numbers, which Excel shows in the manner of its reader's country. Texts are only ever texts.
Rows go on with another sheet when one is full.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from calha.domain.times import DAY_US
from calha.reports.cells import local_micros, plain, quality_names
from calha.reports.document import Cells, Curve, Document, Heading, Row, Section
from calha.reports.words import WORDS

if TYPE_CHECKING:
    from calha.reports.long_sheet import LongSheet

ROWS_AT_ONCE = 20_000
MAX_CHARTS = 50
CHART_ROWS, CHART_SIZE = 22, {"width": 1_000, "height": 420}
EPOCH_DAY = 25_569  # 1970-01-01 as Excel counts days
OPTIONS = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

Progress = Callable[[float], None]


def write_workbook(document: Document, path: Path, progress: Progress) -> int:
    """Write the file; how many rows its data has."""
    import xlsxwriter  # loaded by whoever wants a workbook

    with xlsxwriter.Workbook(path, OPTIONS) as book:
        book.set_properties({"title": document.title})
        return _Workbook(book, document).written(progress)


class _Workbook:
    def __init__(self, book: Any, document: Document) -> None:  # noqa: ANN401 - an xlsxwriter.Workbook
        self._book = book
        self._document = document
        self._words = WORDS[document.language]
        self._formats: dict[str, Any] = {}
        self._bold = book.add_format({"bold": True})
        self._head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._qualities = quality_names(document.language)
        self._summary = self._sheet(self._words["summary"])
        self._data = _Data(self)
        self._charts = self._sheet(self._words["charts"])
        self._charted = 0

    def written(self, progress: Progress) -> int:
        totals: list[Row] = []
        sources: list[Row] = []
        for done, section in enumerate(self._document.sections, 1):
            sheet, first, last = self._data.append(section)
            if section.curve is not None and first <= last and self._charted < MAX_CHARTS:
                self._draw(section, section.curve, sheet, first, last)
            totals += section.summary
            sources += section.sources
            progress(done / self._document.count)
        self._data.finish()
        self._tell(totals)
        self._list(self._sheet(self._words["sources"]), 0, self._document.sources, sources)
        if not self._charted:
            self._charts.hide()
        progress(1.0)
        return self._data.rows

    def format(self, heading: Heading) -> Any:  # noqa: ANN401 - a Format
        """How the numbers of a column are shown."""
        pattern = _pattern(heading, self._document.language)
        if pattern not in self._formats:
            self._formats[pattern] = self._book.add_format({"num_format": pattern} if pattern else {})
        return self._formats[pattern]

    def cells(self, sheet: "LongSheet", heading: Heading, values: Cells) -> list[str]:
        if heading.kind == "text":
            return [sheet.text(str(one)) for one in values]
        if heading.kind == "quality":
            codes = np.asarray(values, np.uint8)
            known = {code: sheet.text(self._qualities[code]) for code in np.unique(codes).tolist()}
            return [known[code] for code in codes.tolist()]
        return sheet.numbers(self._numbers(heading, values), self.format(heading))

    def new_data_sheet(self, number: int, headings: Sequence[Heading]) -> "LongSheet":
        name = self._words["data"] if number == 1 else f"{self._words['data']} {number}"
        sheet = self._sheet(name)
        for column, heading in enumerate(headings):
            sheet.set_column(column, column, 20 if heading.kind in ("text", "time") else 14)
        sheet.write_row(0, 0, [plain(one.name) for one in headings], self._head)
        sheet.freeze_panes(1, 0)
        return sheet

    @property
    def headings(self) -> list[Heading]:
        """Of the data: keys and columns."""
        columns = [
            Heading(f"{one.name} ({self._document.zone.key})", one.kind, one.places) if one.kind == "time" else one
            for one in self._document.headings
        ]
        return [*(Heading(name) for name in self._document.keys), *columns]

    def _numbers(self, heading: Heading, values: Cells) -> NDArray[np.float64]:
        numbers = np.asarray(values, np.float64)
        if heading.kind not in ("time", "day"):
            return np.round(numbers, 9)
        known = ~np.isnan(numbers)
        local = local_micros(np.asarray(values)[known].astype(np.int64), self._document.zone)
        serial = np.full(len(numbers), np.nan)
        serial[known] = np.round(local / DAY_US, 10) + EPOCH_DAY
        return serial

    def _sheet(self, name: str) -> "LongSheet":
        from calha.reports.long_sheet import LongSheet

        sheet: LongSheet = self._book.add_worksheet(name, LongSheet)
        return sheet

    def _tell(self, totals: Sequence[Row]) -> None:
        """The first sheet: what was asked for, and the totals."""
        sheet, document = self._summary, self._document
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 12, 16)
        sheet.write_string(0, 0, document.title, self._book.add_format({"bold": True, "font_size": 14}))
        filters = [*document.filters, (self._words["rows"], str(self._data.rows))]
        if not self._data.rows:
            filters.append(("", self._words["no_data"]))
        for row, (name, value) in enumerate(filters, 2):
            sheet.write_string(row, 0, plain(name), self._bold)
            sheet.write_string(row, 1, plain(value))
        self._list(sheet, len(filters) + 3, document.summary, totals)

    def _list(self, sheet: "LongSheet", top: int, headings: Sequence[Heading], rows: Sequence[Row]) -> None:
        """A small table with filters of its own."""
        if top == 0:
            sheet.set_column(0, len(headings), 22)
        sheet.write_row(top, 0, [plain(one.name) for one in headings], self._head)
        if rows:
            columns = [
                self.cells(sheet, one, column) for one, column in zip(headings, zip(*rows, strict=True), strict=True)
            ]
            sheet.append(top + 1, len(rows), columns)
            sheet.autofilter(top, 0, top + len(rows), len(headings) - 1)

    def _draw(self, section: Section, curve: Curve, sheet: str, first: int, last: int) -> None:
        kind = {"type": "scatter", "subtype": "straight"} if curve.style == "line" else {"type": "column"}
        chart = self._book.add_chart(kind)
        keys = len(self._document.keys)
        series: dict[str, Any] = {
            "name": plain(section.title),
            "categories": [sheet, first, keys + curve.x, last, keys + curve.x],
            "values": [sheet, first, keys + curve.y, last, keys + curve.y],
        }
        if curve.style == "line":
            series["line"] = {"width": 1.25}
        chart.add_series(series)
        chart.set_title({"name": plain(section.title), "name_font": {"size": 12}})
        pattern = _pattern(section.table.headings[curve.x], self._document.language)
        chart.set_x_axis({"num_format": pattern, "date_axis": curve.style == "bars"})
        chart.set_y_axis({"name": plain(curve.label)})
        chart.set_legend({"none": True})
        chart.set_size(CHART_SIZE)
        self._charts.insert_chart(self._charted * CHART_ROWS, 0, chart)
        self._charted += 1


class _Data:
    """The sheets with all rows."""

    def __init__(self, book: _Workbook) -> None:
        self.rows = 0
        self._book = book
        self._headings = book.headings
        self._number = 1
        self._sheet = book.new_data_sheet(1, self._headings)
        self._next = 1

    def append(self, section: Section) -> tuple[str, int, int]:
        """Write the rows of a section; the sheet on which it begins, and there its first and last row."""
        table = section.table
        begun: tuple[str, int, int] | None = None
        for at in range(0, len(table), ROWS_AT_ONCE):
            count = min(ROWS_AT_ONCE, len(table) - at)
            self._make_room(count)
            keys = [self._sheet.text(one) for one in section.keys]
            some = slice(at, at + count)
            pairs = zip(table.headings, table.columns, strict=True)
            columns = [self._book.cells(self._sheet, heading, column[some]) for heading, column in pairs]
            self._sheet.append(self._next, count, [*keys, *columns])
            name = str(self._sheet.get_name())
            first = begun[1] if begun is not None else self._next
            if begun is None or begun[0] == name:
                begun = (name, first, self._next + count - 1)
            self._next += count
            self.rows += count
        return begun or (str(self._sheet.get_name()), 1, 0)

    def finish(self) -> None:
        self._sheet.autofilter(0, 0, max(self._next - 1, 1), len(self._headings) - 1)

    def _make_room(self, count: int) -> None:
        from calha.reports.long_sheet import MAX_ROWS

        if self._next + count > MAX_ROWS:
            self.finish()
            self._number += 1
            self._sheet = self._book.new_data_sheet(self._number, self._headings)
            self._next = 1


def _pattern(heading: Heading, language: str) -> str:
    """Excel's format of a column's numbers; it writes them with the marks of its reader's country."""
    date = "dd/mm/yyyy" if language == "pt-BR" else "yyyy-mm-dd"
    patterns = {"time": f"{date} hh:mm:ss", "day": date, "share": "0.0%"}
    if heading.kind == "number":
        return f"#,##0.{'0' * heading.places}" if heading.places else "#,##0"
    return patterns.get(heading.kind, "")
