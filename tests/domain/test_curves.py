"""Flows add up to volumes by their own times; holes are left out and told."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calha.domain.consumption import consumption
from calha.domain.curves import flow_curve
from calha.domain.quality import Quality
from calha.domain.register_breaks import Readings
from calha.domain.times import HOUR_US, MINUTE_US, SECOND_US
from calha.domain.units import factor

START = 1_705_287_600_000_000
L_S = float(factor("L/s", "m³/h"))


def flow_of(minutes, values) -> Readings:
    at = START + np.array(minutes, np.int64) * MINUTE_US
    return Readings.of(at, np.array(values, float), np.zeros(len(at), np.uint8))


def bounds_of(*minutes):
    return START + np.array(minutes, np.int64) * MINUTE_US


@pytest.mark.parametrize(
    ("minutes", "flow_l_s", "m3"),
    [
        (range(61), [100.0] * 61, 360),
        (range(61), [100 * minute / 60 for minute in range(61)], 180),
        ([0, 60], [100, 100], 360),
        ([0, 20, 60], [0, 300, 0], 540),
    ],
)
def test_litres_a_second_over_an_hour(minutes, flow_l_s, m3):
    found = consumption(flow_curve(flow_of(minutes, flow_l_s), HOUR_US, L_S), bounds_of(0, 60), "m³")
    assert found.interval(0).amount == m3


def test_a_boundary_between_two_readings_cuts_the_ramp_where_it_lies():
    ramp = flow_of([0, 60], [0.0, 60.0])
    bounds = bounds_of(0, 30, 60)
    found = consumption(flow_curve(ramp, HOUR_US, 1.0, bounds), bounds, "m³")
    assert [one.amount for one in found] == [Decimal("7.5"), Decimal("22.5")]


def test_nothing_is_integrated_across_a_hole_and_the_intervals_say_so():
    flow = flow_of([0, 3, 6, 9, 40, 43, 46], [20.0] * 7)
    bounds = bounds_of(0, 5, 15, 25, 35, 45, 60)
    found = consumption(flow_curve(flow, 9 * MINUTE_US, 1.0, bounds), bounds, "m³")
    assert [float(one.amount) * 3 for one in found] == pytest.approx([5, 4, 0, 0, 5, 1], abs=1e-5)
    assert [round(one.coverage, 3) for one in found] == [1.0, 0.4, 0.0, 0.0, 0.5, 0.067]
    assert [one.quality for one in found] == [Quality.GOOD] + [Quality.UNCERTAIN] * 4 + [Quality.GOOD]


def test_a_failed_reading_is_bridged_when_its_neighbours_are_near():
    flow = Readings.of(bounds_of(0, 3, 6), np.array([20.0, 999.0, 20.0]), np.array([0, 0x80, 0], np.uint8))
    found = consumption(flow_curve(flow, 9 * MINUTE_US), bounds_of(0, 6), "m³")
    assert found.interval(0).amount == 2


def test_no_flow_at_all_is_not_zero():
    assert (
        consumption(flow_curve(flow_of([], []), HOUR_US, 1.0, bounds_of(0, 6)), bounds_of(0, 6), "m³").total().amount
        is None
    )


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 600), st.floats(0, 500)), min_size=2, max_size=40),
    st.lists(st.integers(0, 20_000), max_size=20),
    st.randoms(),
)
def test_any_cut_and_any_order_add_up_to_the_same_volume(readings, cuts, random):
    at = START + np.cumsum([gap for gap, _ in readings]).astype(np.int64) * SECOND_US
    value, quality = np.array([flow for _, flow in readings]), np.zeros(len(readings), np.uint8)
    order = list(range(len(readings)))
    random.shuffle(order)
    flow, shuffled = Readings.of(at, value, quality), Readings.of(at[order], value[order], quality)
    ends = [int(at[0]), int(at[-1])]
    bounds = np.unique(np.clip([*ends, *(START + cut * SECOND_US for cut in cuts)], *ends)).astype(np.int64)
    parts = consumption(flow_curve(shuffled, 300 * SECOND_US, 1.0, bounds), bounds, "m³")
    whole = consumption(flow_curve(flow, 300 * SECOND_US), np.array(ends), "m³")
    assert float(parts.total().amount) == pytest.approx(float(whole.total().amount), abs=2e-6)
