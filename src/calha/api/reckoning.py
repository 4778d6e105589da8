"""Calculated series out of the store: at which resolution, within which limits, and as an answer."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from calha.api.routes.readings import MAX_ROWS_IN_MEMORY, gap_ms
from calha.api.schemas_explore import CalculatedAnswer
from calha.domain import quality
from calha.domain.calculated import Input, Points, calculated
from calha.domain.errors import TooLarge
from calha.domain.formulas import Compiled
from calha.domain.readings import Micros
from calha.domain.times import to_datetime
from calha.store.telemetry import Columns, Telemetry
from calha.store.telemetry.columns import grid_for
from calha.store.telemetry.downsample import extremes
from calha.store.telemetry.rollup import LEVELS

FINER = 4  # times as many buckets as points are wanted, at most: levels are far apart


@dataclass(frozen=True, slots=True)
class Reckoned:
    """gap_ms: the distance above which there is a gap between two points."""

    resolution: str
    points: Points
    gap_ms: float | None


def reckoned(
    telemetry: Telemetry,
    formula: Compiled,
    series: Mapping[str, int],
    zone: ZoneInfo,
    since: Micros,
    until: Micros,
    points: int,
) -> Reckoned:
    """About so many points of a formula. series: by the letters that it names. Raises TooLarge."""
    resolution = _resolution(since, until, points)
    columns = telemetry.readings(sorted(set(series.values())), since, until, resolution=resolution, zone=zone)
    if sum(len(one.at) for one in columns.values()) > MAX_ROWS_IN_MEMORY:
        raise TooLarge("more than two million readings; ask for a shorter time", "too_many_readings")
    gaps = [gap for one in columns.values() if (gap := gap_ms(one)) is not None]
    whole = calculated(formula, [_input(letter, columns[number]) for letter, number in series.items()])
    kept = extremes(whole.at, whole.value, points)
    shown = Points(whole.at[kept], whole.value[kept], whole.quality[kept])
    return Reckoned(resolution, shown, max(gaps, default=None))


def calculated_answer(found: Reckoned, since: Micros, until: Micros) -> CalculatedAnswer:
    points = found.points
    content = {
        "from": to_datetime(since),
        "to": to_datetime(max(since, until)),
        "resolution": found.resolution,
        "t": (points.at / 1000).tolist(),
        "value": [None if math.isnan(value) else value for value in points.value.tolist()],
        "quality": [quality.label(code) for code in points.quality.tolist()],
        "gap_ms": found.gap_ms,
    }
    return CalculatedAnswer.model_validate(content)


def _resolution(since: Micros, until: Micros, points: int) -> str:
    """The finest level with not many more buckets than points, as all inputs need the same."""
    if grid_for(since, until, points, None, None).level is None:
        return "raw"
    fitting = [name for name, length in LEVELS.items() if (until - since) / length <= FINER * points]
    return fitting[0] if fitting else "1d"


def _input(letter: str, columns: Columns) -> Input:
    held_ms = 0.0 if columns.bucket_us else gap_ms(columns) or 0.0
    return Input(letter, columns.at, columns.value, columns.quality, int(held_ms * 1000))
