"""Bars as an SVG picture, beside `line_chart`: an amount for each interval, upwards or downwards from zero."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

import numpy as np
from numpy.typing import NDArray

from calha.reports.line_chart import (
    BOTTOM,
    HEAD,
    HEIGHT,
    LEFT,
    LINE,
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

MAX_BARS = 1_500
SHARE = 0.8  # of its place, that a bar takes
WIDEST = 120.0  # of a bar, where there are few


def bar_chart(at: Sequence[datetime], value: NDArray[np.float64], label: str, language: Language) -> str:
    """An SVG. at: begins of intervals, local. value: NaN leaves a place empty; at least one is known.

    Of more than MAX_BARS intervals neighbours are added up.
    """
    if len(value) > MAX_BARS:
        each = -(-len(value) // MAX_BARS)
        starts = np.arange(0, len(value), each)
        at, value = [at[one] for one in starts.tolist()], np.add.reduceat(np.nan_to_num(value), starts)
    seconds = np.array([(moment - at[0]).total_seconds() for moment in at])
    step = float(np.median(np.diff(seconds))) if len(seconds) > 1 else 86_400.0
    x = Axis(0.0, float(seconds[-1]) + step, LEFT, WIDTH - RIGHT)
    ticks = value_ticks(min(float(np.nanmin(value)), 0.0), max(float(np.nanmax(value)), 0.0))
    y = Axis(ticks[0], ticks[-1], HEIGHT - BOTTOM, TOP)
    room = x.place(step) - x.place(0.0)
    zero, width = y.place(0.0), min(room * SHARE, WIDEST)
    parts = [*grid(x, y, ticks, at, language, step)]
    for second, amount in zip(seconds.tolist(), value.tolist(), strict=True):
        if amount != amount:
            continue
        parts.append(bar(x.place(second) + (room - width) / 2, width, zero, y.place(amount), LINE))
    parts.append(side_label(escape(label)))
    return f"{HEAD}{''.join(parts)}</svg>"
