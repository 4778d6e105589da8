"""All that is remembered of many series: arrays with a place for each series along their last axis.

Rows are given to series as they come and are never taken back; room grows by doubling up to MAX_SERIES.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from calha.domain.errors import CalhaError
from calha.watch.anomaly.events import Kind
from calha.watch.anomaly.keeping import Columns, Unreadable
from calha.watch.anomaly.reckoning import Floats, widened
from calha.watch.anomaly.seasons import Rows, Seasons
from calha.watch.anomaly.usual import NUMBERS, WARM_UP, Usual, folded, unfolded

MAX_SERIES = 200_000
FIRST_ROOM = 64

_READINGS, _LEVEL, _HOUR_SUM, _HOUR_COUNT, _SEASON, _LAST = (
    Usual._fields.index(name) for name in ("readings", "level", "hour_sum", "hour_count", "season", "last")
)
_NEVER = np.iinfo(np.int64).min


class TooManySeries(CalhaError):
    """More than MAX_SERIES are not watched."""


class Learnt:
    """ids: series id of each row. at: time of its newest reading. may: how much of each kind it may show, in limits.

    is_in_event: whether an anomaly of it lasts. usual: what `usual.folded` makes of each.
    """

    def __init__(self) -> None:
        self._row: dict[int, int] = {}
        self.ids = np.zeros(0, np.int64)
        self.at = np.zeros(0, np.int64)
        self.may = np.zeros((len(Kind), 0))
        self.is_in_event = np.zeros(0, bool)
        self.usual = np.zeros((NUMBERS, 0))
        self.seasons = Seasons(0)

    def __len__(self) -> int:
        return len(self._row)

    def row_of(self, series: int) -> int | None:
        return self._row.get(series)

    def row_for(self, series: int) -> int:
        """The row of a series, a new one when it was not seen before. Raises TooManySeries."""
        row = self._row.get(series)
        return row if row is not None else self._add([series])[0]

    def rows_of(self, series: NDArray[np.integer]) -> Rows:
        """The rows of series, new ones for those not seen before. Raises TooManySeries."""
        distinct, place = np.unique(series, return_inverse=True)
        rows = [self._row.get(one, -1) for one in distinct.tolist()]
        if -1 in rows:
            rows = self._add(distinct.tolist())
        return np.array(rows, np.intp)[place]

    def of(self, rows: Rows) -> Usual[Floats]:
        return unfolded(list(self.usual[:, rows]))

    def of_one(self, row: int) -> Usual[float]:
        return unfolded(self.usual[:, row].tolist())

    def keep(self, rows: Rows, usual: Usual[Floats]) -> None:
        self.usual[:, rows] = folded(usual)

    def keep_one(self, row: int, usual: Usual[float]) -> None:
        self.usual[:, row] = folded(usual)

    def turn(self, rows: Rows, hour: NDArray[np.int64], slot: NDArray[np.int16]) -> None:
        """Another hour begins for these rows."""
        came = self.usual[_HOUR_SUM, rows] / np.maximum(self.usual[_HOUR_COUNT, rows], 1.0)
        self.usual[_SEASON, rows] = self.seasons.turn(rows, hour, slot, came)
        self.usual[_HOUR_SUM, rows] = self.usual[_HOUR_COUNT, rows] = 0.0

    def expected(self, rows: Rows, hour: NDArray[np.int64], slot: NDArray[np.int16]) -> Floats:
        """The level and what an hour adds to it, as far as was learnt."""
        is_current = hour == self.seasons.hour[rows]
        season = np.where(is_current, self.usual[_SEASON, rows], self.seasons.foretell(slot.astype(np.intp), rows))
        found: Floats = np.where(self.usual[_READINGS, rows] >= WARM_UP, self.usual[_LEVEL, rows] + season, np.nan)
        return found

    def columns(self) -> Columns:
        """All of it, to be kept."""
        return {name: array[..., : len(self)].copy() for name, array in self._arrays().items()}

    @classmethod
    def of_columns(cls, columns: Columns) -> Self:
        """What `columns` gave. Raises Unreadable."""
        found, size = cls(), len(columns.get("ids", ()))
        if size > MAX_SERIES:
            raise Unreadable(f"{size:,} series are more than are watched")
        found._make_room(size)
        for name, array in found._arrays().items():
            kept = columns.get(name)
            if kept is None or kept.dtype != array.dtype or kept.shape != (*array.shape[:-1], size):
                raise Unreadable(f"the column {name} is missing or of another shape")
            array[..., :size] = kept
        found._row = {series: row for row, series in enumerate(found.ids[:size].tolist())}
        return found

    def _arrays(self) -> Columns:
        arrays = {name: getattr(self, name) for name in ("ids", "at", "may", "is_in_event", "usual")}
        arrays |= {name: getattr(self.seasons, name) for name in ("hour", "slot")}
        for part in ("day", "week"):
            hours = getattr(self.seasons, part)
            arrays |= {f"{part}_{name}": getattr(hours, name) for name in ("mean", "visits", "together", "own", "told")}
        return arrays

    def _add(self, series: list[int]) -> list[int]:
        new = [one for one in series if one not in self._row]
        if len(self._row) + len(new) > MAX_SERIES:
            raise TooManySeries(f"more than {MAX_SERIES:,} series are not watched for anomalies")
        self._make_room(len(self._row) + len(new))
        for one in new:
            self._row[one] = row = len(self._row)
            self.ids[row] = one
        return [self._row[one] for one in series]

    def _make_room(self, size: int) -> None:
        if size <= len(self.ids):
            return
        room = max(FIRST_ROOM, 2 * len(self.ids), size)
        self.ids, self.at = widened(self.ids, room, -1), widened(self.at, room, _NEVER)
        self.may, self.usual = widened(self.may, room, 1.0), widened(self.usual, room)
        self.is_in_event = widened(self.is_in_event, room)
        self.usual[_LAST, len(self._row) :] = np.nan
        self.seasons.resize(room)
