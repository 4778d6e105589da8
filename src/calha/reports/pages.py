"""A report as a PDF: what was asked for, the totals, then each section with its chart and table, and the sources.

Paper is for people: where a section has too many rows its digest is printed, or the first rows, which the page says.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from calha.reports.bar_chart import bar_chart
from calha.reports.cells import local_micros, plain, written
from calha.reports.document import Curve, Document, Heading, Row, Section, Table
from calha.reports.line_chart import line_chart
from calha.reports.pdf import made_pdf
from calha.reports.words import WORDS
from calha.store.telemetry.downsample import extremes

TEMPLATE = "report.typ"
MAX_SECTION_ROWS = 400
MAX_ROWS = 20_000  # some 400 pages
MAX_CHARTS = 50
MAX_POINTS = 1_200  # of a line
MAX_TAGGED_ROWS = 1_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
_RIGHT = frozenset({"number", "share"})

Progress = Callable[[float], None]


def write_pages(document: Document, path: Path, progress: Progress) -> int:
    """Write the file; how many rows its tables have."""
    pages = _Pages(document)
    for done, section in enumerate(document.sections, 1):
        pages.add(section)
        progress(0.8 * done / document.count)
    path.write_bytes(made_pdf(TEMPLATE, pages.content(), tagged=pages.rows <= MAX_TAGGED_ROWS))
    progress(1.0)
    return pages.rows


class _Pages:
    def __init__(self, document: Document) -> None:
        self.rows = 0
        self._document = document
        self._words = WORDS[document.language]
        self._sections: list[dict[str, Any]] = []
        self._totals: list[Row] = []
        self._sources: list[Row] = []

    def add(self, section: Section) -> None:
        room = max(0, min(MAX_SECTION_ROWS, MAX_ROWS - self.rows))
        table = section.on_paper or section.table
        if section.digest is not None and len(section.table) > room:
            table = section.digest
        shown = min(len(table), room)
        notes = [self._words["digest"]] if table is section.digest else []
        if shown < len(table):
            notes.append(self._words["cut"].format(shown=shown, all=len(table)))
        self._sections.append(
            {
                "title": plain(section.title),
                "chart": self._chart(section.table, section.curve),
                "notes": notes,
                "empty": self._words["no_data"] if not len(section.table) else "",
                **self._table(table.headings, zip(*(column[:shown] for column in table.columns), strict=True)),
            }
        )
        self.rows += shown
        self._totals += section.summary
        self._sources += section.sources

    def content(self) -> dict[str, Any]:
        document, words = self._document, self._words
        return {
            "language": "pt" if document.language == "pt-BR" else "en",
            "title": document.title,
            "filters": [[name, plain(value)] for name, value in document.filters],
            "summary": {"title": words["summary"], **self._table(document.summary, self._totals)},
            "sections": self._sections,
            "sources": {"title": words["sources"], **self._table(document.sources, self._sources)},
            "empty": words["no_data"] if not self._sections else "",
            "page": words["page"],
        }

    def _table(self, headings: Sequence[Heading], rows: "Sequence[Row] | zip[Any]") -> dict[str, Any]:
        language, zone = self._document.language, self._document.zone
        return {
            "headings": [plain(one.name) for one in headings],
            "right": [one.kind in _RIGHT for one in headings],
            "rows": [
                [written(cell, one, language, zone) for cell, one in zip(row, headings, strict=True)] for row in rows
            ],
        }

    def _chart(self, table: Table, curve: Curve | None) -> str | None:
        if curve is None or len(self._sections) >= MAX_CHARTS:
            return None
        at, value = np.asarray(table.columns[curve.x], np.int64), np.asarray(table.columns[curve.y], np.float64)
        known = np.isfinite(value)
        if not known.any():
            return None
        if curve.style == "line":
            at, value = at[known], value[known]
            drawn = extremes(at, value, MAX_POINTS)
            at, value = at[drawn], value[drawn]
        moments = list(_local(local_micros(at, self._document.zone)))
        label, language = plain(curve.label), self._document.language
        if table.headings[curve.y].kind == "share":
            label, value = f"{label} (%)", value * 100
        if curve.style == "bars":
            return bar_chart(moments, value, label, language)
        return line_chart(moments, value, label, language=language)


def _local(micros: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Iterator[datetime]:
    """Times on the wall, without a zone."""
    return (EPOCH + timedelta(microseconds=one) for one in micros.tolist())
