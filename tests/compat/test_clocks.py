"""Clocks that are wrong: what stands in for their times, and that no register seems to fall for it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.compat.clocks import Clocks, Stamp
from calha.domain.times import DAY_US, HOUR_US, MAX_AHEAD_US, SECOND_US

NOW = 1_800_000_000 * SECOND_US


def clocks(newest=0):
    return Clocks(lambda device: newest if device != "stranger" else None)


@pytest.mark.parametrize("said", [NOW, NOW - 400 * DAY_US, NOW + MAX_AHEAD_US])
def test_a_time_that_can_be_is_the_devices_own(said):
    assert clocks().stamp("m", said, NOW) == Stamp(said, is_own=True)


@pytest.mark.parametrize("said", [None, 0, NOW + MAX_AHEAD_US + 1, NOW + 3 * HOUR_US, NOW + 10**15])
def test_for_one_that_cannot_the_arrival_stands_in_and_is_marked(said):
    stamp = clocks().stamp("m", said, NOW)
    assert stamp == Stamp(NOW, is_own=False)
    values = {"total": {"value": 1.5, "quality": "arrival_time"}}
    assert json.loads(stamp.record({"total": 1.5})) == {"ts": NOW, "values": values}


def test_what_stands_in_is_not_before_what_was_stored_last():
    assert clocks(newest=NOW + HOUR_US // 60).stamp("m", None, NOW).at == NOW + HOUR_US // 60 + 1


def test_only_devices_that_are_registered_are_remembered():
    known = clocks()
    known.stamp("stranger", NOW, NOW)
    assert not known._last


@given(st.lists(st.integers(-3 * SECOND_US, 3 * SECOND_US), min_size=2, max_size=60))
def test_a_clock_that_crosses_to_and_fro_keeps_its_readings_in_order(jitter):
    known = clocks()
    arrivals = [NOW + second * 10 * SECOND_US for second in range(len(jitter))]
    stamps = [known.stamp("m", at + MAX_AHEAD_US + off, at) for at, off in zip(arrivals, jitter, strict=True)]
    assert [one.at for one in stamps] == sorted({one.at for one in stamps})
    assert all(one.at <= at + MAX_AHEAD_US for one, at in zip(stamps, arrivals, strict=True))
