"""Calendars: into which intervals a time is cut, in a zone. All in µs UTC; an interval is named by its begin.

Rule 1: days, months and cycles begin at local times, so that a day may have 23 or 25 hours; a begin that the clock skips is the
        first instant after it, one that comes twice is the first of both.
Rule 2: an interval is [begin, next begin); a reading at the very begin closes the interval before, since registers say
        what has been.
Rule 3: hours and quarters are counted from the day's begin, so that they fit it in every zone.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from calha.domain.errors import Malformed, TooLarge
from calha.domain.readings import Micros
from calha.domain.times import HOUR_US, MINUTE_US, to_datetime, to_micros

Step = Literal["15m", "1h", "1d", "1mo"]
STEPS: tuple[Step, ...] = get_args(Step)
MAX_INTERVALS = 400_000  # ten years of quarters of an hour

_LENGTHS: dict[Step, int] = {"15m": 15 * MINUTE_US, "1h": HOUR_US}
_HOURS_OF_A_DAY = 24


@dataclass(frozen=True, slots=True)
class Calendar:
    """step: length of its intervals; 1mo is a calendar month, or a billing cycle that begins on another day of the month.

    first_day: of a month, 1 to 31; in a shorter month its last day. day_start_h: when the (operational) day begins.
    """

    step: Step
    zone: ZoneInfo
    first_day: int = 1
    day_start_h: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.first_day <= 31:
            raise Malformed(f"a billing cycle begins on day 1 to 31 of a month, not {self.first_day}")
        if not 0 <= self.day_start_h < _HOURS_OF_A_DAY:
            raise Malformed(f"a day begins at 0 to 23 h, not {self.day_start_h}")

    def bounds(self, from_: Micros, until: Micros) -> NDArray[np.int64]:
        """Begins of the intervals that overlap [from_, until), and the end of the last one. Raises TooLarge."""
        begins: list[Micros] = []
        for begin in self._begins(from_):
            begins.append(begin)
            if begin >= until:
                break
            if len(begins) > MAX_INTERVALS:
                raise TooLarge(f"more than {MAX_INTERVALS} intervals; ask for a shorter time or longer intervals")
        first = max(0, int(np.searchsorted(begins, from_, side="right")) - 1)
        return np.array(begins[first:], np.int64)

    def containing(self, at: Micros) -> tuple[Micros, Micros]:
        """Begin and end of the interval in which a time lies."""
        begin, end = self.bounds(at, at + 1).tolist()
        return begin, end

    def day(self, at: Micros) -> date:
        """The (operational) day in which a time lies."""
        local = to_datetime(at).astimezone(self.zone) - timedelta(hours=self.day_start_h)
        return local.date()

    def _begins(self, from_: Micros) -> Iterator[Micros]:
        """Begins from one that is not after `from_` on."""
        if self.step == "1mo":
            yield from self._months(from_)
            return
        days = self._days(from_)
        begin = next(days)
        length = _LENGTHS.get(self.step)
        for end in days:
            yield from range(begin, end, length) if length is not None else (begin,)
            begin = end

    def _days(self, from_: Micros) -> Iterator[Micros]:
        day = self.day(from_) - timedelta(days=1)
        while True:
            yield self._begin_of(day)
            day += timedelta(days=1)

    def _months(self, from_: Micros) -> Iterator[Micros]:
        day = self.day(from_)
        month = day.year * 12 + day.month - 2  # counted from 0; the one before, whose cycle may still run
        while True:
            year, number = divmod(month, 12)
            last = monthrange(year, number + 1)[1]
            yield self._begin_of(date(year, number + 1, min(self.first_day, last)))
            month += 1

    def _begin_of(self, day: date) -> Micros:
        return to_micros(datetime.combine(day, time(self.day_start_h), self.zone))


def day_of_month(first_of_month: date, day: int) -> date:
    """A day of a month, or its last one."""
    return first_of_month.replace(day=min(day, monthrange(first_of_month.year, first_of_month.month)[1]))
