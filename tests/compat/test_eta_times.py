"""Numbers of measurements, and the time filters of ETA flow."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.compat.eta import ids
from calha.compat.eta.filters import Filter, Window, day_of, local_text, next_day, next_hour, window_of
from calha.domain.errors import NotFound
from calha.domain.times import DAY_US, EARLIEST, HOUR_US, from_text

SAO_PAULO, KOLKATA = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Asia/Kolkata")
NOW = from_text("2025-06-01T15:30:00", SAO_PAULO)
UNTIL_2069 = EARLIEST + (2**41 - 1) * ids.MS_US

times = st.integers(EARLIEST, UNTIL_2069)


@given(times, st.integers(1, 1023), st.sampled_from(ids.KINDS))
def test_a_measurements_number_leads_back_to_it_and_javascript_keeps_it(at, sensor, kind):
    number = ids.of_measurement(at, sensor, kind)
    assert 0 < number < 2**53
    assert ids.measurement(number) == (at - at % ids.MS_US, sensor, kind)


@given(times, times)
def test_later_measurements_have_higher_numbers(one, other):
    if one // ids.MS_US < other // ids.MS_US:
        assert ids.of_measurement(one, 1023, "DIA") < ids.of_measurement(other, 1, "INST")


@given(times, st.integers(0, 3 * 366 * DAY_US))
def test_a_collections_number_covers_all_of_it(first, span):
    number = ids.of_collection(first, first + span)
    since, until = ids.collection(number)
    assert 0 <= number < 2**53
    assert since <= first <= first + span < until
    assert until - (first + span) <= 61_000_000, "and hardly more"


@pytest.mark.parametrize("number", [-1, 2**53, 2**70, 3])
def test_numbers_that_nothing_can_have_are_not_found(number):
    with pytest.raises(NotFound):
        ids.measurement(number)
    if number != 3:
        with pytest.raises(NotFound):
            ids.collection(number)


def window(**asked) -> Window:
    return window_of(Filter(**asked), NOW, SAO_PAULO)


def shown(found: Window) -> tuple[str, str]:
    return local_text(found.since, SAO_PAULO), local_text(found.until, SAO_PAULO)


def test_a_day_is_the_sites_whoever_asks():
    expected = ("2025-05-27T00:00:00", "2025-05-28T00:00:00")
    for data in ("2025-05-27", "2025-05-27T14:00:00", "2025-05-27T03:00:00.000Z", "2025-05-28T02:59:59Z"):
        assert shown(window(data=data)) == expected, data


def test_bounds_are_included_and_an_end_at_midnight_is_its_whole_day():
    assert shown(window(data_inicio="2025-05-01", data_fim="2025-05-02")) == (
        "2025-05-01T00:00:00",
        "2025-05-03T00:00:00",
    )
    found = window(data_inicio="2025-05-01T10:00:00", data_fim="2025-05-02T11:30:00")
    assert shown(found) == ("2025-05-01T10:00:00", "2025-05-02T11:30:00.000001")


def test_a_day_wins_over_bounds_and_bounds_over_days():
    both = window(data="2025-05-27", data_inicio="2025-01-01", data_fim="2025-01-02", dias=3)
    assert shown(both)[0] == "2025-05-27T00:00:00"
    assert shown(window(data_inicio="2025-01-01", data_fim="2025-01-02", dias=3))[0] == "2025-01-01T00:00:00"
    assert window(data_inicio="2025-01-01", dias=3).since == NOW - 3 * DAY_US
    assert window(data="", dias="").since == EARLIEST, "an empty field is none"


def test_a_day_of_23_hours_is_a_real_day():
    """Summer time began at midnight, so the day began at 1 o'clock."""
    begin, end = day_of(from_text("2018-11-04T12:00:00", SAO_PAULO), SAO_PAULO)
    assert end - begin == 23 * HOUR_US
    assert next_day(begin, SAO_PAULO) == begin
    assert next_day(begin + 1, SAO_PAULO) == end


def test_hours_are_the_sites_also_where_they_are_not_those_of_utc():
    at = from_text("2025-05-27T10:00:01", KOLKATA)
    assert local_text(next_hour(at, KOLKATA), KOLKATA) == "2025-05-27T11:00:00"
    exact = from_text("2025-05-27T10:00:00", KOLKATA)
    assert next_hour(exact, KOLKATA) == exact


@given(times, st.sampled_from([SAO_PAULO, KOLKATA, ZoneInfo("UTC"), ZoneInfo("Australia/Lord_Howe")]))
def test_the_next_hour_and_day_are_never_before_nor_far(at, zone):
    assert at <= next_hour(at, zone) <= at + 2 * HOUR_US
    assert at <= next_day(at, zone) <= at + 26 * HOUR_US
