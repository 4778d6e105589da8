"""The newest reading of every series, in memory. Only a later event time changes it, whatever arrives when."""

from collections.abc import Iterable, Sequence
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Batch, Micros

_KEPT = """
SELECT series, event_at, coalesce(value, 'nan'::DOUBLE) AS value, quality, arrived_at, seq FROM latest ORDER BY series
"""
_NEWER = """
SELECT series, event_at, value, quality, arrived_at, seq FROM hot WHERE seq > ?
QUALIFY event_at = max(event_at) OVER (PARTITION BY series) ORDER BY series
"""

NEVER = np.iinfo(np.int64).min
FIRST_SIZE = 1_024


class Latest:
    """Arrays indexed by series id. at is NEVER where a series has no reading; seq: log sequence that set it."""

    def __init__(self) -> None:
        self.at = np.full(FIRST_SIZE, NEVER, np.int64)
        self.value = np.full(FIRST_SIZE, np.nan)
        self.quality = np.zeros(FIRST_SIZE, np.uint8)
        self.arrived_at = np.zeros(FIRST_SIZE, np.int64)
        self.seq = np.full(FIRST_SIZE, -1, np.int64)

    def reach(self, highest: int) -> None:
        """Make room for a series id. `at` grows after the values, `seq` after `at`: other threads go by their length."""
        if highest < len(self.at):
            return
        added = max(highest + 1, 2 * len(self.at)) - len(self.at)
        self.value = np.concatenate([self.value, np.full(added, np.nan)])
        self.quality = np.concatenate([self.quality, np.zeros(added, np.uint8)])
        self.arrived_at = np.concatenate([self.arrived_at, np.zeros(added, np.int64)])
        self.at = np.concatenate([self.at, np.full(added, NEVER, np.int64)])
        self.seq = np.concatenate([self.seq, np.full(added, -1, np.int64)])

    def take(self, batch: Batch, seq: "int | NDArray[np.int64]") -> None:
        """Readings sorted by series and time, at most one for a series and time; equal times replace."""
        if not len(batch):
            return
        self.reach(int(batch.series.max()))
        is_last = np.append(batch.series[1:] != batch.series[:-1], True)
        newest = batch.take(is_last)
        wins = newest.at >= self.at[newest.series]
        newest = newest.take(wins)
        series = newest.series
        self.value[series] = newest.value
        self.quality[series] = newest.quality
        self.arrived_at[series] = newest.arrived_at
        self.seq[series] = seq if isinstance(seq, int) else seq[is_last][wins]
        self.at[series] = newest.at

    def has_any(self, series: Sequence[int]) -> bool:
        """Whether one of the series has a reading."""
        return any(number < len(self.at) and self.at[number] != NEVER for number in series)

    def newest_at(self, series: Iterable[int]) -> Micros:
        """Event time of the newest reading of these series; NEVER without any."""
        return max((int(self.at[one]) for one in series if one < len(self.at)), default=NEVER)

    def newest_arrival(self, series: Sequence[int]) -> int:
        """When the newest reading of these series arrived; 0 without any."""
        return max((int(self.arrived_at[one]) for one in series if one < len(self.arrived_at)), default=0)

    def load(self, con: duckdb.DuckDBPyConnection, kept_seq: int) -> None:
        """From the table of newest values, and what was stored after the log sequence up to which that is complete."""
        for found in (con.execute(_KEPT).fetchnumpy(), con.execute(_NEWER, [kept_seq]).fetchnumpy()):
            columns = (found[name] for name in ("series", "event_at", "value", "quality", "arrived_at"))
            self.take(Batch(*columns), found["seq"])

    def changed_since(self, seq: int, series: "NDArray[Any] | None" = None) -> NDArray[np.int64]:
        """Ids of the series (of these, or of all) whose newest reading came with a later log sequence than `seq`."""
        size = len(self.seq)  # grows last
        if series is None:
            return np.flatnonzero((self.seq[:size] > seq) & (self.at[:size] != NEVER)).astype(np.int64)
        known = series[series < size]
        changed: NDArray[np.int64] = known[(self.seq[known] > seq) & (self.at[known] != NEVER)].astype(np.int64)
        return changed
