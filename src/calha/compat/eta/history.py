"""What sensors have measured, as ETA flow's routes ask for it. Synchronous questions to the store, for a thread.

INST are the readings. HORA and DIA are the means of their hours and days, computed from the readings; where there are none,
a mean that was sent or imported stands in, and for a day the mean of such hours. What failed is in no mean and no curve.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from fastapi import HTTPException
from numpy.typing import NDArray

from calha.compat.eta.filters import Window, day_of, hour_of, offset_us
from calha.compat.eta.ids import KINDS
from calha.compat.eta.parts import Parts
from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, EARLIEST, HOUR_US
from calha.store.eta import EtaSensorRow, Picture
from calha.store.telemetry.columns import Columns

MAX_ROWS = 200_000  # of one answer
PAGE_DAYS, PAGE_ROWS = 31, 50_000  # that are looked at in one go, but a day at least


class Curve(NamedTuple):
    """at: of each value, by time; none has failed."""

    at: NDArray[np.int64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.at)


class Measurement(NamedTuple):
    """value: NaN for one that has none. failed: as its sender said, or because it has none."""

    at: Micros
    sensor: EtaSensorRow
    kind: str
    value: float
    failed: bool


def curve(parts: Parts, sensor: EtaSensorRow, kind: str, window: Window) -> Curve:
    """Answers 400 when it would be longer than MAX_ROWS."""
    if kind not in KINDS or window.since >= window.until:
        return _curve_of({})
    if kind == "INST":
        return _readings(parts, sensor, window)
    whole = window.of_buckets(kind)
    return _curve_of(_hours(parts, sensor, whole) if kind == "HORA" else _days(parts, sensor, whole))


def measurements(parts: Parts, picture: Picture, since: Micros, until: Micros) -> list[Measurement]:
    """All of all sensors and kinds, by time. Answers 400 when a longer time than a day has more than MAX_ROWS."""
    owners = _owners(parts, picture)
    found = parts.telemetry.readings(list(owners), since, until, resolution="raw")
    if until - since > DAY_US:
        _require_short(sum(len(columns.at) for columns in found.values()))
    rows = [
        Measurement(at, *owners[series], value, quality >= Quality.BAD)
        for series, columns in found.items()
        for at, value, quality in zip(
            columns.at.tolist(), columns.value.tolist(), columns.quality.tolist(), strict=True
        )
    ]
    return sorted(rows, key=lambda row: (row.at, row.sensor.id, KINDS.index(row.kind)))


def oldest_first(parts: Parts, picture: Picture, zone: ZoneInfo) -> Iterator[list[Measurement]]:
    """All there is, a month at a time."""
    for since, until in _spans(parts, picture, zone):
        yield measurements(parts, picture, since, until)


def newest_first(parts: Parts, picture: Picture, zone: ZoneInfo) -> Iterator[list[Measurement]]:
    """Months from the newest to the oldest, each by time."""
    for since, until in reversed(_spans(parts, picture, zone)):
        yield measurements(parts, picture, since, until)


def _owners(parts: Parts, picture: Picture) -> Mapping[int, tuple[EtaSensorRow, str]]:
    """Sensor and kind of each series."""
    return {
        series: (sensor, kind)
        for sensor in picture.sensors.values()
        for kind in KINDS
        if (series := parts.series(sensor, kind)) is not None
    }


def _spans(parts: Parts, picture: Picture, zone: ZoneInfo) -> list[tuple[Micros, Micros]]:
    """Times of about a month, or less of a busy one, that together hold all measurements."""
    spans: list[tuple[Micros, Micros]] = []
    rows = 0
    for begin, count in sorted(_rows_by_day(parts, picture, zone).items()):
        end, rows = day_of(begin, zone)[1], rows + count
        if spans and begin - spans[-1][0] < PAGE_DAYS * DAY_US and rows <= PAGE_ROWS:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
            rows = count
    return spans


def _rows_by_day(parts: Parts, picture: Picture, zone: ZoneInfo) -> Mapping[Micros, int]:
    """How many measurements each day has; 0 for one on which all failed."""
    series = list(_owners(parts, picture))
    days = parts.telemetry.readings(series, EARLIEST, parts.clock() + DAY_US, resolution="1d", zone=zone)
    found: dict[Micros, int] = {}
    for columns in days.values():
        counts = columns.count if columns.count is not None else np.zeros(len(columns.at), np.int64)
        for at, count in zip(columns.at.tolist(), counts.tolist(), strict=True):
            found[at] = found.get(at, 0) + count
    return found


def _readings(parts: Parts, sensor: EtaSensorRow, window: Window) -> Curve:
    series = [sensor.series]
    if window.until - window.since > PAGE_DAYS * DAY_US:
        days = parts.telemetry.readings(series, window.since, window.until, resolution="1d", zone=window.zone)
        counts = days[sensor.series].count
        _require_short(int(counts.sum()) if counts is not None else 0)
    found = parts.telemetry.readings(series, window.since, window.until, resolution="raw")[sensor.series]
    good = (found.quality < Quality.BAD) & ~np.isnan(found.value)
    _require_short(int(good.sum()))
    return Curve(found.at[good], found.value[good])


def _hours(parts: Parts, sensor: EtaSensorRow, window: Window) -> dict[Micros, float]:
    computed = _means_of_hours(parts, sensor.series, window)
    return _sent(parts, sensor, "HORA", window) | computed


def _days(parts: Parts, sensor: EtaSensorRow, window: Window) -> dict[Micros, float]:
    computed = _means_of_days(parts, sensor.series, window)
    hours = parts.series(sensor, "HORA")
    of_hours = _means_of_days(parts, hours, window) if hours is not None else {}
    return of_hours | _sent(parts, sensor, "DIA", window) | computed


def _means_of_hours(parts: Parts, series: int, window: Window) -> dict[Micros, float]:
    """In a zone whose hours are not those of UTC, put together from quarters of an hour."""
    is_whole = offset_us(window.since, window.zone) % HOUR_US == 0
    resolution = "1h" if is_whole else "15m"
    found = parts.telemetry.readings([series], window.since, window.until, resolution=resolution)[series]
    if is_whole:
        return _means(found)
    totals: dict[Micros, float] = {}
    counts: dict[Micros, int] = {}
    assert found.total is not None
    assert found.count is not None
    for at, total, count in zip(found.at.tolist(), found.total.tolist(), found.count.tolist(), strict=True):
        hour = hour_of(at, window.zone)
        totals[hour] = totals.get(hour, 0.0) + total
        counts[hour] = counts.get(hour, 0) + count
    return {hour: totals[hour] / count for hour, count in counts.items() if count}


def _means_of_days(parts: Parts, series: int, window: Window) -> dict[Micros, float]:
    asked = parts.telemetry.readings([series], window.since, window.until, resolution="1d", zone=window.zone)
    return _means(asked[series])


def _sent(parts: Parts, sensor: EtaSensorRow, kind: str, window: Window) -> dict[Micros, float]:
    """The means that were sent, by the begin of their hour or day."""
    series = parts.series(sensor, kind)
    if series is None:
        return {}
    found = parts.telemetry.readings([series], window.since, window.until, resolution="raw")[series]
    good = (found.quality < Quality.BAD) & ~np.isnan(found.value)
    pairs = zip(found.at[good].tolist(), found.value[good].tolist(), strict=True)
    return {_begin(kind, at, window.zone): value for at, value in pairs}


def _begin(kind: str, at: Micros, zone: ZoneInfo) -> Micros:
    return day_of(at, zone)[0] if kind == "DIA" else hour_of(at, zone)


def _means(columns: Columns) -> dict[Micros, float]:
    pairs = zip(columns.at.tolist(), columns.value.tolist(), strict=True)
    return {at: value for at, value in pairs if value == value}  # a bucket of failed readings only has no mean


def _curve_of(means: Mapping[Micros, float]) -> Curve:
    _require_short(len(means))
    times: Sequence[Micros] = sorted(means)
    return Curve(np.array(times, np.int64), np.array([means[at] for at in times], np.float64))


def _require_short(rows: int) -> None:
    if rows > MAX_ROWS:
        detail = f"O período tem {rows} medições; peça no máximo {MAX_ROWS}, ou a média por hora."
        raise HTTPException(400, detail)
