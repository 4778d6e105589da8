"""How a question about a time span is answered from segments, rollups and the hot table; always exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Micros
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US
from calha.store.telemetry.downsample import extremes
from calha.store.telemetry.rollup import LEVELS, Floats, Ints, Partials, days
from calha.store.telemetry.segments import Segment, Segments


@dataclass(frozen=True, slots=True)
class Columns:
    """Points of one series, by time. resolution "raw": single readings, and the aggregates are None.

    Otherwise at is the begin of each bucket, value the mean, total the sum; NaN where a bucket has no good reading.
    bucket_us: length of a bucket, 0 for raw.
    """

    at: Ints
    value: Floats
    quality: NDArray[np.uint8]
    resolution: str = "raw"
    bucket_us: int = 0
    minimum: Floats | None = None
    maximum: Floats | None = None
    first: Floats | None = None
    last: Floats | None = None
    total: Floats | None = None
    count: Ints | None = None
    first_at: Ints | None = None
    last_at: Ints | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """Buckets to answer with: a multiple of a level, or days of a zone. `level` None: single readings."""

    level: str | None
    bucket_us: int = 0
    zone: ZoneInfo | None = None

    @property
    def label(self) -> str:
        if self.level is None:
            return "raw"
        for unit, length in (("d", DAY_US), ("h", HOUR_US)):
            if self.bucket_us % length == 0:
                return f"{self.bucket_us // length}{unit}"
        return f"{self.bucket_us // MINUTE_US}m"

    @property
    def rollup(self) -> str | None:
        """The level from which the buckets can be made."""
        if self.level != "1d":
            return self.level
        if self.zone is None:
            return "1h"
        return "15m"  # offsets of zones are multiples of 15 min


def grid_for(from_: Micros, until: Micros, points: int | None, resolution: str | None, zone: ZoneInfo | None) -> Grid:
    """The asked resolution, or the coarsest buckets of which about `points` cover the span."""
    if resolution is not None:
        return Grid(None) if resolution == "raw" else Grid(resolution, LEVELS[resolution], zone)
    if points is None:
        return Grid(None)
    wanted_us = (until - from_) / points
    if wanted_us < MINUTE_US:
        return Grid(None)
    level = max((name for name, length in LEVELS.items() if length <= wanted_us), key=LEVELS.__getitem__)
    return Grid(level, int(-(-wanted_us // LEVELS[level])) * LEVELS[level], zone)


class Reader:
    """Answers one question on one cursor."""

    def __init__(self, con: duckdb.DuckDBPyConnection, files: Segments, segments: Sequence[Segment]) -> None:
        self._con = con
        self._files = files
        self._segments = segments
        self._horizon = segments[-1].until_at if segments else 0

    def columns(
        self, series: Sequence[int], from_: Micros, until: Micros, grid: Grid, points: int | None
    ) -> dict[int, Columns]:
        ids = sorted(set(series))
        if not ids or from_ >= until:
            return {number: _thinned(_Rows.none(), None) for number in series}
        hot = self._hot(ids, from_, until)
        if grid.level is None:
            rows = self._readings(ids, from_, until, hot)
            return {number: _thinned(rows[number], points) for number in series}
        parts = self._partials(ids, from_, until, grid, hot)
        found = {number: _bucketed(parts[number], from_, until, grid) for number in series}
        if points is not None:  # so few readings are shown as they are
            sparse = [number for number, columns in found.items() if _readings_in(columns) <= points]
            rows = self._readings(sparse, from_, until, hot) if sparse else {}
            found |= {number: _thinned(rows[number], points) for number in sparse}
        return found

    def _readings(self, ids: list[int], from_: Micros, until: Micros, hot: "dict[int, _Rows]") -> "dict[int, _Rows]":
        parts: dict[int, list[_Rows]] = {number: [] for number in ids}
        for segment in self._segments_of(from_, until):
            cold = self._raw(segment, ids, from_, until)
            for number in ids:
                rows = cold.get(number, _Rows.none())
                if number in hot:
                    rows = rows.overridden_by(hot[number].between(segment.from_at, segment.until_at))
                parts[number].append(rows)
        for number, rows in hot.items():
            parts[number].append(rows.between(self._horizon, until))
        return {number: _Rows.concatenate(parts[number]) for number in ids}

    def _partials(
        self, ids: list[int], from_: Micros, until: Micros, grid: Grid, hot: "dict[int, _Rows]"
    ) -> dict[int, list[Partials]]:
        parts: dict[int, list[Partials]] = {number: [] for number in ids}
        for segment in self._segments_of(from_, until):
            overridden = {
                number for number, rows in hot.items() if len(rows.between(segment.from_at, segment.until_at).at)
            }
            for number, part in self._of_segment(segment, ids, from_, until, grid, hot, overridden).items():
                parts[number].append(part)
        for number, rows in hot.items():
            parts[number].append(rows.between(self._horizon, until).partials())
        return parts

    def _segments_of(self, from_: Micros, until: Micros) -> list[Segment]:
        return [segment for segment in self._segments if segment.overlaps(from_, until)]

    def _hot(self, ids: list[int], from_: Micros, until: Micros) -> "dict[int, _Rows]":
        found = self._con.execute(
            """
            SELECT series, event_at, value, quality FROM hot
            WHERE series IN (SELECT unnest(?)) AND event_at >= ? AND event_at < ?
            """,
            [ids, from_, until],
        ).fetchnumpy()
        return _by_series(found)

    def _of_segment(
        self,
        segment: Segment,
        ids: list[int],
        from_: Micros,
        until: Micros,
        grid: Grid,
        hot: "dict[int, _Rows]",
        overridden: set[int],
    ) -> dict[int, Partials]:
        level = grid.rollup
        rolled = segment.rolled.get(level, frozenset()) if level is not None else frozenset()
        from_rollup = [number for number in ids if number in rolled and number not in overridden]
        from_raw = [number for number in ids if number not in from_rollup]
        found: dict[int, Partials] = {}
        if from_rollup and level is not None:
            inner_from = -(-from_ // LEVELS[level]) * LEVELS[level]
            inner_until = until - until % LEVELS[level]
            if inner_from < inner_until:
                found = self._rollup(segment, level, from_rollup, inner_from, inner_until)
                edges = [(from_, inner_from), (inner_until, until)]
                for begin, end in edges:
                    if begin < end and segment.overlaps(begin, end):
                        for number, rows in self._raw(segment, from_rollup, begin, end).items():
                            edge = rows.partials()
                            there = found.get(number, Partials.none())
                            found[number] = Partials.concatenate([edge, there] if end == inner_from else [there, edge])
            else:
                from_raw = ids
        if from_raw:
            rows_by_series = self._raw(segment, from_raw, from_, until)
            for number in from_raw:
                rows = rows_by_series.get(number, _Rows.none())
                if number in overridden:
                    rows = rows.overridden_by(hot[number].between(segment.from_at, segment.until_at))
                found[number] = rows.partials()
        return found

    def _raw(self, segment: Segment, ids: list[int], from_: Micros, until: Micros) -> "dict[int, _Rows]":
        found = self._con.execute(
            f"""
            SELECT series, event_at, value, quality FROM read_parquet(?)
            WHERE {_is_one_of(ids)} AND event_at >= ? AND event_at < ?
            """,
            [self._files.path(segment), from_, until],
        ).fetchnumpy()
        return _by_series(found)

    def _rollup(
        self, segment: Segment, level: str, ids: list[int], from_: Micros, until: Micros
    ) -> dict[int, Partials]:
        found = self._con.execute(
            f"""
            SELECT * FROM read_parquet(?) WHERE {_is_one_of(ids)} AND bucket >= ? AND bucket < ?
            """,
            [self._files.path(segment, level), from_, until],
        ).fetchnumpy()
        columns = {name: _filled(column) for name, column in found.items()}
        order = np.lexsort((columns["bucket"], columns["series"]))
        parts = {}
        for number, rows in _split(columns["series"][order]):
            chosen = order[rows]
            parts[number] = Partials(
                columns["bucket"][chosen],
                columns["count"][chosen].astype(np.int64),
                columns["total"][chosen],
                columns["minimum"][chosen],
                columns["maximum"][chosen],
                columns["first"][chosen],
                columns["first_at"][chosen],
                columns["last"][chosen],
                columns["last_at"][chosen],
                columns["quality"][chosen],
            )
        return parts


@dataclass(frozen=True, slots=True)
class _Rows:
    at: Ints
    value: Floats
    quality: NDArray[np.uint8]

    @classmethod
    def none(cls) -> "_Rows":
        return cls(np.array([], np.int64), np.array([]), np.array([], np.uint8))

    @classmethod
    def concatenate(cls, parts: "list[_Rows]") -> "_Rows":
        if not parts:
            return cls.none()
        columns = ([getattr(part, name) for part in parts] for name in ("at", "value", "quality"))
        return cls(*(np.concatenate(column) for column in columns))

    def partials(self) -> Partials:
        return Partials.of_readings(self.at, self.value, self.quality)

    def take(self, chosen: NDArray[np.bool_]) -> "_Rows":
        return _Rows(self.at[chosen], self.value[chosen], self.quality[chosen])

    def between(self, from_: Micros, until: Micros) -> "_Rows":
        return self.take((self.at >= from_) & (self.at < until))

    def overridden_by(self, other: "_Rows") -> "_Rows":
        """Both together by time; where both have a reading, the other's."""
        kept = self.take(~np.isin(self.at, other.at))
        at = np.concatenate([kept.at, other.at])
        order = np.argsort(at, kind="stable")
        return _Rows(
            at[order],
            np.concatenate([kept.value, other.value])[order],
            np.concatenate([kept.quality, other.quality])[order],
        )


def _thinned(rows: _Rows, points: int | None) -> Columns:
    if points is not None:
        chosen = extremes(rows.at, rows.value, points)
        rows = _Rows(rows.at[chosen], rows.value[chosen], rows.quality[chosen])
    return Columns(rows.at, rows.value, rows.quality)


def _readings_in(columns: Columns) -> int:
    return int(columns.count.sum()) if columns.count is not None else 0


def _bucketed(parts: list[Partials], from_: Micros, until: Micros, grid: Grid) -> Columns:
    whole = Partials.concatenate(parts) if parts else Partials.none()
    if grid.level == "1d" and grid.zone is not None:
        merged = whole.merged(days(from_, until, grid.zone, grid.bucket_us // DAY_US))
    else:
        merged = whole.merged_by(grid.bucket_us)
    return Columns(
        merged.at,
        merged.mean,
        merged.quality,
        grid.label,
        grid.bucket_us,
        merged.minimum,
        merged.maximum,
        merged.first,
        merged.last,
        merged.total,
        merged.count,
        merged.first_at,
        merged.last_at,
    )


def _by_series(found: dict[str, Any]) -> dict[int, _Rows]:
    columns = {name: _filled(column) for name, column in found.items()}
    order = np.lexsort((columns["event_at"], columns["series"]))
    return {
        number: _Rows(columns["event_at"][order[rows]], columns["value"][order[rows]], columns["quality"][order[rows]])
        for number, rows in _split(columns["series"][order])
    }


def _split(series: Ints) -> list[tuple[int, slice]]:
    """(series, its rows) of a sorted column."""
    if not len(series):
        return []
    starts = np.flatnonzero(np.concatenate([[True], series[1:] != series[:-1]]))
    ends = np.append(starts[1:], len(series))
    return [(int(series[begin]), slice(begin, end)) for begin, end in zip(starts, ends, strict=True)]


def _filled(column: Any) -> Any:  # noqa: ANN401 - an array of whichever kind the column has
    """A column without a mask: NaN, or no time, where the database has NULL."""
    if isinstance(column, np.ma.MaskedArray):
        return column.filled(np.nan if column.dtype.kind == "f" else np.iinfo(np.int64).min)
    return column


def _is_one_of(ids: Sequence[int]) -> str:
    """A condition that DuckDB can check against the statistics of row groups; ids are integers of ours."""
    if len(ids) == 1:
        return f"series = {int(ids[0])}"
    listed = ", ".join(str(int(number)) for number in ids)
    return f"series IN ({listed}) AND series BETWEEN {int(min(ids))} AND {int(max(ids))}"
