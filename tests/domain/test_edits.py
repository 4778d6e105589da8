"""Edits change what lies between their bounds and nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calha.domain.consumption import consumption
from calha.domain.curves import Curve, register_curve
from calha.domain.edits import Edit, edited
from calha.domain.quality import Quality
from calha.domain.register_breaks import Readings
from calha.domain.register_steps import steps
from calha.domain.registers import TICKS, Register
from calha.domain.times import HOUR_US

START = 1_705_287_600_000_000


def hours(*numbers):
    return START + np.array(numbers, np.int64) * HOUR_US


def curve_of(at, value) -> Curve:
    readings = Readings.of(hours(*at), np.array(value, float), np.zeros(len(at), np.uint8))
    return register_curve(steps(readings, [Register("m³")]), HOUR_US)


def edit_of(first, amounts, quality=Quality.SUBSTITUTED) -> Edit:
    return Edit(hours(*range(first, first + len(amounts) + 1)), np.array(amounts, np.int64) * TICKS, quality)


def amounts(curve: Curve, *numbers):
    found = consumption(curve, hours(*numbers), "m³")
    return [None if one.amount is None else float(one.amount) for one in found]


def test_an_edit_stands_between_its_bounds_and_leaves_the_rest():
    curve = edited(curve_of(range(7), [0, 1, 2, 3, 4, 5, 6]), [edit_of(2, [10, 20])])
    assert amounts(curve, 0, 1, 2, 3, 4, 5, 6) == [1, 1, 10, 20, 1, 1]
    found = consumption(curve, hours(0, 1, 2, 3, 4, 5, 6), "m³")
    assert [one.quality for one in found] == [0, 0, Quality.SUBSTITUTED, Quality.SUBSTITUTED, 0, 0]
    assert [one.coverage for one in found] == [1, 1, 0, 0, 1, 1]


def test_an_edit_within_a_hole_leaves_the_rest_of_the_hole():
    curve = edited(curve_of([0, 1, 9, 10], [0, 1, 9, 10]), [edit_of(3, [5, 5], Quality.ESTIMATED)])
    assert amounts(curve, 0, 1, 3, 5, 9, 10) == [1, 2, 10, 4, 1]


@pytest.mark.parametrize(
    ("first", "expected"), [(-3, [4, 4, 0, 1, 1, None, None]), (3, [None, None, None, 1, 1, 0, 4])]
)
def test_an_edit_before_the_first_or_after_the_last_reading_adds_what_nobody_measured(first, expected):
    curve = edited(curve_of([0, 1, 2], [0, 1, 2]), [edit_of(first, [4, 4])])
    found = consumption(curve, hours(-3, -2, -1, 0, 1, 2, 3, 4), "m³")
    assert [None if one.amount is None else float(one.amount) for one in found] == expected
    gap = found.interval(2 if first < 0 else 5)
    assert gap.quality >= Quality.UNCERTAIN


def test_a_meter_that_was_never_read_can_be_edited():
    assert amounts(edited(curve_of([], []), [edit_of(0, [4, 5])]), 0, 1, 2) == [4, 5]
    assert amounts(edited(curve_of([1], [7]), [edit_of(0, [4, 5])]), 0, 1, 2) == [4, 5]


def test_the_later_edit_wins_where_two_overlap():
    curve = edited(curve_of(range(7), range(7)), [edit_of(1, [10, 10, 10]), edit_of(2, [5])])
    assert amounts(curve, 0, 1, 2, 3, 4, 5) == [1, 10, 5, 10, 1]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(0, 50), min_size=2, max_size=30),
    st.integers(0, 28),
    st.lists(st.integers(-5, 50), min_size=1, max_size=10),
)
def test_the_sum_changes_by_what_the_edit_says_and_by_nothing_else(growth, first, said):
    values = np.cumsum(growth)
    curve = curve_of(range(len(values)), values)
    last = len(values) - 1
    edit = edit_of(min(first, last - 1), said[: last - min(first, last - 1)])
    whole = hours(0, last)
    ends = np.array([edit.from_at, edit.until_at])
    removed = int(np.diff(curve.upto(ends))[0])
    changed = edited(curve, [edit])
    assert np.diff(changed.upto(whole))[0] == np.diff(curve.upto(whole))[0] - removed + edit.ticks.sum()
    outside = hours(*range(last + 1))
    outside = outside[(outside <= edit.from_at) | (outside >= edit.until_at)]
    steps_outside = (outside[:-1] >= edit.until_at) | (outside[1:] <= edit.from_at)
    assert (np.diff(changed.upto(outside)) == np.diff(curve.upto(outside)))[steps_outside].all()
