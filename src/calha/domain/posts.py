"""Posts (time-of-use periods) of a tariff: which one a moment of local time belongs to.

Windows are half-open: from 18:00 until 21:00 includes 18:00 and not 21:00. An interval belongs to the post in which it begins.
A window that ends before it begins runs across midnight; the day on which it begins decides whether it applies.
The first window that fits decides; where none fits it is the default post.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from calha.domain.holidays import national_holidays

MAX_WINDOWS = 100
MAX_HOLIDAYS = 2_000

DayKind = Literal["workday", "saturday", "sunday_or_holiday"]
Clock = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Month = Annotated[int, msgspec.Meta(ge=1, le=12)]


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """until 00:00 is midnight at its end, an hour not after `from_` one of the next day. months: 1 to 12, empty = all.

    days, months: of the day on which it begins.
    """

    post: str
    days: tuple[DayKind, ...] = ("workday",)
    from_: Clock = msgspec.field(name="from")
    until: Clock
    months: tuple[Month, ...] = ()


class Windows(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """holidays: days that count as Sundays beside the national ones."""

    windows: tuple[Window, ...]
    default: str = "off_peak"
    holidays: tuple[date, ...] = ()
    has_national_holidays: bool = True

    @property
    def posts(self) -> tuple[str, ...]:
        """Names of the posts, the default last."""
        names = dict.fromkeys(window.post for window in self.windows if window.post != self.default)
        return (*names, self.default)

    def post_at(self, local: datetime) -> str:
        """The post of a moment, given in local time."""
        for from_, until, post in self.of_day(local.date()):
            if from_ <= local.time() and (local.time() < until or until == time()):
                return post
        return self.default

    def of_day(self, day: date) -> Sequence[tuple[time, time, str]]:
        """The windows of one day as (from, until, post), in their order of precedence, with what is left of the day before."""
        return list(self._of_day(day))

    def _of_day(self, day: date) -> Iterator[tuple[time, time, str]]:
        before = day - timedelta(days=1)
        for window in self.windows:
            from_, until = _time(window.from_), _time(window.until)
            is_across_midnight = time() < until <= from_
            if self._applies(window, day):
                yield from_, time() if is_across_midnight else until, window.post
            if is_across_midnight and self._applies(window, before):
                yield time(), until, window.post

    def _applies(self, window: Window, day: date) -> bool:
        return self.kind_of(day) in window.days and (not window.months or day.month in window.months)

    def schedule(self, from_: date, days: int, step: timedelta) -> list[str]:
        """The post of each step of local wall-clock time over some days, for splitting intervals by the hundred."""
        moments = (
            datetime.combine(from_, time()) + number * step for number in range(int(timedelta(days=days) / step))
        )
        return [self.post_at(moment) for moment in moments]

    def kind_of(self, day: date) -> DayKind:
        if day.weekday() == 6 or day in self.holidays:
            return "sunday_or_holiday"
        if self.has_national_holidays and day in national_holidays(day.year):
            return "sunday_or_holiday"
        return "saturday" if day.weekday() == 5 else "workday"


@lru_cache(maxsize=1_440)
def _time(clock: Clock) -> time:
    return time.fromisoformat(clock)
