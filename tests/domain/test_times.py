"""Event times as devices write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import Malformed
from calha.domain.times import DAY_US, EARLIEST, from_number, from_text, require_plausible, to_micros, to_text

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
NOON = to_micros(datetime(2026, 1, 31, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    "number", [1769860800, 1769860800.0, 1769860800_000, 1769860800_000_000, 1769860800_000_000_000]
)
def test_seconds_to_nanoseconds_are_told_apart_by_size(number):
    assert from_number(number) == NOON


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-01-31T12:00:00Z", SAO_PAULO, NOON),
        ("2026-01-31T09:00:00-03:00", SAO_PAULO, NOON),
        ("2026-01-31T09:00:00", SAO_PAULO, NOON),
        ("2026-01-31 09:00:00", SAO_PAULO, NOON),
        ("2026-01-31T12:00", UTC, NOON),
        ("1769860800", UTC, NOON),
        ("1769860800,5", UTC, NOON + 500_000),
        ("2018-11-03T23:59:59", SAO_PAULO, to_micros(datetime(2018, 11, 4, 2, 59, 59, tzinfo=UTC))),
        ("2018-11-04T01:00:00", SAO_PAULO, to_micros(datetime(2018, 11, 4, 3, tzinfo=UTC))),
    ],
)
def test_texts_are_iso_times_in_their_zone_or_the_sites(text, zone, expected):
    assert from_text(text, zone) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "nan", "12:00"])
def test_what_is_not_a_time_is_refused(text):
    with pytest.raises(Malformed) as caught:
        from_text(text, UTC)
    assert caught.value.reason == "bad_time"


def test_a_time_before_2000_or_more_than_five_minutes_ahead_is_refused():
    assert require_plausible(NOON + 5 * 60_000_000, NOON) == NOON + 5 * 60_000_000
    with pytest.raises(Malformed) as caught:
        require_plausible(NOON + 5 * 60_000_000 + 1, NOON)
    assert caught.value.reason == "time_in_future"
    with pytest.raises(Malformed) as caught:
        require_plausible(EARLIEST - 1, NOON)
    assert caught.value.reason == "time_before_2000"


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_text_and_micros_are_the_same_instant(moment):
    assert from_text(to_text(to_micros(moment)), SAO_PAULO) == to_micros(moment)


@given(st.one_of(st.floats(), st.integers()))
def test_any_number_is_a_time_or_malformed(number):
    try:
        at = from_number(number)
    except Malformed:
        return
    assert abs(at) < 2**63
    assert DAY_US > 0
