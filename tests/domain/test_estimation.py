"""Estimates by the book: interpolation, like days, and known totals that are spread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.estimation import interpolated, like_days, settled, spread


def test_a_line_between_the_neighbours():
    assert interpolated(10, 22, 2).tolist() == [14, 18]


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (12, [1, 2, 3], [2, 4, 6]),
        (12, [0, 0, 0], [4, 4, 4]),
        (12, [np.nan, 1, 2], [0, 4, 8]),
        (10, [1, 1, 1], [3, 4, 3]),
        (-6, [1, 2], [-2, -4]),
        (0, [1, 2], [0, 0]),
    ],
)
def test_a_known_total_is_spread_as_usual(total, weights, expected):
    assert spread(total, np.array(weights, float)).tolist() == expected


def test_the_mean_of_like_days_is_of_the_newest_four():
    assert like_days([np.array([4]), np.array([5]), np.array([6])]).tolist() == [5]
    assert like_days([np.array([1, 8])] * 4 + [np.array([100, 100])]).tolist() == [1, 8]
    assert like_days([]) is None


def test_a_real_reading_settles_the_difference_only():
    assert settled(estimated=100, measured=230) == 130


@given(st.integers(-(10**12), 10**12), st.lists(st.floats(0, 1e6), min_size=1, max_size=100))
def test_spreading_loses_no_tick(total, weights):
    found = spread(total, np.array(weights))
    assert found.sum() == total
    assert len(found) == len(weights)
