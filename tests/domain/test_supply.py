"""PRODIST: voltage bands, DRP and DRC with their compensation; and what else a supply shows."""

from decimal import Decimal

import numpy as np
import pytest

from calha.domain.supply import base_load, imbalance, lost_share, share_above, share_below
from calha.domain.supply_voltage import BY_NOMINAL, READINGS, VoltageWeek, bands_of, nominal_of, tens_of
from calha.domain.times import MINUTE_US


@pytest.mark.parametrize(
    ("nominal", "voltage", "band"),
    [
        (127, 117, "adequate"),
        (127, 133, "adequate"),
        (127, 116.9, "precarious"),
        (127, 110, "precarious"),
        (127, 135, "precarious"),
        (127, 109.9, "critical"),
        (127, 135.1, "critical"),
        (220, 202, "adequate"),
        (220, 231, "adequate"),
        (220, 191, "precarious"),
        (220, 233, "precarious"),
        (220, 190, "critical"),
        (220, 234, "critical"),
        (380, 331, "precarious"),
        (380, 404, "critical"),
    ],
)
def test_a_voltage_is_in_a_band(nominal, voltage, band):
    assert bands_of(nominal).band(voltage) == band


def test_medium_voltage_and_others_by_their_shares():
    bands = bands_of(13_800, "medium")
    assert bands.band(0.95 * 13_800) == "adequate"
    assert bands.band(0.94 * 13_800) == "precarious"
    assert bands.band(0.89 * 13_800) == "critical"
    assert bands.band(1.06 * 13_800) == "critical"
    assert bands_of(115).low == pytest.approx(0.92 * 115)


@pytest.mark.parametrize(
    ("nominal", "edges"),
    [
        (110, (96, 101, 116, 117)),
        (120, (104, 110, 126, 127)),
        (127, (110, 117, 133, 135)),
        (208, (181, 191, 218, 220)),
        (220, (191, 202, 231, 233)),
        (230, (200, 212, 242, 244)),
        (240, (209, 221, 252, 254)),
        (254, (221, 234, 267, 269)),
        (380, (331, 350, 399, 403)),
    ],
)
def test_bands_are_those_of_the_table(nominal, edges):
    bands = bands_of(nominal)
    assert (bands.lowest, bands.low, bands.high, bands.highest) == edges


def test_every_nominal_has_growing_bounds():
    for nominal, bands in BY_NOMINAL.items():
        assert bands.lowest < bands.low < nominal < bands.high < bands.highest


def test_drp_drc_and_what_the_customer_gets():
    week = VoltageWeek(READINGS - 50, 40, 10)
    assert float(week.drp) == pytest.approx(3.9683, abs=5e-5)
    assert float(week.drc) == pytest.approx(0.9921, abs=5e-5)
    assert float(week.compensation_factor()) == pytest.approx(0.063492, abs=5e-7)
    assert week.compensation(Decimal(200)).quantize(Decimal("0.01")) == Decimal("12.70")
    assert week.is_complete


def test_within_the_limits_nothing_is_due():
    week = VoltageWeek(READINGS - 35, 30, 5)
    assert float(week.drp) == pytest.approx(2.976, abs=5e-4)
    assert float(week.drc) == pytest.approx(0.496, abs=5e-4)
    assert week.compensation(Decimal(200)) == 0
    assert not VoltageWeek(1_000, 0, 0).is_complete


def test_a_week_is_counted_from_its_readings():
    assert VoltageWeek.of([127, 112, 100, 120], bands_of(127)) == VoltageWeek(2, 1, 1)


def test_ten_minutes_count_from_five_measured_ones():
    at = np.arange(24, dtype=np.int64) * MINUTE_US
    assert tens_of(at, np.full(24, 120.0)).tolist() == [120.0, 120.0]
    assert tens_of(at[:5], np.array([100.0, 100, 120, 120, 120])) == pytest.approx([112.43], abs=0.01)


def test_a_meter_that_reports_every_five_or_ten_minutes_is_measured_and_an_outage_is_not():
    for every in (5, 10):
        at = np.arange(0, 120, every, dtype=np.int64) * MINUTE_US
        assert len(tens_of(at, np.full(len(at), 120.0))) >= 10
    at = np.array([0, 1, 2, 3, 4, 60, 61, 62, 63], np.int64) * MINUTE_US
    assert len(tens_of(at, np.full(len(at), 120.0))) == 1


def test_the_nominal_voltage_is_the_nearest():
    assert nominal_of(np.array([124.0, 126.5, 128.0])) == 127
    assert nominal_of(np.array([215.0, 218.0])) == 220


def test_a_phase_is_lost_only_while_another_is_there():
    voltages = np.array([[220.0, 221, 219], [220, 3, 219], [0, 0, 0], [220, np.nan, 219]])
    assert lost_share(voltages, 220) == pytest.approx(1 / 3)
    assert lost_share(voltages[:, :1], 220) is None


def test_imbalance_of_three_phases():
    assert imbalance(np.array([[220.0, 220, 220]])) == 0
    assert imbalance(np.array([[230.0, 220, 210]])) == pytest.approx(10 / 220)
    assert imbalance(np.array([[230.0, 220]])) is None


def test_shares_are_of_what_was_measured():
    assert share_below(np.array([0.9, 0.95, np.nan]), 0.92) == 0.5
    assert share_above(np.array([np.nan]), 1) is None


def test_the_base_load_is_what_the_nights_have_in_common():
    hours = np.tile(np.arange(24), 4)
    days = np.repeat(np.arange(4), 24)
    power = np.where(hours == 3, 0.3, 2.0)
    power[3] = 1.5  # one night somebody was awake
    assert base_load(hours, days, power) == pytest.approx(0.3)
    assert base_load(hours[:48], days[:48], power[:48]) is None
