"""A curve as an SVG picture, so that it stays sharp at any size: axes with round numbers, gaps, marks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from html import escape

import numpy as np
from numpy.typing import NDArray

from calha.reports.locale import Language, number

WIDTH, HEIGHT = 1_000.0, 520.0
LEFT, RIGHT, TOP, BOTTOM = 70.0, 36.0, 20.0, 60.0  # half a day's name fits beside the last point
MAX_POINTS = 4_000
TICKS = 6
FLAT = 1e-6  # of its size, by which a curve may vary and still be drawn as a level line
LINE, MARK, GRID, TEXT = "#1971c2", "#c92a2a", "#dee2e6", "#495057"


def svg_head(width: float, height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'font-family="Libertinus Serif" font-size="15" fill="{TEXT}">'
    )


HEAD = svg_head(WIDTH, HEIGHT)
_STEPS_S = (60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400)
_STEPS_DAYS = (1, 2, 5, 7, 14, 30, 61, 122, 183, 365, 730, 1_825)


@dataclass(frozen=True, slots=True)
class Axis:
    """From what is measured to where it is drawn."""

    low: float
    high: float
    begin: float
    end: float

    def place(self, value: float) -> float:
        return self.begin + (value - self.low) / ((self.high - self.low) or 1.0) * (self.end - self.begin)


def line_chart(
    at: Sequence[datetime],
    value: NDArray[np.float64],
    label: str,
    marked: NDArray[np.bool_] | None = None,
    language: Language | None = None,
) -> str:
    """An SVG, with numbers and days of a language or in plain form.

    More than MAX_POINTS are thinned, with the extremes and every marked point kept.
    """
    seconds = np.array([(moment - at[0]).total_seconds() for moment in at])
    chosen = thinned(value, marked)
    x = Axis(float(seconds[0]), float(seconds[-1]), LEFT, WIDTH - RIGHT)
    ticks = value_ticks(float(value.min()), float(value.max()))
    y = Axis(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)
    parts = [*grid(x, y, ticks, at, language), *_line(x, y, seconds[chosen], value[chosen])]
    if marked is not None:
        for place in np.flatnonzero(marked).tolist():
            across, up = x.place(seconds[place]), y.place(value[place])
            parts.append(f'<circle cx="{across:.1f}" cy="{up:.1f}" r="4" fill="{MARK}"/>')
    parts.append(side_label(escape(label)))
    return f"{HEAD}{''.join(parts)}</svg>"


def bar(left: float, width: float, zero: float, end: float, ink: str) -> str:
    """Upright from the line of zero, upwards or downwards."""
    top, height = min(zero, end), abs(end - zero)
    return f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.2f}" height="{height:.1f}" fill="{ink}"/>'


def side_label(text: str) -> str:
    """Beside the axis of values, upwards."""
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return f'<text x="18" y="{middle:g}" text-anchor="middle" transform="rotate(-90 18 {middle:g})">{text}</text>'


def thinned(value: NDArray[np.float64], marked: NDArray[np.bool_] | None = None) -> NDArray[np.intp]:
    """Places of the points to draw: all, or lowest and highest of each of many short stretches, and the marked ones."""
    count = len(value)
    if count <= MAX_POINTS:
        return np.arange(count)
    edges = np.linspace(0, count, MAX_POINTS // 2 + 1).astype(np.intp)
    stretches = [(low, high) for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True) if low < high]
    extremes = [low + int(pick(value[low:high])) for low, high in stretches for pick in (np.argmin, np.argmax)]
    kept = np.flatnonzero(marked).tolist() if marked is not None else []
    return np.unique(np.array([0, *extremes, *kept, count - 1], np.intp))


def value_ticks(low: float, high: float) -> list[float]:
    """Round numbers that enclose a range."""
    size = max(abs(low), abs(high))
    span = high - low if high - low > max(size * FLAT, FLAT) else max(size, 1.0)
    raw = span / (TICKS - 1)
    power = 10.0 ** np.floor(np.log10(raw))
    step = float(next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw * 0.999))
    first = float(np.floor(low / step) * step)
    count = int(np.ceil((high - first) / step - 1e-9)) or 1
    return [first + step * number for number in range(count + 1)]


def decimals(step: float) -> int:
    """How many are needed to tell multiples of a round number apart: none for 5, one for 2.5."""
    exponent = Decimal(f"{step:.6g}").normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)


def time_ticks(first: datetime, last: datetime, least_s: float = 0.0) -> list[datetime]:
    """Full minutes, hours or days within a time, not nearer to each other than `least_s`."""
    span_s = (last - first).total_seconds()
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    step_s = next((step for step in _STEPS_S if span_s / step <= TICKS and step >= least_s), None)
    if step_s is not None:
        step = timedelta(seconds=step_s)
        begin = midnight + step * int(-(-((first - midnight) / step) // 1))
    else:
        days = next((step for step in _STEPS_DAYS if span_s / 86_400 / step <= TICKS), _STEPS_DAYS[-1])
        step = timedelta(days=days)
        begin = midnight if midnight == first else midnight + timedelta(days=1)
    count = int((last - begin) / step) + 1 if begin <= last else 0
    return [begin + step * number for number in range(max(count, 0))]


def grid(
    x: Axis,
    y: Axis,
    ticks: Sequence[float],
    at: Sequence[datetime],
    language: Language | None = None,
    bar_s: float = 0.0,
) -> Iterator[str]:
    """Lines and words of both axes. bar_s: how long an interval is, in whose middle its time is written; 0 for a curve."""
    digits = decimals(ticks[1] - ticks[0])

    def written(tick: float) -> str:
        return f"{tick:.{digits}f}" if language is None else number(Decimal(repr(tick)), language, digits)

    days = "%Y-%m-%d" if language == "en" else "%d/%m/%y"
    for tick in ticks:
        up = y.place(tick)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{up:.1f}" y2="{up:.1f}" stroke="{GRID}"/>'
        yield f'<text x="{LEFT - 8}" y="{up + 5:.1f}" text-anchor="end">{written(tick)}</text>'
    moments = time_ticks(at[0], at[-1], bar_s) or [at[0]]
    by_day = len(moments) < 2 or moments[1] - moments[0] >= timedelta(days=1)
    for moment in moments:
        across = x.place((moment - at[0]).total_seconds() + bar_s / 2)
        low = HEIGHT - BOTTOM
        if not bar_s:
            yield f'<line x1="{across:.1f}" x2="{across:.1f}" y1="{TOP}" y2="{low}" stroke="{GRID}"/>'
        text = f"{moment:{days}}" if by_day else f"{moment:%H:%M}"
        yield f'<text x="{across:.1f}" y="{low + 22}" text-anchor="middle">{text}</text>'
        if not by_day:
            yield f'<text x="{across:.1f}" y="{low + 42}" text-anchor="middle">{moment:{days}}</text>'


def _line(x: Axis, y: Axis, seconds: NDArray[np.float64], value: NDArray[np.float64]) -> Iterator[str]:
    """One stroke for each stretch without a gap; a single value is a dot."""
    if len(seconds) == 1:
        yield f'<circle cx="{x.place(seconds[0]):.1f}" cy="{y.place(value[0]):.1f}" r="3" fill="{LINE}"/>'
        return
    apart = np.diff(seconds)
    gaps = np.flatnonzero(apart > 5 * np.median(apart)) + 1
    for stretch in np.split(np.arange(len(seconds)), gaps):
        points = " ".join(f"{x.place(seconds[one]):.1f},{y.place(value[one]):.1f}" for one in stretch.tolist())
        yield f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="1.6" stroke-linejoin="round"/>'
