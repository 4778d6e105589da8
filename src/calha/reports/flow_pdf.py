"""A flow report as a PDF: cover with the filters, the table, and the curve as a vector picture."""

from calha.reports.flow_report import ROWS, FlowReport
from calha.reports.line_chart import line_chart
from calha.reports.pdf import made_pdf

TEMPLATE = "flow.typ"
MAX_ROWS = 20_000  # some 400 pages
MAX_TAGGED_ROWS = 1_000


def flow_pdf(report: FlowReport) -> bytes:
    assert len(report.value) <= MAX_ROWS
    moments = [f"{at:{report.moment_format}}" for at in report.at]
    values = [_decimal(value) for value in report.value.tolist()]
    rows = [list(row) for row in zip(moments, values, strict=True)]
    headings = report.headings
    if report.anomalous is not None:
        headings = [*headings, "É Anomalia?"]
        for row, anomalous in zip(rows, report.anomalous.tolist(), strict=True):
            row.append("Sim" if anomalous else "Não")
    content = {
        "title": report.title,
        "subtitle": report.subtitle,
        "filters": [[name, value] for name, value in report.filters],
        "table_title": "Tabela de Dados" if report.anomalous is None else "Tabela de Análise de Anomalias",
        "headings": headings,
        "rows": rows,
        "totals": [[name, str(total) if type(total) is int else _decimal(total)] for name, total in report.totals()],
        "count": [ROWS, str(len(report.value))],
        "chart": line_chart(report.at, report.value, report.headings[1], report.anomalous) if rows else None,
    }
    return made_pdf(TEMPLATE, content, tagged=len(rows) <= MAX_TAGGED_ROWS)


def _decimal(value: float) -> str:
    """As it is written in Brazil."""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
