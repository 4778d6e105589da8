"""Norms of machines: vibration zones, motor temperature, running times, OEE."""

import math

import numpy as np
import pytest

from calha.domain import motor_heat, vibration
from calha.domain.oee import Production
from calha.domain.running import made, running_of
from calha.domain.times import SECOND_US


@pytest.mark.parametrize(("velocity", "zone"), [(1.12, "A"), (1.13, "B"), (2.8, "B"), (7.1, "C"), (7.2, "D")])
def test_a_boundary_belongs_to_the_milder_zone(velocity, zone):
    assert vibration.BY_CLASS["II"].zone(velocity) == zone


@pytest.mark.parametrize(
    ("machine_class", "boundaries"),
    [("I", (0.71, 1.8, 4.5)), ("II", (1.12, 2.8, 7.1)), ("III", (1.8, 4.5, 11.2)), ("IV", (2.8, 7.1, 18.0))],
)
def test_boundaries_are_those_of_the_annex(machine_class, boundaries):
    one = vibration.BY_CLASS[machine_class]
    assert (one.a, one.b, one.c) == boundaries


def test_a_machine_is_as_bad_as_its_worst_direction():
    assert vibration.worst_zone([1.0, 3.0, 0.5], vibration.BY_CLASS["II"]) == "C"


def test_conversions_at_one_frequency():
    one_g_peak = vibration.rms_of_peak(vibration.acceleration_of_g(1.0))
    assert vibration.velocity_mm_s(one_g_peak, 100.0) == pytest.approx(11.04, abs=0.005)
    assert vibration.velocity_mm_s(1.0, 50.0) == pytest.approx(3.183, abs=0.0005)
    assert vibration.rms_of_peak(vibration.MM_AN_INCH) == pytest.approx(17.96, abs=0.005)


@pytest.mark.parametrize(("velocity", "trend"), [(1.25, "steady"), (1.26, "look"), (1.5, "look"), (1.51, "alarm")])
def test_a_machine_is_compared_with_its_own_baseline(velocity, trend):
    assert vibration.trend(velocity, 1.0) == trend


@pytest.mark.parametrize(
    ("insulation", "limits"), [("A", (105, 60, 5)), ("B", (130, 80, 10)), ("F", (155, 105, 10)), ("H", (180, 125, 15))]
)
def test_insulation_classes(insulation, limits):
    one = motor_heat.BY_CLASS[insulation]
    assert (one.hot_spot_c, one.rise_k, one.allowance_k) == limits
    assert one.hot_spot_c == motor_heat.AMBIENT_C + one.rise_k + one.allowance_k


@pytest.mark.parametrize(
    ("winding", "verdict"), [(145, "within"), (146, "over_rise"), (155, "over_rise"), (156, "over_limit")]
)
def test_a_winding_is_judged_by_its_class(winding, verdict):
    assert motor_heat.judge(winding, motor_heat.BY_CLASS["F"]) == verdict


def test_ten_kelvin_hotter_is_half_the_life():
    insulation = motor_heat.BY_CLASS["F"]
    assert motor_heat.life_share(155, insulation) == 1
    assert motor_heat.life_share(165, insulation) == pytest.approx(0.5)
    assert motor_heat.life_share(145, insulation) == pytest.approx(2)


def test_oee_of_the_textbook():
    shift = Production.of(planned_s=420 * 60, running_s=373 * 60, ideal_cycle_s=1, total=19_271, good=19_271 - 423)
    assert shift.availability == pytest.approx(0.888095, abs=1e-6)
    assert shift.performance == pytest.approx(0.861081, abs=1e-6)
    assert shift.quality == pytest.approx(0.978050, abs=1e-6)
    assert shift.oee == pytest.approx(0.747937, abs=1e-6)
    assert not shift.has_wrong_ideal


def test_oee_of_two_machines_is_that_of_their_times_and_counts():
    good, bad = Production.of(100, 100, 1, 100, 100), Production.of(1_000, 100, 1, 50, 50)
    both = good + bad
    assert both.oee == pytest.approx((200 / 1_100) * (150 / 200) * 1.0)
    assert both.oee != pytest.approx((good.oee + bad.oee) / 2)


def test_a_wrong_ideal_time_is_told_and_nothing_is_known_of_nothing():
    assert Production.of(100, 100, 2, 60, 60).performance == pytest.approx(1.2)
    assert Production.of(100, 100, 2, 60, 60).has_wrong_ideal
    assert Production.of(0, 0, 1, 0, 0).oee is None


def states(*pairs):
    at = np.array([at for at, _ in pairs], np.int64) * SECOND_US
    return at, np.array([code for _, code in pairs], float)


def test_times_and_starts_are_counted_within_the_window():
    at, codes = states((-30, 0), (0, 1), (60, 1), (100, 0), (150, 2), (180, 1), (190, 1))
    found = running_of(at, codes, (0, 200 * SECOND_US), {1}, {2}, 100 * SECOND_US)
    assert (found.running_s, found.stopped_s, found.fault_s, found.unknown_s) == (120, 50, 30, 0)
    assert (found.starts, found.stops, found.faults) == (2, 1, 1)
    assert found.longest_run_s == 100
    assert math.isclose(found.known_s, 200)


def test_a_state_does_not_hold_for_ever_and_silence_is_no_start():
    at, codes = states((0, 1), (500, 1))
    found = running_of(at, codes, (0, 600 * SECOND_US), {1}, {2}, 100 * SECOND_US)
    assert (found.running_s, found.unknown_s, found.starts, found.longest_run_s) == (200, 400, 0, 100)


def test_nothing_reported_is_nothing_known():
    found = running_of(*states(), (0, 100 * SECOND_US), {1}, {2}, SECOND_US)
    assert (found.known_s, found.unknown_s, found.starts) == (0, 100, 0)


def test_a_counter_that_was_reset_counts_on():
    assert made(np.array([5.0, 8.0, 2.0, 4.0])) == 3 + 2 + 2
    assert made(np.array([7.0])) == 0
