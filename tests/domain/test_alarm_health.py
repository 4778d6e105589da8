"""The figures of the standard, on what it calls floods, chattering, fleeting and stale."""

import pytest

from calha.domain.alarm_health import SLOT_US, Flood, Moment, floods, health
from calha.domain.alarm_states import Priority
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US

START = 1_767_225_600 * SECOND_US
LOW, HIGH = Priority.LOW, Priority.HIGH


def moments(*given) -> list[Moment]:
    return [Moment(alarm, START + round(at_s * SECOND_US), holds, LOW) for alarm, at_s, holds in given]


def figure(found, name):
    return next(one for one in found.figures if one.name == name)


def test_a_flood_lasts_until_fewer_than_five_come():
    """2, 12, 9, 6, 4, 1 in ten minutes each: from the second to the start of the fifth."""
    assert floods([2, 12, 9, 6, 4, 1], START) == [Flood(START + SLOT_US, START + 4 * SLOT_US, 27, 12)]


def test_a_flood_that_has_not_ended_ends_with_the_time():
    assert floods([11, 5], START) == [Flood(START, START + 2 * SLOT_US, 16, 11)]
    assert floods([10, 10], START) == []
    assert floods([], START) == []


def test_an_alarm_that_comes_and_goes_six_times_in_five_minutes_chatters():
    six = moments(*((7, 50 * place, place % 2 == 0) for place in range(6)))
    assert health(six, START, START + HOUR_US).chattering == {7: 6}
    assert health(six[:5], START, START + HOUR_US).chattering == {}


def test_fleeting_and_stale_alarms_are_told_apart():
    given = moments((1, 0, True), (1, 9.9, False), (2, 0, True), (2, 10, False), (3, 0, True), (4, 3_600, True))
    found = health(given, START, START + DAY_US + HOUR_US)
    assert dict(found.fleeting) == {1: 1}
    assert dict(found.stale) == {3: START}


def test_the_mix_and_the_top_ten_are_shares_of_what_was_raised():
    given = [Moment(one % 20, START + one * MINUTE_US, True, HIGH if one < 10 else LOW) for one in range(40)]
    found = health(given, START, START + HOUR_US)
    assert (found.alarms, len(found.top), found.mix[LOW], found.mix[HIGH]) == (40, 10, 0.75, 0.25)
    assert figure(found, "top_10_percent").value == 50.0
    assert figure(found, "high_percent").verdict == "bad"


@pytest.mark.parametrize(
    ("alarms", "consoles", "verdict"), [(6, 1, "good"), (12, 1, "bearable"), (13, 1, "bad"), (13, 3, "good")]
)
def test_rates_are_for_each_console(alarms, consoles, verdict):
    given = [Moment(one, START + one * 4 * MINUTE_US, True, LOW) for one in range(alarms)]
    assert figure(health(given, START, START + HOUR_US, consoles), "alarms_an_hour").verdict == verdict


def test_of_nothing_everything_is_good():
    found = health([], START, START + DAY_US)
    assert {one.verdict for one in found.figures} == {"good"}
