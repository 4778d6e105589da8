"""What was stored after a log sequence: for whoever derives something from readings and wants to know what to derive anew."""

from dataclasses import dataclass

import duckdb
import numpy as np
from numpy.typing import NDArray

from calha.domain.times import DAY_US
from calha.store.telemetry.rows import filled

_TOUCHED = f"""
SELECT series, min(event_at) AS first_at, max(event_at) AS last_at, max(event_at - arrived_at) AS ahead
FROM hot WHERE seq > ? AND seq <= ? GROUP BY series, event_at // {DAY_US} ORDER BY first_at, series
"""

_STORED = "SELECT series, event_at, value, quality, seq FROM hot WHERE seq > ? AND seq <= ? ORDER BY seq"
_LAST_OF_SOME = "SELECT max(seq), count(*) FROM (SELECT seq FROM hot WHERE seq > ? ORDER BY seq LIMIT ?)"


@dataclass(frozen=True, slots=True)
class Touched:
    """A line for each series and UTC day with new or corrected readings: the first and the last of them, and the most by
    which one was ahead of its arrival. through_seq: the log sequence up to which this is complete.
    """

    series: NDArray[np.int32]
    first_at: NDArray[np.int64]
    last_at: NDArray[np.int64]
    ahead_us: NDArray[np.int64]
    through_seq: int


def touched(con: duckdb.DuckDBPyConnection, after_seq: int) -> Touched:
    row = con.execute("SELECT committed_seq FROM progress").fetchone()
    assert row is not None
    through = int(row[0])
    found = con.execute(_TOUCHED, [after_seq, through]).fetchnumpy()
    return Touched(found["series"], found["first_at"], found["last_at"], found["ahead"], through)


@dataclass(frozen=True, slots=True)
class Stored:
    """Readings in the order in which they were stored. through_seq: the log sequence up to which this is complete."""

    series: NDArray[np.int32]
    at: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    through_seq: int


def stored(con: duckdb.DuckDBPyConnection, after_seq: int, about: int) -> Stored:
    """What was stored after a log sequence and has not become cold; whole log messages, with about so many readings."""
    row = con.execute("SELECT committed_seq FROM progress").fetchone()
    some = con.execute(_LAST_OF_SOME, [after_seq, about]).fetchone()
    assert row is not None
    assert some is not None
    through = int(some[0]) if some[1] >= about else int(row[0])
    found = {name: filled(column) for name, column in con.execute(_STORED, [after_seq, through]).fetchnumpy().items()}
    return Stored(found["series"], found["event_at"], found["value"], found["quality"], through)
