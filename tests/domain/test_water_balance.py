"""Unavoidable losses, night flow and the leakage index against published figures."""

import numpy as np
import pytest

from calha.domain.errors import Malformed
from calha.domain.water_balance import Network, index_class, leakage_index, losses_percent, minimum_night_flow


def test_unavoidable_losses_and_the_leakage_index():
    network = Network(mains_km=100, connections=5_000, pressure_m=40)
    assert network.unavoidable_l_day == 232_000
    assert leakage_index(928_000, network.unavoidable_l_day) == 4.0
    assert leakage_index(928_000, 0) is None


def test_night_use_and_background_of_a_district():
    at_50, at_60 = (Network(6.8, 500, pressure, people=2_124) for pressure in (50, 60))
    assert at_50.night_use_l_h == pytest.approx(1_274.4)
    assert at_50.background_l_h == pytest.approx(272)
    assert at_60.background_l_h == pytest.approx(357.6, abs=0.05)
    assert at_50.leakage_l_day(2_274.4) == pytest.approx(24_000)
    assert at_50.leakage_l_day(1_000) == 0


@pytest.mark.parametrize(
    ("index", "high_income", "elsewhere"),
    [(1.9, "A", "A"), (2.0, "B", "A"), (4.0, "C", "B"), (8.0, "D", "C"), (9.7, "D", "C"), (16.0, "D", "D")],
)
def test_classes_of_the_leakage_index(index, high_income, elsewhere):
    assert index_class(index, is_high_income=True) == high_income
    assert index_class(index, is_high_income=False) == elsewhere


def nights(*lowest, missing=()):
    """Hours of some days with 100 by day; by night so much, and its lowest hour."""
    hours = np.tile(np.arange(24), len(lowest))
    days = np.repeat(np.arange(len(lowest)), 24)
    flow = np.where(hours < 4, 50.0, 100.0)
    flow[(hours == 2)] = lowest
    for day in missing:
        flow[(days == day) & (hours == 3)] = np.nan
    return hours, days, flow


def test_the_minimum_night_flow_is_the_median_of_the_last_seven_nights():
    assert minimum_night_flow(*nights(9, 1, 2, 3, 4, 5, 6, 7)) == 4
    assert minimum_night_flow(*nights(1, 2, 30, missing=[0])) == 16
    assert minimum_night_flow(*nights(5, missing=[0])) is None


def test_a_clock_that_is_turned_back_gives_a_night_of_five_hours():
    hours, days, flow = nights(7)
    hours, days, flow = np.insert(hours, 1, 0), np.insert(days, 1, 0), np.insert(flow, 1, 60.0)
    assert minimum_night_flow(hours, days, flow) == 7


def test_losses_in_treatment():
    assert losses_percent(100, 95) == pytest.approx(5)
    assert losses_percent(0, 0) is None


@pytest.mark.parametrize("wrong", [{"mains_km": -1}, {"pressure_m": 0}, {"hours_a_day": 25}, {"people": -1}])
def test_a_network_that_cannot_be_is_refused(wrong):
    with pytest.raises(Malformed):
        Network(**({"mains_km": 1, "connections": 1, "pressure_m": 40} | wrong))
