"""Power failures from the readings of a flag."""

import numpy as np
import pytest

from calha.domain.outages import outages, touches
from calha.domain.quality import Quality


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([0, 0, 0], []),
        ([0, 1, 1, 0, 0], [(1, 3)]),
        ([1, 0, 2, 2], [(0, 1), (2, 10)]),
        ([1], [(0, 10)]),
    ],
)
def test_a_failure_lasts_until_a_reading_says_that_it_is_over(values, expected):
    count = len(values)
    found = outages(np.arange(count), np.array(values, float), np.zeros(count, np.uint8), until=10)
    assert found == expected


def test_a_flag_that_could_not_be_read_says_nothing():
    quality = np.array([0, Quality.BAD, 0], np.uint8)
    assert outages(np.arange(3), np.array([1.0, 0.0, 0.0]), quality, until=10) == [(0, 2)]


def test_intervals_touch_a_span_that_they_share_a_moment_with():
    begins, ends = np.array([0, 10, 20]), np.array([10, 20, 30])
    assert touches([(10, 11)], begins, ends).tolist() == [False, True, False]
    assert touches([(5, 10), (29, 40)], begins, ends).tolist() == [True, False, True]
    assert touches([], begins, ends).tolist() == [False] * 3
