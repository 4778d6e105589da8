"""Several curves as one SVG picture, beside `line_chart`: told apart by colour and dashes, over all the time asked for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calha.reports.line_chart import (
    BOTTOM,
    HEAD,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Axis,
    bar,
    grid,
    side_label,
    value_ticks,
)
from calha.reports.locale import Language

LOOKS = (
    ("#1971c2", ""),
    ("#c2410c", "7 3"),
    ("#2b8a3e", "2 3"),
    ("#862e9c", "9 3 2 3"),
    ("#5c4800", "4 4"),
    ("#495057", "12 4"),
)
BAR_SHARE = 0.8  # of its step, that the bars of all curves take together
AREA_OPACITY = 0.16
GAP_FACTOR = 5.0  # of the usual distance, above which two points are not joined

Shape = Literal["line", "area", "bar"]


@dataclass(frozen=True, slots=True)
class Curve:
    """second: of each value, from the begin of the picture. A value that is not known is NaN."""

    name: str
    second: NDArray[np.float64]
    value: NDArray[np.float64]


def look_of(place: int) -> tuple[str, str]:
    """Colour and dashes of a curve by its place among the others."""
    return LOOKS[place % len(LOOKS)]


def curves_chart(
    curves: Sequence[Curve], begin: datetime, end: datetime, label: str, language: Language, shape: Shape = "line"
) -> str:
    """An SVG; empty when no curve has a value. begin, end: as a clock on the wall shows them."""
    known = [Curve(one.name, *_known(one)) for one in curves]
    values = np.concatenate([one.value for one in known]) if known else np.array([])
    if not len(values):
        return ""
    floor = 0.0 if shape != "line" else float(values.min())
    ticks = value_ticks(min(float(values.min()), floor), max(float(values.max()), floor))
    x = Axis(0.0, (end - begin).total_seconds(), LEFT, WIDTH - RIGHT)
    y = Axis(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)
    parts = [*grid(x, y, ticks, [begin, end], language)]
    for place, one in enumerate(known):
        parts += _bars(x, y, one, place, len(known)) if shape == "bar" else _strokes(x, y, one, place, shape)
    parts.append(side_label(escape(label)))
    return f"{HEAD}{''.join(parts)}</svg>"


def _known(curve: Curve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    there = np.isfinite(curve.value)
    return curve.second[there], curve.value[there]


def _strokes(x: Axis, y: Axis, curve: Curve, place: int, shape: Shape) -> Iterator[str]:
    """One for each stretch without a gap."""
    ink, dashes = look_of(place)
    apart = np.diff(curve.second)
    gaps = np.flatnonzero(apart > GAP_FACTOR * np.median(apart)) + 1 if len(apart) else np.array([], np.intp)
    for stretch in np.split(np.arange(len(curve.second)), gaps):
        if not len(stretch):
            continue
        ends = [x.place(float(curve.second[one])) for one in (stretch[0], stretch[-1])]
        points = " ".join(
            f"{x.place(float(curve.second[one])):.1f},{y.place(float(curve.value[one])):.1f}" for one in stretch
        )
        if shape == "area":
            zero = y.place(max(y.low, 0.0))
            corners = f"{ends[0]:.1f},{zero:.1f} {points} {ends[1]:.1f},{zero:.1f}"
            yield f'<polygon points="{corners}" fill="{ink}" fill-opacity="{AREA_OPACITY}"/>'
        dash = f' stroke-dasharray="{dashes}"' if dashes else ""
        yield f'<polyline points="{points}" fill="none" stroke="{ink}" stroke-width="1.8"{dash} stroke-linecap="round"/>'


def _bars(x: Axis, y: Axis, curve: Curve, place: int, curves: int) -> Iterator[str]:
    """Beside each other where there are several."""
    ink, _ = look_of(place)
    step = float(np.median(np.diff(curve.second))) if len(curve.second) > 1 else x.high / 24
    width = (x.place(step) - x.place(0.0)) * BAR_SHARE / curves
    zero = y.place(0.0)
    for second, value in zip(curve.second.tolist(), curve.value.tolist(), strict=True):
        yield bar(x.place(second) + place * width, width, zero, y.place(value), ink)
