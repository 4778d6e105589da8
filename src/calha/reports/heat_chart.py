"""Means by hour of the day and day as an SVG picture: the darker, the higher; the ends of the scale stand below."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from html import escape

import numpy as np
from numpy.typing import NDArray

from calha.domain.times import DAY_US, HOUR_US
from calha.reports.line_chart import svg_head
from calha.reports.locale import Language, day, number

WIDTH, HEIGHT = 1_000.0, 520.0
LEFT, TOP, FOOT = 60.0, 10.0, 70.0
HOURS = 24
LIGHT, DARK = (231, 245, 255), (11, 62, 110)
DIGITS = 4
EPOCH = date(1970, 1, 1)


def heat_chart(local: NDArray[np.int64], value: NDArray[np.float64], unit: str, name: str, language: Language) -> str:
    """local: µs since 1970-01-01 00:00 as clocks on the wall showed them, one value an hour at most."""
    known = np.isfinite(value)
    days, hours, value = local[known] // DAY_US, local[known] % DAY_US // HOUR_US, value[known]
    low, high = (float(value.min()), float(value.max())) if len(value) else (0.0, 0.0)
    first = int(days.min()) if len(days) else 0
    count = int(days.max()) - first + 1 if len(days) else 1
    wide, tall = (WIDTH - LEFT - 10) / count, (HEIGHT - TOP - FOOT) / HOURS
    parts = [*_axes(first, count, wide, tall, language)]
    for one, hour, amount in zip(days.tolist(), hours.tolist(), value.tolist(), strict=True):
        left, top = LEFT + (one - first) * wide, TOP + hour * tall
        shade = _shade((amount - low) / (high - low) if high > low else 0.5)
        parts.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide - 0.6:.1f}" height="{tall - 0.6:.1f}" fill="{shade}"/>'
        )
    ends = " – ".join(number(Decimal(f"{end:.{DIGITS}g}"), language) for end in (low, high))
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 8}">{escape(f"{name}: {ends} {unit}")}</text>')
    return f"{svg_head(WIDTH, HEIGHT)}{''.join(parts)}</svg>"


def _axes(first: int, count: int, wide: float, tall: float, language: Language) -> Iterator[str]:
    for hour in range(0, HOURS, 6):
        yield f'<text x="{LEFT - 8}" y="{TOP + hour * tall + 14:.1f}" text-anchor="end">{hour:02d} h</text>'
    each = max(1, count // 6)
    for place in range(0, count, each):
        text = day(EPOCH + timedelta(days=first + place), language)
        yield f'<text x="{LEFT + place * wide:.1f}" y="{HEIGHT - FOOT + 20}">{text}</text>'


def _shade(share: float) -> str:
    red, green, blue = (round(light + (dark - light) * share) for light, dark in zip(LIGHT, DARK, strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"
