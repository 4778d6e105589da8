"""Water that never rests, by the hours of a day."""

import numpy as np
import pytest

from calha.domain.leaks import US_GALLON_L, Rest, rest

DAY = [4.0] * 24


def of(hours, estimated=()) -> Rest:
    per_hour = np.array([np.nan if one is None else one for one in hours], float)
    is_measured = ~np.isnan(per_hour)
    is_measured[list(estimated)] = False
    return rest(per_hour, is_measured, US_GALLON_L)


def test_a_day_whose_lowest_hour_has_four_litres_is_a_leak_of_four_litres_an_hour():
    found = of([9.0, 50.0, *DAY[2:]])
    assert found == Rest("leak", 4.0)
    assert found.per_month == 2_880  # 2.88 m³


def test_one_hour_of_rest_says_that_nothing_leaks():
    assert of([0.0, *DAY[1:]]).state == "rested"
    assert of([0.0, None, *DAY[2:]]).state == "rested"
    assert of([3.7, *DAY[1:]]).state == "rested"  # less than a gallon


@pytest.mark.parametrize("before", [True, False])
def test_an_hour_that_is_missing_or_estimated_neither_raises_nor_clears(before):
    for found in (of([None, *DAY[1:]]), of(DAY, estimated=[5]), of([0.0, *DAY[1:]], estimated=[0]), of([])):
        assert found == Rest("unknown")
        assert found.is_leaking(before) is before
    assert of(DAY).is_leaking(before)
    assert not of([0.0, *DAY[1:]]).is_leaking(before)
