"""States over time as an SVG picture: one band for each series, its stretches shaded and named where there is room."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from calha.reports.line_chart import GRID, svg_head, time_ticks

WIDTH, LEFT, RIGHT = 1_000.0, 190.0, 45.0
BAND, GAP, FOOT = 30.0, 8.0, 40.0
LETTER = 7.5
FEWEST_LETTERS = 4
SHADES = ("#e9ecef", "#a5c8e4", "#f1c9a5", "#b7d8bd", "#d5bfe0", "#d8d1b0")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Seconds from the begin of the picture, and the state between them; each state has a shade of its own."""

    from_s: float
    until_s: float
    text: str
    shade: int


@dataclass(frozen=True, slots=True)
class Band:
    name: str
    stretches: Sequence[Stretch]


def bands_chart(bands: Sequence[Band], begin: datetime, end: datetime) -> str:
    high = len(bands) * (BAND + GAP) + FOOT
    parts = [*_ticks(begin, end, high)]
    for place, band in enumerate(bands):
        parts += _band(band, GAP / 2 + place * (BAND + GAP), (end - begin).total_seconds())
    return f"{svg_head(WIDTH, high)}{''.join(parts)}</svg>"


def _across(second: float, length_s: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * second / length_s


def _band(band: Band, top: float, length_s: float) -> Iterator[str]:
    yield f'<text x="{LEFT - 8}" y="{top + 20:.1f}" text-anchor="end">{escape(_cut(band.name, LEFT - 12))}</text>'
    for one in band.stretches:
        left, right = _across(one.from_s, length_s), _across(one.until_s, length_s)
        shade = SHADES[one.shade % len(SHADES)]
        yield f'<rect x="{left:.1f}" y="{top:.1f}" width="{max(right - left, 0.5):.1f}" height="{BAND}" fill="{shade}"/>'
        text = _cut(one.text, right - left - 6)
        if text:
            yield f'<text x="{left + 4:.1f}" y="{top + 20:.1f}">{escape(text)}</text>'


def _ticks(begin: datetime, end: datetime, high: float) -> Iterator[str]:
    length_s = (end - begin).total_seconds()
    for moment in time_ticks(begin, end):
        across = _across((moment - begin).total_seconds(), length_s)
        yield f'<line x1="{across:.1f}" x2="{across:.1f}" y1="0" y2="{high - FOOT}" stroke="{GRID}"/>'
        text = f"{moment:%d/%m %H:%M}"
        yield f'<text x="{across:.1f}" y="{high - FOOT + 22:.1f}" text-anchor="middle">{text}</text>'


def _cut(text: str, room: float) -> str:
    """As much of a text as there is room for; nothing where that says nothing."""
    letters = int(room / LETTER)
    if len(text) <= letters:
        return text
    return f"{text[: letters - 1]}…" if letters >= FEWEST_LETTERS else ""
