"""Calendars: days of 23 and 25 hours, months, billing cycles, operational days."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.calendars import STEPS, Calendar
from calha.domain.errors import Malformed, TooLarge
from calha.domain.times import DAY_US, EARLIEST, HOUR_US, MINUTE_US, from_text, to_text

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
ZONES = [
    "America/Sao_Paulo",
    "America/Noronha",
    "America/Rio_Branco",
    "Europe/Lisbon",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
]


def at(text: str) -> int:
    return from_text(text, UTC)


def day_of(text: str, zone: ZoneInfo = SAO_PAULO) -> tuple[str, str]:
    begin, end = Calendar("1d", zone).containing(at(text))
    return to_text(begin), to_text(end)


@pytest.mark.parametrize(
    ("inside", "begin", "end", "hours"),
    [
        ("2024-01-15T12:00Z", "2024-01-15T03:00:00Z", "2024-01-16T03:00:00Z", 24),
        ("2024-01-15T03:00Z", "2024-01-15T03:00:00Z", "2024-01-16T03:00:00Z", 24),
        ("2018-11-04T12:00Z", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z", 23),  # began at midnight: no 00:00
        ("2019-02-16T12:00Z", "2019-02-16T02:00:00Z", "2019-02-17T03:00:00Z", 25),
    ],
)
def test_a_local_day_has_the_hours_that_the_clock_gave_it(inside, begin, end, hours):
    assert day_of(inside) == (begin, end)
    day = Calendar("1d", SAO_PAULO).containing(at(inside))
    assert (day[1] - day[0]) / HOUR_US == hours
    assert len(Calendar("1h", SAO_PAULO).bounds(*day)) - 1 == hours
    assert len(Calendar("15m", SAO_PAULO).bounds(*day)) - 1 == 4 * hours  # 96, 92 and 100


@pytest.mark.parametrize(
    ("zone", "offset_h"),
    [
        ("America/Sao_Paulo", -3),
        ("America/Noronha", -2),
        ("America/Bahia", -3),
        ("America/Fortaleza", -3),
        ("America/Cuiaba", -4),
        ("America/Manaus", -4),
        ("America/Porto_Velho", -4),
        ("America/Rio_Branco", -5),
    ],
)
def test_brazil_has_no_daylight_saving_since_2019(zone, offset_h):
    for month in (1, 7, 12):
        moment = datetime(2024, month, 15, tzinfo=ZoneInfo(zone))
        assert moment.utcoffset().total_seconds() == offset_h * 3_600


def test_a_quarter_starts_on_the_local_clock_in_a_zone_of_five_and_three_quarter_hours():
    begin, end = Calendar("1h", ZoneInfo("Asia/Kathmandu")).containing(at("2024-01-15T00:20Z"))
    assert (to_text(begin), end - begin) == ("2024-01-15T00:15:00Z", HOUR_US)


def test_a_half_hour_of_daylight_saving_leaves_a_short_hour_at_the_end_of_the_day():
    day = Calendar("1d", ZoneInfo("Australia/Lord_Howe")).containing(at("2024-10-06T00:00Z"))
    lengths = np.diff(Calendar("1h", ZoneInfo("Australia/Lord_Howe")).bounds(*day))
    assert lengths.sum() == 23.5 * HOUR_US
    assert (lengths[:-1] == HOUR_US).all()
    assert lengths[-1] == 30 * MINUTE_US


@pytest.mark.parametrize(
    ("first_day", "inside", "begin", "end"),
    [
        (1, "2024-02-10T12:00Z", "2024-02-01T03:00:00Z", "2024-03-01T03:00:00Z"),
        (15, "2024-02-10T12:00Z", "2024-01-15T03:00:00Z", "2024-02-15T03:00:00Z"),
        (15, "2024-02-15T03:00Z", "2024-02-15T03:00:00Z", "2024-03-15T03:00:00Z"),
        (31, "2024-02-10T12:00Z", "2024-01-31T03:00:00Z", "2024-02-29T03:00:00Z"),
        (31, "2023-03-10T12:00Z", "2023-02-28T03:00:00Z", "2023-03-31T03:00:00Z"),
        (1, "2024-01-01T02:00Z", "2023-12-01T03:00:00Z", "2024-01-01T03:00:00Z"),
    ],
)
def test_a_cycle_begins_on_its_day_or_on_the_last_of_a_shorter_month(first_day, inside, begin, end):
    cycle = Calendar("1mo", SAO_PAULO, first_day).containing(at(inside))
    assert tuple(map(to_text, cycle)) == (begin, end)


def test_an_operational_day_begins_in_the_morning():
    calendar = Calendar("1d", SAO_PAULO, day_start_h=6)
    assert tuple(map(to_text, calendar.containing(at("2024-01-15T08:59Z")))) == (
        "2024-01-14T09:00:00Z",
        "2024-01-15T09:00:00Z",
    )
    assert calendar.day(at("2024-01-15T08:59Z")) == date(2024, 1, 14)


def test_too_many_intervals_are_refused():
    with pytest.raises(TooLarge):
        Calendar("15m", SAO_PAULO).bounds(EARLIEST, EARLIEST + 30 * 365 * DAY_US)


@pytest.mark.parametrize(("first_day", "day_start_h"), [(0, 0), (32, 0), (1, 24), (1, -1)])
def test_a_calendar_that_cannot_be_is_refused(first_day, day_start_h):
    with pytest.raises(Malformed):
        Calendar("1mo", SAO_PAULO, first_day, day_start_h)


@given(
    st.sampled_from(STEPS),
    st.sampled_from(ZONES),
    st.integers(EARLIEST, EARLIEST + 30 * 365 * DAY_US),
    st.integers(1, 40 * DAY_US),
    st.integers(1, 31),
)
def test_intervals_cover_every_window_without_gap_or_overlap(step, zone, from_, length, first_day):
    bounds = Calendar(step, ZoneInfo(zone), first_day).bounds(from_, from_ + length)
    assert bounds[0] <= from_ < bounds[1]
    assert bounds[-2] < from_ + length <= bounds[-1]
    assert (np.diff(bounds) > 0).all()
    assert Calendar(step, ZoneInfo(zone), first_day).bounds(int(bounds[0]), int(bounds[-1])).tolist() == bounds.tolist()
