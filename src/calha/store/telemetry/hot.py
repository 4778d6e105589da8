"""The table of recent, late and corrected readings: at most one row for a series and time, in the order of arrival."""

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Batch, Micros
from calha.domain.times import HOUR_US
from calha.store.telemetry.packing import cold_rows
from calha.store.telemetry.segments import NOT_YET

# Without the second, always empty source DuckDB prepares a parallel insert, which takes twice as long for 60,000 rows.
# It takes NaN in numpy's columns for NULL; coalesce gives it back.
_INSERT = """
INSERT INTO hot
SELECT series, event_at, coalesce(value, 'nan'::DOUBLE), quality, arrived_at, ? FROM arrived
UNION ALL FROM hot WHERE seq < 0
"""
_REMOVE = """
DELETE FROM hot USING replaced
WHERE hot.series = replaced.series AND hot.event_at = replaced.event_at AND hot.event_at BETWEEN ? AND ?
"""
_LOOK_UP_HOT = """
SELECT place, value, quality FROM asked JOIN hot USING (series, event_at) WHERE hot.event_at BETWEEN ? AND ?
"""
_LOOK_UP_COLD = """
SELECT place, value, quality FROM asked JOIN ({}) AS cold USING (series, event_at)
WHERE cold.event_at BETWEEN ? AND ? AND cold.series BETWEEN ? AND ?
"""


def insert(con: duckdb.DuckDBPyConnection, rows: Batch, seq: int) -> None:
    if not len(rows):
        return
    con.register(
        "arrived",
        {
            "series": rows.series,
            "event_at": rows.at,
            "value": rows.value,
            "quality": rows.quality,
            "arrived_at": rows.arrived_at,
        },
    )
    con.execute(_INSERT, [seq])
    con.unregister("arrived")


def remove(con: duckdb.DuckDBPyConnection, rows: Batch) -> int:
    """Remove the rows with the series and times of these; how many there were."""
    if not len(rows):
        return 0
    con.register("replaced", {"series": rows.series, "event_at": rows.at})
    removed = con.execute(_REMOVE, [int(rows.at.min()), int(rows.at.max())]).fetchone()
    con.unregister("replaced")
    return int(removed[0]) if removed else 0


def look_up(
    con: duckdb.DuckDBPyConnection, cold: Sequence[str], series: NDArray[np.int32], at: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.uint8]]:
    """(place in these arrays, value, quality) of the readings that the hot table or the files `cold` have."""
    low, high = int(at.min()), int(at.max())
    con.register("asked", {"place": np.arange(len(at)), "series": series, "event_at": at})
    parts = [con.execute(_LOOK_UP_HOT, [low, high]).fetchnumpy()]
    bounds = [low, high, int(series.min()), int(series.max())]
    parts += [con.execute(_LOOK_UP_COLD.format(cold_rows([path])), bounds).fetchnumpy() for path in cold]
    con.unregister("asked")
    place, value, quality = (np.concatenate([part[name] for part in parts]) for name in ("place", "value", "quality"))
    _, first = np.unique(place, return_index=True)  # the hot table comes first and wins
    return place[first], value[first], quality[first]


def rows_by_hour(con: duckdb.DuckDBPyConnection, until: Micros, seq: int) -> dict[int, int]:
    """Number of readings before `until` and stored up to a log sequence, by hour since 1970."""
    found: list[Any] = con.execute(
        "SELECT event_at // ? AS hour, count(*) FROM hot WHERE event_at < ? AND seq <= ? GROUP BY hour",
        [HOUR_US, until, seq],
    ).fetchall()
    return dict(found)


def count(con: duckdb.DuckDBPyConnection) -> int:
    row = con.execute("SELECT count(*) FROM hot").fetchone()
    return int(row[0]) if row else 0


def since(con: duckdb.DuckDBPyConnection) -> Micros:
    """Event time of the earliest row; NOT_YET without any."""
    row = con.execute("SELECT min(event_at) FROM hot").fetchone()
    return NOT_YET if row is None or row[0] is None else int(row[0])
