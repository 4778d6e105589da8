"""How a question about a time span is answered from segments, rollups and the hot table; always exact."""

from collections.abc import Sequence

import duckdb
import numpy as np

from calha.domain.quality import Quality
from calha.domain.readings import Micros
from calha.domain.times import DAY_US, HOUR_US
from calha.store.telemetry.columns import Columns, Grid, of_whole_hours
from calha.store.telemetry.downsample import extremes
from calha.store.telemetry.hours import KEPT
from calha.store.telemetry.packing import cold_rows, is_one_of
from calha.store.telemetry.rollup import LEVELS, Partials, days
from calha.store.telemetry.rows import Rows, by_series, filled, split
from calha.store.telemetry.segments import Segment, Segments


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
            return {number: _thinned(Rows.none(), None) for number in series}
        kept = self._with_hours(ids, from_, until)
        if kept and points is not None:
            grid = of_whole_hours(grid)
        hot = self._hot(ids, from_, until)
        if grid.level is None:
            rows = self._readings(ids, from_, until, hot)
            return {number: _thinned(rows[number], points) for number in series}
        parts = self._partials(ids, from_, until, grid, hot)
        found = {number: _bucketed(parts[number], from_, until, grid) for number in series}
        if points is not None:  # so few readings are shown as they are
            sparse = [
                number for number, columns in found.items() if number not in kept and _readings_in(columns) <= points
            ]
            rows = self._readings(sparse, from_, until, hot) if sparse else {}
            found |= {number: _thinned(rows[number], points) for number in sparse}
        return found

    def _readings(self, ids: list[int], from_: Micros, until: Micros, hot: dict[int, Rows]) -> dict[int, Rows]:
        parts: dict[int, list[Rows]] = {number: [] for number in ids}
        for segment in self._segments_of(from_, until):
            cold = self._raw(segment, ids, from_, until)
            for number in ids:
                rows = cold.get(number, Rows.none())
                if number in hot:
                    rows = rows.overridden_by(hot[number].between(segment.from_at, segment.until_at))
                parts[number].append(rows)
        for number, rows in hot.items():
            parts[number].append(rows.between(self._horizon, until))
        return {number: Rows.concatenate(parts[number]) for number in ids}

    def _partials(
        self, ids: list[int], from_: Micros, until: Micros, grid: Grid, hot: dict[int, Rows]
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

    def _hot(self, ids: list[int], from_: Micros, until: Micros) -> dict[int, Rows]:
        found = self._con.execute(
            f"SELECT series, event_at, value, quality FROM hot WHERE {is_one_of(ids)} AND event_at >= ? AND event_at < ?",
            [from_, until],
        ).fetchnumpy()
        return by_series(found)

    def _of_segment(
        self,
        segment: Segment,
        ids: list[int],
        from_: Micros,
        until: Micros,
        grid: Grid,
        hot: dict[int, Rows],
        overridden: set[int],
    ) -> dict[int, Partials]:
        level = grid.rollup
        rolled: frozenset[int] = frozenset()
        if level is not None and self._files.has(segment, level):
            rolled = segment.rolled.get(level, rolled)
        hours = self._hours(segment, ids, from_, until) if grid.bucket_us % HOUR_US == 0 else {}
        from_rollup = [number for number in ids if number in rolled - overridden - hours.keys()]
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
            readings = self._raw(segment, from_raw, from_, until)
            for number in from_raw:
                rows = readings.get(number, Rows.none())
                if number in overridden:
                    rows = rows.overridden_by(hot[number].between(segment.from_at, segment.until_at))
                found[number] = rows.partials()
                if number in hours:
                    found[number] = hours[number].beside(rows.outside_hours(hours[number].at).partials())
        return found

    def _with_hours(self, ids: list[int], from_: Micros, until: Micros) -> set[int]:
        """The series that have kept hours in the span."""
        return {
            number for segment in self._segments_of(from_, until) for number in self._hours(segment, ids, from_, until)
        }

    def _hours(self, segment: Segment, ids: list[int], from_: Micros, until: Micros) -> dict[int, Partials]:
        chosen = [number for number in ids if number in segment.rolled.get(KEPT, frozenset())]
        if not chosen or not self._files.has(segment, KEPT):
            return {}
        return self._rollup(segment, KEPT, chosen, -(-from_ // HOUR_US) * HOUR_US, until - HOUR_US + 1)

    def _raw(self, segment: Segment, ids: list[int], from_: Micros, until: Micros) -> dict[int, Rows]:
        if not self._files.has(segment):
            return {}
        found = self._con.execute(
            f"""
            SELECT series, event_at, value, quality FROM ({cold_rows([self._files.path(segment)])})
            WHERE {is_one_of(ids)} AND event_at >= ? AND event_at < ?
            """,
            [from_, until],
        ).fetchnumpy()
        return by_series(found)

    def _rollup(
        self, segment: Segment, level: str, ids: list[int], from_: Micros, until: Micros
    ) -> dict[int, Partials]:
        found = self._con.execute(
            f"""
            SELECT * FROM read_parquet(?) WHERE {is_one_of(ids)} AND bucket >= ? AND bucket < ?
            """,
            [self._files.path(segment, level), from_, until],
        ).fetchnumpy()
        columns = {name: filled(column) for name, column in found.items()}
        order = np.lexsort((columns["bucket"], columns["series"]))
        parts = {}
        for number, rows in split(columns["series"][order]):
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


def _thinned(rows: Rows, points: int | None) -> Columns:
    if points is not None:
        good = np.where(rows.quality < Quality.BAD, rows.value, np.nan)
        chosen = extremes(rows.at, good, points)
        rows = Rows(rows.at[chosen], rows.value[chosen], rows.quality[chosen])
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
