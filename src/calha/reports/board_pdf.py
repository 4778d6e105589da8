"""A dashboard as a PDF: its panels where they lie on its grid, with charts as vectors, as it was at one moment.

Rule 1: pure: all that is shown comes with the panels; who may see it was asked before.
Rule 2: panels that lie on each other, which only a document written by hand has, come one below the other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from calha.reports.cells import plain
from calha.reports.locale import Language
from calha.reports.pdf import made_pdf

TEMPLATE = "board.typ"
COLUMNS = 12


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG, and what its lines are: name, colour, dashes."""

    svg: str
    legend: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """What one widget shows. figure: a value, large. share: of a scale, from 0 to 1. text: as a person wrote it."""

    x: int
    y: int
    w: int
    h: int
    title: str
    figure: str = ""
    note: str = ""
    share: float | None = None
    drawings: Sequence[Drawing] = ()
    text: str = ""
    headings: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = field(default=())


def board_pdf(title: str, subtitle: str, page: str, language: Language, panels: Sequence[Panel]) -> bytes:
    """page: the word for one, in the foot."""
    content = {
        "title": plain(title),
        "subtitle": plain(subtitle),
        "page": page,
        "language": "pt" if language == "pt-BR" else "en",
        "panels": [_content(panel, place) for panel, place in zip(panels, _places(panels), strict=True)],
    }
    return made_pdf(TEMPLATE, content)


def _places(panels: Sequence[Panel]) -> list[dict[str, int]]:
    """Columns and rows of a grid that has a row for each height at which a panel begins."""
    if any(_covers(one, other) for one, other in combinations(panels, 2)):
        return [{"x": 0, "y": row, "w": COLUMNS, "span": 1} for row in range(len(panels))]
    tops = sorted({panel.y for panel in panels})
    return [
        {
            "x": panel.x,
            "y": tops.index(panel.y),
            "w": panel.w,
            "span": sum(panel.y <= top < panel.y + panel.h for top in tops),
        }
        for panel in panels
    ]


def _covers(one: Panel, other: Panel) -> bool:
    across = one.x < other.x + other.w and other.x < one.x + one.w
    return across and one.y < other.y + other.h and other.y < one.y + one.h


def _content(panel: Panel, place: Mapping[str, int]) -> dict[str, Any]:
    return {
        **place,
        "title": plain(panel.title),
        "figure": plain(panel.figure),
        "note": plain(panel.note),
        "share": panel.share,
        "text": plain(panel.text),
        "drawings": [
            {"svg": one.svg, "legend": [[plain(name), ink, dashes] for name, ink, dashes in one.legend]}
            for one in panel.drawings
        ],
        "headings": [plain(one) for one in panel.headings],
        "rows": [[plain(cell) for cell in row] for row in panel.rows],
    }
