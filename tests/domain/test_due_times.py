"""When repeated things are due, also where the clock is changed."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from calha.domain.errors import Malformed
from calha.domain.schedules import next_due, require_calm
from calha.domain.times import to_datetime, to_micros


def due(cron, zone, *after):
    zone = ZoneInfo(zone)
    at = next_due(cron, zone, to_micros(datetime(*after, tzinfo=zone)))
    return f"{to_datetime(at).astimezone(zone):%Y-%m-%d %H:%M %z}"


@pytest.mark.parametrize(
    ("cron", "zone", "after", "found"),
    [
        ("0 7 * * 1", "America/Sao_Paulo", (2026, 3, 4, 12), "2026-03-09 07:00 -0300"),
        ("0 7 * * 1", "America/Sao_Paulo", (2026, 3, 9, 7), "2026-03-16 07:00 -0300"),
        ("30 6 1 * *", "UTC", (2026, 1, 31), "2026-02-01 06:30 +0000"),
        ("30 2 * * *", "Europe/Berlin", (2026, 3, 29, 0), "2026-03-29 03:00 +0200"),  # 2:30 does not exist
        ("30 2 * * *", "Europe/Berlin", (2026, 10, 25, 2, 31), "2026-10-26 02:30 +0100"),  # 2:30 comes twice
    ],
)
def test_the_next_time_in_a_zone(cron, zone, after, found):
    assert due(cron, zone, *after) == found


@pytest.mark.parametrize(
    "cron", ["", "soon", "* * *", "61 * * * *", "0 0 31 2 *", "0 7 * * 1; rm", "0" * 500, "² * * * *"]
)
def test_what_is_no_schedule_or_never_comes_is_refused(cron):
    with pytest.raises(Malformed, match="schedule"):
        next_due(cron, ZoneInfo("UTC"), 1_800_000_000_000_000)


@pytest.mark.parametrize("cron", ["* * * * *", "*/5 * * * *", "0,1 7 * * *"])
def test_a_schedule_that_comes_too_often_is_refused(cron):
    with pytest.raises(Malformed, match="15 minutes"):
        require_calm(cron, ZoneInfo("UTC"), 1_800_000_000_000_000)


def test_a_calm_schedule_is_taken():
    require_calm("*/15 * * * *", ZoneInfo("America/Sao_Paulo"), 1_800_000_000_000_000)
