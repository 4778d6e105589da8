"""The local hour of many instants, and which slot of the week it is for people's habits: a holiday is a Sunday."""

from datetime import timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from calha.domain.holidays import national_holidays
from calha.domain.times import HOUR_US, to_datetime

_SUNDAY = 6
_CACHED_HOURS = 100_000  # eleven years of one zone


class LocalHours(NamedTuple):
    """hour: counts on with local time. slot: 0 Monday midnight … 167 Sunday 23 h."""

    hour: NDArray[np.int64]
    slot: NDArray[np.int16]


def local_hours(at: NDArray[np.int64], zone: tzinfo) -> LocalHours:
    """Of instants in µs UTC."""
    hours, place = np.unique(at // HOUR_US, return_inverse=True)
    known = [_of_hour(hour, zone) for hour in hours.tolist()]
    return LocalHours(
        np.array([hour for hour, _ in known], np.int64)[place], np.array([slot for _, slot in known], np.int16)[place]
    )


@lru_cache(maxsize=_CACHED_HOURS)
def _of_hour(hour: int, zone: tzinfo) -> tuple[int, int]:
    """Zones with half hours are taken as of the hour in which the UTC hour begins: habits do not need more."""
    local = to_datetime(hour * HOUR_US).astimezone(zone)
    day = local.date()
    weekday = _SUNDAY if day in national_holidays(day.year) else day.weekday()
    offset = local.utcoffset() or timedelta()
    return hour + round(offset.total_seconds() // 3_600), 24 * weekday + local.hour
