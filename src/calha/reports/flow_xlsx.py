"""A flow report as a workbook: sheets `Filtros` and `Relatório`, with a chart of Excel's own beside the table."""

import io
from typing import Any

import numpy as np

from calha.reports.flow_report import ROWS, FlowReport

MAX_ROWS = 200_000  # a sheet has a million, and nobody looks at so many
HEADER_ROW = 3  # counted from 0, as XlsxWriter does; the fourth
CHART_CELL = "F4"
CHART_SIZE = {"width": 960, "height": 420}


def flow_xlsx(report: FlowReport) -> bytes:
    import xlsxwriter  # loaded by whoever wants a workbook

    made = io.BytesIO()
    assert len(report.value) <= MAX_ROWS
    with xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False}) as book:
        _write_filters(book, report)
        _write_report(book, report)
    return made.getvalue()


def _write_filters(book: Any, report: FlowReport) -> None:  # noqa: ANN401 - an xlsxwriter.Workbook
    sheet, bold = book.add_worksheet("Filtros"), book.add_format({"bold": True})
    sheet.set_column(0, 1, 24)
    sheet.write_row(0, 0, ["Filtro", "Valor"], bold)
    for row, (name, value) in enumerate(report.filters, 1):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, value)
    row = len(report.filters) + 1
    sheet.write_string(row, 0, ROWS)
    sheet.write_number(row, 1, len(report.value))


def _write_report(book: Any, report: FlowReport) -> None:  # noqa: ANN401 - an xlsxwriter.Workbook
    sheet, bold = book.add_worksheet("Relatório"), book.add_format({"bold": True})
    sheet.set_column(0, 2, 18)
    sheet.write_string(0, 0, report.title, book.add_format({"bold": True, "font_size": 14}))
    sheet.write_string(1, 0, report.subtitle)
    headings = report.headings + (["Anomalia"] if report.anomalous is not None else [])
    sheet.write_row(HEADER_ROW, 0, headings, bold)
    sheet.freeze_panes(HEADER_ROW + 1, 0)
    first, last = HEADER_ROW + 1, HEADER_ROW + len(report.value)
    moment = book.add_format({"num_format": "dd/mm/yyyy" if report.by_day else "dd/mm/yyyy hh:mm", "align": "left"})
    for row, (at, value) in enumerate(zip(report.at, report.value.tolist(), strict=True), first):
        sheet.write_datetime(row, 0, at, moment)
        sheet.write_number(row, 1, round(value, 2))
    if report.anomalous is not None:
        sheet.write_column(first, 2, np.where(report.anomalous, "Sim", "Não").tolist())
    for row, (name, total) in enumerate(report.totals(), last + 2):
        sheet.write_string(row, 0, name, bold)
        sheet.write_number(row, 1, total)
    if len(report.value):
        sheet.insert_chart(CHART_CELL, _chart(book, sheet, report, first, last))


def _chart(book: Any, sheet: Any, report: FlowReport, first: int, last: int) -> Any:  # noqa: ANN401
    """The curve; anomalies as marks on it, from a column of their own that shows nothing."""
    chart = book.add_chart({"type": "scatter", "subtype": "straight"})
    times = ["Relatório", first, 0, last, 0]
    chart.add_series(
        {
            "name": report.headings[1],
            "categories": times,
            "values": ["Relatório", first, 1, last, 1],
            "line": {"width": 1.25},
        }
    )
    if report.anomalous is not None and report.anomalous.any():
        hidden = book.add_format({"num_format": ";;;"})
        for row in np.flatnonzero(report.anomalous).tolist():
            sheet.write_number(first + row, 3, round(float(report.value[row]), 2), hidden)
        marks = {"type": "circle", "size": 7, "fill": {"color": "#C92A2A"}, "border": {"color": "#C92A2A"}}
        chart.add_series(
            {
                "name": "Anomalia",
                "categories": times,
                "values": ["Relatório", first, 3, last, 3],
                "line": {"none": True},
                "marker": marks,
            }
        )
    chart.set_title({"name": report.title})
    chart.set_x_axis({"num_format": "dd/mm" if report.by_day else "dd/mm hh:mm", "name": "Data"})
    chart.set_y_axis({"name": report.headings[1]})
    chart.set_legend({"position": "bottom"})
    chart.set_size(CHART_SIZE)
    return chart
