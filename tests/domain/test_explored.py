"""What is said of a series' readings, and series calculated from others."""

import numpy as np
import pytest

from calha.domain.calculated import Input, calculated, places
from calha.domain.errors import Malformed
from calha.domain.formulas import compiled
from calha.domain.quality import Quality
from calha.domain.series_statistics import of_buckets, of_readings

GOOD, ESTIMATED, BAD = (np.uint8(one) for one in (Quality.GOOD, Quality.ESTIMATED, Quality.SENSOR_FAILURE))


def given(name, at, value, quality=None, holds_us=0):
    return Input(
        name,
        np.array(at, np.int64),
        np.array(value, float),
        np.array(quality if quality is not None else [0] * len(at), np.uint8),
        holds_us,
    )


def test_statistics_leave_bad_readings_out_and_count_them():
    at = np.arange(5, dtype=np.int64)
    value = np.array([1.0, 5.0, np.nan, 3.0, 99.0])
    found = of_readings(at, value, np.array([GOOD, ESTIMATED, BAD, GOOD, BAD]))
    assert (found.count, found.mean, found.total, found.first, found.last) == (3, 3.0, 9.0, 1.0, 3.0)
    assert (found.minimum.at, found.minimum.value, found.maximum.at, found.maximum.value) == (0, 1.0, 1, 5.0)
    assert (found.shares.good, found.shares.estimated, found.shares.uncertain, found.shares.bad) == (0.4, 0.2, 0.0, 0.4)
    assert found.percentiles == pytest.approx((1.2, 3.0, 4.8))


def test_statistics_of_nothing_know_nothing():
    none = np.array([], np.int64)
    found = of_readings(none, none.astype(float), none.astype(np.uint8))
    assert (found.count, found.mean, found.percentiles, found.shares) == (0, None, None, None)
    only_bad = of_readings(np.array([1]), np.array([np.nan]), np.array([BAD]))
    assert (only_bad.count, only_bad.mean, only_bad.shares.bad) == (0, None, 1.0)


def test_statistics_of_buckets_are_those_of_their_readings():
    of = lambda *numbers: np.array(numbers, float)  # noqa: E731
    found = of_buckets(
        np.array([0, 60, 120]), np.array([2, 0, 1]), of(6, 0, 9), of(1, np.nan, 9), of(5, np.nan, 9), of(1, np.nan, 9),
        of(5, np.nan, 9),
    )  # fmt: skip
    assert (found.count, found.total, found.mean, found.first, found.last) == (3, 15.0, 5.0, 1.0, 9.0)
    assert (found.minimum.at, found.maximum.at, found.maximum.value) == (0, 120, 9.0)


def test_letters_stand_for_series_in_their_order():
    assert places(compiled("2 * c - a"), 3) == {"c": 2, "a": 0}
    for wrong in ("c", "A", "ab"):
        with pytest.raises(Malformed, match=f"'{wrong}' is none of the series; they are a, b$"):
            places(compiled(f"a + {wrong}"), 2)


def test_a_calculated_series_holds_each_input_as_long_as_is_usual_for_it():
    found = calculated(
        compiled("a - b"),
        [given("a", [0, 10, 20, 100], [10, 11, 12, 13], holds_us=30), given("b", [5, 25], [1, 2], holds_us=20)],
    )
    assert found.at.tolist() == [5, 10, 20, 25]
    assert found.value.tolist() == [9, 10, 11, 10]


def test_a_calculated_series_is_as_good_as_the_worst_of_its_inputs():
    found = calculated(
        compiled("a / b"),
        [given("a", [0, 1, 2], [4, 4, 4], [GOOD, ESTIMATED, BAD]), given("b", [0, 1, 2], [2, 2, 2])],
    )
    assert found.quality.tolist() == [GOOD, ESTIMATED, BAD]
    assert found.value[:2].tolist() == [2, 2]
    assert np.isnan(found.value[2])
    by_zero = calculated(compiled("a / b"), [given("a", [0], [4]), given("b", [0], [0])])
    assert (by_zero.quality.tolist(), np.isnan(by_zero.value[0])) == ([Quality.BAD], True)


def test_a_calculated_series_of_nothing_is_nothing():
    assert len(calculated(compiled("a + b"), [given("a", [], []), given("b", [1], [1])]).at) == 0
