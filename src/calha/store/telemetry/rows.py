"""Readings as they come out of the database: columns of one series, by time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calha.domain.readings import Micros
from calha.domain.times import HOUR_US
from calha.store.telemetry.rollup import Floats, Ints, Partials


@dataclass(frozen=True, slots=True)
class Rows:
    at: Ints
    value: Floats
    quality: NDArray[np.uint8]

    @classmethod
    def none(cls) -> "Rows":
        return cls(np.array([], np.int64), np.array([]), np.array([], np.uint8))

    @classmethod
    def concatenate(cls, parts: "list[Rows]") -> "Rows":
        if not parts:
            return cls.none()
        columns = ([getattr(part, name) for part in parts] for name in ("at", "value", "quality"))
        return cls(*(np.concatenate(column) for column in columns))

    def partials(self) -> Partials:
        return Partials.of_readings(self.at, self.value, self.quality)

    def take(self, chosen: NDArray[np.bool_]) -> "Rows":
        return Rows(self.at[chosen], self.value[chosen], self.quality[chosen])

    def between(self, from_: Micros, until: Micros) -> "Rows":
        return self.take((self.at >= from_) & (self.at < until))

    def outside_hours(self, begins: Ints) -> "Rows":
        """Those that lie in none of the hours that begin then."""
        return self.take(~np.isin(self.at - self.at % HOUR_US, begins))

    def overridden_by(self, other: "Rows") -> "Rows":
        """Both together by time; where both have a reading, the other's."""
        kept = self.take(~np.isin(self.at, other.at))
        at = np.concatenate([kept.at, other.at])
        order = np.argsort(at, kind="stable")
        return Rows(
            at[order],
            np.concatenate([kept.value, other.value])[order],
            np.concatenate([kept.quality, other.quality])[order],
        )


def by_series(found: dict[str, Any]) -> dict[int, Rows]:
    columns = {name: filled(column) for name, column in found.items()}
    if not _is_in_order(
        columns["series"], columns["event_at"]
    ):  # a file's rows are; to sort them costs more than to read them
        order = np.lexsort((columns["event_at"], columns["series"]))
        columns = {name: column[order] for name, column in columns.items()}
    return {
        number: Rows(columns["event_at"][rows], columns["value"][rows], columns["quality"][rows])
        for number, rows in split(columns["series"])
    }


def _is_in_order(series: Ints, at: Ints) -> bool:
    """By series and time."""
    return bool(((series[1:] > series[:-1]) | ((series[1:] == series[:-1]) & (at[1:] >= at[:-1]))).all())


def split(series: Ints) -> list[tuple[int, slice]]:
    """(series, its rows) of a sorted column."""
    if not len(series):
        return []
    starts = np.flatnonzero(np.concatenate([[True], series[1:] != series[:-1]]))
    ends = np.append(starts[1:], len(series))
    return [(int(series[begin]), slice(begin, end)) for begin, end in zip(starts, ends, strict=True)]


def filled(column: Any) -> Any:  # noqa: ANN401 - an array of whichever kind the column has
    """A column without a mask: NaN, or no time, where the database has NULL."""
    if isinstance(column, np.ma.MaskedArray):
        return column.filled(np.nan if column.dtype.kind == "f" else np.iinfo(np.int64).min)
    return column
