"""Periods of reports, relative and named, in zones with days of 23 and 25 hours."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from calha.domain.errors import Malformed
from calha.domain.report_definitions import Definition, Period
from calha.domain.times import HOUR_US, to_datetime, to_micros

ZONE = ZoneInfo("America/Sao_Paulo")
NOW = to_micros(datetime(2026, 3, 4, 15, 30, tzinfo=ZONE))  # a Wednesday


def told(window, zone=ZONE):
    return [f"{to_datetime(at).astimezone(zone):%Y-%m-%d %H:%M}" for at in window]


@pytest.mark.parametrize(
    ("name", "begin", "end"),
    [
        ("today", "2026-03-04 00:00", "2026-03-04 15:30"),
        ("yesterday", "2026-03-03 00:00", "2026-03-04 00:00"),
        ("last_24_hours", "2026-03-03 15:30", "2026-03-04 15:30"),
        ("last_7_days", "2026-02-25 00:00", "2026-03-04 00:00"),
        ("last_30_days", "2026-02-02 00:00", "2026-03-04 00:00"),
        ("this_week", "2026-03-02 00:00", "2026-03-04 15:30"),
        ("last_week", "2026-02-23 00:00", "2026-03-02 00:00"),
        ("this_month", "2026-03-01 00:00", "2026-03-04 15:30"),
        ("last_month", "2026-02-01 00:00", "2026-03-01 00:00"),
        ("this_year", "2026-01-01 00:00", "2026-03-04 15:30"),
        ("last_year", "2025-01-01 00:00", "2026-01-01 00:00"),
    ],
)
def test_a_relative_period_is_told_from_now(name, begin, end):
    assert told(Period(relative=name).window(ZONE, NOW)) == [begin, end]


@pytest.mark.parametrize(
    ("day", "this", "last"),
    [
        ("monday", "2026-03-02 00:00", "2026-02-23 00:00"),
        ("sunday", "2026-03-01 00:00", "2026-02-22 00:00"),
        ("saturday", "2026-02-28 00:00", "2026-02-21 00:00"),
    ],
)
def test_a_week_begins_on_the_day_that_the_period_says(day, this, last):
    assert told(Period(relative="this_week", week_begins=day).window(ZONE, NOW)) == [this, "2026-03-04 15:30"]
    assert told(Period(relative="last_week", week_begins=day).window(ZONE, NOW)) == [last, this]


def test_the_last_day_that_is_named_belongs_to_the_period_and_a_time_ends_it():
    assert told(Period(from_="2026-01-01", to="2026-01-31").window(ZONE, NOW)) == [
        "2026-01-01 00:00",
        "2026-02-01 00:00",
    ]
    assert told(Period(from_="2026-01-01T06:00", to="2026-01-01T18:30").window(ZONE, NOW))[1] == "2026-01-01 18:30"


def test_a_day_on_which_the_clock_is_changed_has_its_own_length():
    berlin = ZoneInfo("Europe/Berlin")
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25)):
        begin, end = Period(from_=day, to=day).window(berlin, NOW)
        assert (end - begin) / HOUR_US == hours


@pytest.mark.parametrize(
    "period",
    [
        Period(),
        Period(relative="today", from_="2026-01-01", to="2026-01-02"),
        Period(from_="2026-01-01"),
        Period(from_="2026-01-02", to="2026-01-01"),
        Period(from_="soon", to="2026-01-01"),
        Period(from_="2026-01-01", to="9999-12-31"),
        Period(from_="0001-01-01", to="2026-01-01"),
        Period(from_="2026-01-01", to="2026-13-01"),
    ],
)
def test_a_period_that_is_none_is_refused(period):
    with pytest.raises(Malformed):
        period.window(ZONE, NOW)


def test_a_definition_survives_being_kept_and_says_what_it_cannot_be():
    asked = Definition(kind="flow", period=Period(from_="2026-01-01", to="2026-01-02"), site_id=1, step="raw")
    assert msgspec.json.decode(msgspec.json.encode(asked), type=Definition) == asked
    assert b'"from":"2026-01-01"' in msgspec.json.encode(asked)
    for wrong in ({"step": "15m"}, {"qualities": ()}, {"devices": ("x",) * 201}):
        with pytest.raises(Malformed):
            msgspec.structs.replace(asked, **wrong).require_possible()


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        ("water_balance", {"devices": ("pump-1",)}),
        ("water_balance", {"channels": ("flow",)}),
        ("water_balance", {"qualities": ("good",)}),
        ("alarms", {"channels": ("flow",)}),
    ],
)
def test_a_report_refuses_filters_that_it_would_not_heed(kind, part):
    whole = Definition(kind=kind, period=Period(relative="today"), site_id=1)
    whole.require_possible()
    with pytest.raises(Malformed, match=f"some {next(iter(part))} only") as refused:
        msgspec.structs.replace(whole, **part).require_possible()
    assert refused.value.reason == "no_filter"
