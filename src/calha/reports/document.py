"""What a report says, before it is a PDF, a workbook or a CSV file. Pure.

Rule 1: cells are numbers, times in µs UTC and quality bytes, never formatted text: each format writes them as its readers
        expect. A number that is not known is NaN, and is left empty.
Rule 2: sections are made when they are asked for, one after another, so that a report of a million rows is never in memory
        as a whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Micros
from calha.domain.report_definitions import ReportLanguage

CellKind = Literal["text", "number", "time", "day", "share", "quality"]
Cells = Sequence[Any] | NDArray[Any]
Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Heading:
    """Of a column. places: decimals of its numbers. A share is a number from 0 to 1."""

    name: str
    kind: CellKind = "text"
    places: int = 0


@dataclass(frozen=True, slots=True)
class Curve:
    """What a chart draws, of the columns of a table. label: with the unit."""

    x: int
    y: int
    label: str
    style: Literal["line", "bars"] = "line"


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of the same length."""

    headings: Sequence[Heading]
    columns: Sequence[Cells]

    def __len__(self) -> int:
        return len(self.columns[0])


@dataclass(frozen=True, slots=True)
class Section:
    """Of one series, or one site. keys: the cells that tell its rows from those of others, as `Document.keys` names them.

    digest: the same in fewer rows, for paper, where there are too many. on_paper: always printed instead.
    summary, sources: rows of the tables about the whole report.
    """

    title: str
    keys: Sequence[str]
    table: Table
    curve: Curve | None = None
    digest: Table | None = None
    summary: Sequence[Row] = ()
    sources: Sequence[Row] = ()
    on_paper: Table | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """filters: what was asked for, by name. sections: can be gone through once; count: how many there will be."""

    title: str
    language: ReportLanguage
    zone: ZoneInfo
    from_at: Micros
    until_at: Micros
    made_at: Micros
    filters: Sequence[tuple[str, str]]
    keys: Sequence[str]
    headings: Sequence[Heading]
    summary: Sequence[Heading]
    sources: Sequence[Heading]
    sections: Iterator[Section]
    count: int
    notes: list[str] = field(default_factory=list)


def nothing(headings: Sequence[Heading]) -> Table:
    """A table without rows."""
    return Table(headings, [np.array([]) for _ in headings])
