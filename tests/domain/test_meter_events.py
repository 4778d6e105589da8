"""What a customer's water meter shows, by the figures of the makers."""

import numpy as np
import pytest

from calha.domain.meter_events import backflow_of, burst_hours, leak_of, movement_of, remembered_movement, stopped_days


def day(**hours):
    """24 hours of 4 litres, some of them others."""
    volumes = np.full(24, 4.0)
    for hour, volume in hours.items():
        volumes[int(hour[1:])] = volume
    return volumes


def test_flow_in_every_hour_of_a_day_is_a_leak_of_the_lowest_hour():
    leak = leak_of(day(h5=9.0))
    assert (leak.lowest_l_h, leak.hours) == (4.0, 24)
    assert leak.lowest_l_h * 24 * 30 / 1_000 == pytest.approx(2.88), "m³ a month"


def test_one_hour_without_flow_and_there_is_none():
    assert leak_of(day(h7=0.0)) is None
    assert leak_of(day(h7=3.0)) is None, "below a gallon nothing begins"
    assert leak_of(np.concatenate([day(), day(h3=0.0)])) is None


@pytest.mark.parametrize("missing", ["one hour missing", "one hour estimated"])
def test_an_hour_that_is_not_known_keeps_what_was(missing):
    unknown = day(h7=np.nan)
    assert leak_of(unknown) is None, "none before, none now"
    leak = leak_of(np.concatenate([day(), unknown]))
    assert (leak.lowest_l_h, leak.hours) == (4.0, 48)


@pytest.mark.parametrize(
    ("moving", "found"), [(49, "none"), (50, "intermittent"), (95, "intermittent"), (96, "continuous")]
)
def test_quarter_hours_tell_intermittent_from_continuous(moving, found):
    assert movement_of(np.where(np.arange(96) < moving, 1.0, 0.0)) == found
    assert movement_of(np.full(95, 1.0)) is None


def quarters(*moving):
    """Days with water in so many quarter hours of each; None: one of them is not known."""
    days = [np.where(np.arange(96) < (96 if one is None else one), 1.0, 0.0) for one in moving]
    for day, one in zip(days, moving, strict=True):
        day[0] = np.nan if one is None else day[0]
    return np.concatenate(days)


@pytest.mark.parametrize(
    ("moving", "found"),
    [
        ([0, 49, 0], ("none", 0)),
        ([0, 50, 0], ("intermittent", 1)),
        ([96, 50, 0, 0], ("continuous", 3)),
        ([96, 0, 96, 0], ("continuous", 1)),  # the newest of them
        ([60, None, None], ("intermittent", 2)),  # what is not known neither raises nor clears
        ([96, *[0] * 34], ("continuous", 34)),
        ([96, *[0] * 35], ("none", 0)),  # after 35 days it is forgotten
        ([None, None], None),
    ],
)
def test_the_worst_day_is_remembered_for_thirty_five_days(moving, found):
    assert remembered_movement(quarters(*moving)) == found
    assert remembered_movement(np.concatenate([np.ones(17), quarters(*moving)])) == found, "a part of a day is none"


@pytest.mark.parametrize(
    ("litres", "found"), [(0, "none"), (1, "none"), (1.1, "minor"), (100, "minor"), (101, "major")]
)
def test_backflow_is_minor_or_major_by_the_lowest_digit(litres, found):
    assert backflow_of(litres, 1.0) == found


def test_a_burst_is_beyond_three_times_the_usual_highest():
    history = np.tile(np.array([0.0, 10.0, 20.0, 30.0]), 60)
    assert burst_hours(np.array([80.0, 91.0, np.nan]), history).tolist() == [False, True, False]
    assert not burst_hours(np.array([1_000.0]), history[:20]).any(), "too little is known"
    assert not burst_hours(np.array([1_000.0]), np.zeros(100)).any(), "nothing was ever used"


def test_a_leak_is_told_by_the_hours_that_are_known_however_long_nothing_was():
    leak = leak_of(np.concatenate([day(), np.full(30, np.nan)]))
    assert (leak.lowest_l_h, leak.hours) == (4.0, 54)


def test_a_register_stands_only_where_it_has_moved():
    def stands(*days, known=True):
        hours = np.repeat(np.array(days), 24) / 24
        return stopped_days(hours, np.isfinite(hours) & known)

    assert stands(100.0, 90.0, 0.0, 0.0) == 2
    assert stands(0.0, 0.0) == 0, "it has never moved"
    assert stands(100.0, 0.0, np.nan, 0.0) == 2, "what is not known neither counts nor clears"
    assert stands(100.0, 0.0, 0.0, known=False) == 0


def test_what_was_used_in_a_hole_moved_the_register():
    hours = np.concatenate([np.full(24, 5.0), np.zeros(48), np.full(6, 1.0), np.zeros(48)])
    is_known = np.ones(len(hours), bool)
    is_known[72:78] = False
    assert stopped_days(hours, is_known) == 2
