"""The time filters of ETA flow → a window. Pure.

`data` is that day; else `data_inicio` and `data_fim`, both included; else `dias`, so many days before now; else all time.
One bound alone is ignored. A time without a zone is local; with one (the pages send UTC) it is that instant. An end at
midnight stands for its whole day. Days and hours are those of the site's zone, those of 23 and 25 hours included.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, Field

from calha.domain.readings import Micros
from calha.domain.times import DAY_US, EARLIEST, HOUR_US, to_datetime, to_micros

MAX_DAYS = 36_500

Moment = Annotated[datetime | None, BeforeValidator(lambda given: None if given == "" else given)]
Days = Annotated[
    Annotated[int, Field(ge=0, le=MAX_DAYS)] | None, BeforeValidator(lambda given: None if given == "" else given)
]


class Filter(BaseModel):
    """As they come in the query."""

    data: Moment = None
    data_inicio: Moment = None
    data_fim: Moment = None
    dias: Days = None


Asked = Annotated[Filter, Query()]


@dataclass(frozen=True, slots=True)
class Window:
    """[since, until) in the site's zone."""

    since: Micros
    until: Micros
    zone: ZoneInfo

    def of_buckets(self, kind: str) -> "Window":
        """The window of whole hours (HORA) or days (DIA) that begin in this one; the last may end after it."""
        begin = next_day if kind == "DIA" else next_hour
        return Window(begin(self.since, self.zone), begin(self.until, self.zone), self.zone)


def window_of(asked: Filter, now: Micros, zone: ZoneInfo) -> Window:
    since, until = EARLIEST, now + DAY_US
    if asked.data is not None:
        since, until = day_of(instant(asked.data, zone), zone)
    elif asked.data_inicio is not None and asked.data_fim is not None:
        since, until = instant(asked.data_inicio, zone), _end(instant(asked.data_fim, zone), zone)
    elif asked.dias is not None:
        since = now - asked.dias * DAY_US
    return Window(max(since, EARLIEST), max(min(until, now + DAY_US), EARLIEST), zone)


def local_text(at: Micros, zone: ZoneInfo) -> str:
    """Local time without a zone, as the database of the original holds it."""
    return local(at, zone).replace(tzinfo=None).isoformat()


def local(at: Micros, zone: ZoneInfo) -> datetime:
    return to_datetime(at).astimezone(zone)


def day_of(at: Micros, zone: ZoneInfo) -> tuple[Micros, Micros]:
    """The local day that an instant is in, half-open."""
    day = local(at, zone).date()
    return _midnight(day.toordinal(), zone), _midnight(day.toordinal() + 1, zone)


def next_day(at: Micros, zone: ZoneInfo) -> Micros:
    """The first midnight that is not before an instant."""
    begin, end = day_of(at, zone)
    return begin if at == begin else end


def next_hour(at: Micros, zone: ZoneInfo) -> Micros:
    """The first full local hour that is not before an instant."""
    return -(-(at + offset_us(at, zone)) // HOUR_US) * HOUR_US - offset_us(at, zone)


def hour_of(at: Micros, zone: ZoneInfo) -> Micros:
    """Begin of the local hour that an instant is in."""
    offset = offset_us(at, zone)
    return (at + offset) // HOUR_US * HOUR_US - offset


def offset_us(at: Micros, zone: ZoneInfo) -> int:
    found = local(at, zone).utcoffset() or timedelta()
    return (found.days * 86_400 + found.seconds) * 1_000_000


def _midnight(ordinal: int, zone: ZoneInfo) -> Micros:
    day = datetime.combine(datetime.fromordinal(ordinal), time(), zone)
    return to_micros(day.astimezone(UTC))


def _end(at: Micros, zone: ZoneInfo) -> Micros:
    """Behind the last instant that is included."""
    begin, end = day_of(at, zone)
    return end if at == begin else at + 1


def instant(moment: datetime, zone: ZoneInfo) -> Micros:
    """Clamped to years that can be reckoned with."""
    year = min(max(moment.year, 1971), 2200)
    sane = moment.replace(year=year, day=min(moment.day, 28)) if year != moment.year else moment
    return to_micros(sane if sane.tzinfo is not None else sane.replace(tzinfo=zone))
