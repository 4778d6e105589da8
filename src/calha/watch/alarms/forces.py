"""When a schedule is in force: local days and times of a place, on whatever hour its clocks are."""

from collections.abc import Sequence
from datetime import timedelta, tzinfo
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from calha.domain.alarm_rules import Period
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US, to_datetime
from calha.watch.alarms.checks import Bools, Force, Ints

DAY_MINUTES = 24 * 60
THURSDAY = 3  # 1970-01-01 was one
_CACHED_HOURS = 100_000


def in_force(force: Force, at: Ints) -> Bools:
    """At each of these times."""
    minute, day = _minutes_and_weekdays(at, force.zone)
    found = np.zeros(len(at), bool)
    for period in force.periods:
        found |= _within(period, minute, day)
    return found


def _within(period: Period, minute: Ints, day: Ints) -> Bools:
    first, last = _minutes(period)
    days = np.zeros(7, bool)
    days[list(period.days)] = True
    if first < last:
        return days[day] & (first <= minute) & (minute < last)
    begun: NDArray[np.bool_] = days[day] & (minute >= first)
    return begun | (days[(day - 1) % 7] & (minute < last))


def _minutes(period: Period) -> tuple[int, int]:
    return 60 * period.from_.hour + period.from_.minute, 60 * period.until.hour + period.until.minute


def local_days(at: Ints, zone: tzinfo) -> Ints:
    """Local days, counted on."""
    return _local(at, zone) // DAY_US


def _minutes_and_weekdays(at: Ints, zone: tzinfo) -> tuple[Ints, Ints]:
    minutes = _local(at, zone) // MINUTE_US
    return minutes % DAY_MINUTES, (minutes // DAY_MINUTES + THURSDAY) % 7


def _local(at: Ints, zone: tzinfo) -> Ints:
    """µs as local clocks count them; they change on the hour."""
    hours, place = np.unique(at // HOUR_US, return_inverse=True)
    offsets: Sequence[int] = [_offset_us(hour, zone) for hour in hours.tolist()]
    local: Ints = at + np.array(offsets, np.int64)[place]
    return local


@lru_cache(maxsize=_CACHED_HOURS)
def _offset_us(hour: int, zone: tzinfo) -> int:
    offset = to_datetime(hour * HOUR_US).astimezone(zone).utcoffset() or timedelta()
    return round(offset.total_seconds()) * SECOND_US
