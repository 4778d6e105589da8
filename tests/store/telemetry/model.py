"""The store as a dictionary: what the laws are compared with. Slow, obvious, and of no shared code with the store."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from calha.domain.readings import Batch
from calha.domain.times import DAY_US
from calha.domain.written import CORRECTED, DUPLICATE, LATE, STORED
from calha.store.telemetry import Columns, Telemetry

START = 1_767_225_600_000_000  # 2026-01-01T00:00Z
MINUTE = 60_000_000

Reading = tuple[int, int, float, int]  # series, at, value, quality


def batch_of(readings: Iterable[Reading], delay_us: int = 250_000) -> Batch:
    rows = list(readings)
    return Batch.of(
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        [row[1] + delay_us for row in rows],
    )


class Model:
    """Takes readings one after another."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, int], tuple[float, int]] = {}
        self.newest: dict[int, int] = {}

    def write(self, readings: Iterable[Reading]) -> list[int]:
        return [self._one(*reading) for reading in readings]

    def _one(self, series: int, at: int, value: float, quality: int) -> int:
        newest = self.newest.get(series)
        before = self.rows.get((series, at))
        if before is not None and same(before[0], value) and before[1] == quality:
            return DUPLICATE
        self.rows[series, at] = (value, quality)
        self.newest[series] = at if newest is None else max(newest, at)
        if before is not None:
            return CORRECTED
        return STORED if newest is None or at > newest else LATE

    def of(self, series: int, from_: int, until: int) -> list[tuple[int, float, int]]:
        rows = sorted((at, *row) for (number, at), row in self.rows.items() if number == series)
        return [row for row in rows if from_ <= row[0] < until]


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


def rows_of(telemetry: Telemetry, series: int, from_: int = 0, until: int = 2 * START) -> list[tuple[int, float, int]]:
    found = telemetry.readings([series], from_, until, resolution="raw")[series]
    return list(zip(found.at.tolist(), found.value.tolist(), found.quality.tolist(), strict=True))


def assert_same_rows(telemetry: Telemetry, model: Model, numbers: Iterable[int]) -> None:
    for series in numbers:
        assert repr(rows_of(telemetry, series)) == repr(model.of(series, 0, 2 * START))
        newest = model.newest.get(series)
        if newest is not None:
            assert telemetry.latest.at[series] == newest
            value, quality = model.rows[series, newest]
            assert same(float(telemetry.latest.value[series]), value)
            assert telemetry.latest.quality[series] == quality


def buckets(rows: list[tuple[int, float, int]], begin_of: Any) -> dict[int, dict[str, Any]]:
    """Aggregates by bucket, computed reading by reading."""
    found: dict[int, dict[str, Any]] = {}
    for at, value, quality in rows:
        bucket = found.setdefault(begin_of(at), {"count": 0, "quality": 0, "values": []})
        bucket["quality"] = max(bucket["quality"], quality)
        if quality < 0x80 and not math.isnan(value):
            bucket["count"] += 1
            bucket["values"].append((at, value))
    return found


def assert_same_buckets(columns: Columns, expected: dict[int, dict[str, Any]]) -> None:
    assert columns.minimum is not None and columns.maximum is not None and columns.total is not None
    assert columns.first is not None and columns.last is not None and columns.count is not None
    assert columns.first_at is not None and columns.last_at is not None
    assert columns.at.tolist() == sorted(expected)
    for place, begin in enumerate(columns.at.tolist()):
        bucket = expected[begin]
        assert columns.count[place] == bucket["count"]
        assert columns.quality[place] == bucket["quality"]
        if not bucket["values"]:
            assert np.isnan(columns.value[place])
            assert np.isnan(columns.minimum[place])
            continue
        values = [value for _, value in bucket["values"]]
        assert math.isclose(columns.total[place], math.fsum(values), rel_tol=1e-12, abs_tol=1e-9)
        assert columns.minimum[place] == min(values)
        assert columns.maximum[place] == max(values)
        assert (columns.first_at[place], columns.first[place]) == bucket["values"][0]
        assert (columns.last_at[place], columns.last[place]) == bucket["values"][-1]


def day(number: int) -> int:
    return START + number * DAY_US
