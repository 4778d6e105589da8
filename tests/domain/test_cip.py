"""Verdicts of cleanings, their phases, and how one compares with the golden one."""

import numpy as np
import pytest

from calha.domain.cip import Phase, Recipe, Samples, StepLimits, evidence_of, judge, recipe_of, velocity_m_s
from calha.domain.cip_golden import compare, golden_of
from calha.domain.cip_phases import Marks, cycles, kinds_of_signals, kinds_of_steps
from calha.domain.times import MINUTE_US, SECOND_US
from calha.simulate.cip import cip_station

CAUSTIC = StepLimits("caustic", min_s=1_200, min_temperature_c=70, min_conductivity_ms_cm=50)
FINAL = StepLimits("final_rinse", residue_ms_cm=0.1)
ONLY_CAUSTIC = Recipe("caustic", (CAUSTIC,))


def samples(minutes, temperature=75.0, conductivity=60.0, flow=12.0, every_s=10, begin=0):
    at = begin + np.arange(0, minutes * 60, every_s) * SECOND_US
    columns = (np.broadcast_to(np.asarray(one, float), len(at)).copy() for one in (temperature, conductivity, flow))
    return Samples(at.astype(np.int64), *columns)


def phase(kind, taken, minutes, begin=0):
    return Phase(kind, begin, begin + round(minutes * MINUTE_US), taken)


def caustic_with_dip(minutes, dip_minutes):
    taken = samples(minutes)
    taken.temperature_c[60 : 60 + dip_minutes * 6] = 65.0
    return phase("caustic", taken, minutes)


@pytest.mark.parametrize(("minutes", "effective_minutes", "verdict"), [(25, 19, "failed"), (26, 20, "passed")])
def test_time_counts_only_while_it_is_hot_enough(minutes, effective_minutes, verdict):
    found = judge([caustic_with_dip(minutes, 6)], ONLY_CAUSTIC)
    assert found.verdict == verdict
    assert found.evidence[0].effective_s == effective_minutes * 60
    assert [(one.reason, one.reached, one.demanded) for one in found.findings] == (
        [("effective_time", 1_140.0, 1_200.0)] if verdict == "failed" else []
    )


@pytest.mark.parametrize(("ends_at", "verdict"), [(0.35, "failed"), (0.30, "passed")])
def test_a_rinse_may_leave_no_residue(ends_at, verdict):
    taken = samples(5, 25.0, np.linspace(5.0, ends_at, 30))
    found = judge([phase("final_rinse", taken, 5)], Recipe("rinse", (FINAL,), water_ms_cm=0.2))
    assert found.verdict == verdict
    if verdict == "failed":
        assert (found.findings[0].reason, found.findings[0].demanded) == ("residue", pytest.approx(0.30))


@pytest.mark.parametrize(("missing_s", "verdict"), [(30, "passed"), (40, "inconclusive")])
def test_a_gap_in_a_critical_step_is_never_passed(missing_s, verdict):
    taken = samples(40)
    place = 60
    left = np.delete(np.arange(len(taken.at)), np.arange(place + 1, place + missing_s // 10))
    gappy = Samples(*(one[left] for one in (taken.at, taken.temperature_c, taken.conductivity_ms_cm, taken.flow_m3_h)))
    assert judge([phase("caustic", gappy, 40)], ONLY_CAUSTIC).verdict == verdict


def test_a_demanded_channel_that_is_silent_is_a_gap_though_the_others_speak():
    taken = samples(40)
    taken.conductivity_ms_cm[60:70] = np.nan
    found = judge([phase("caustic", taken, 40)], ONLY_CAUSTIC)
    assert (found.verdict, found.findings[0].reason) == ("inconclusive", "gap")
    unasked = Recipe("warm", (StepLimits("caustic", min_s=1_200, min_temperature_c=70),))
    assert judge([phase("caustic", taken, 40)], unasked).verdict == "passed"


def test_a_step_that_fails_whatever_the_gap_hid_has_failed():
    taken = samples(15)
    taken.temperature_c[60:66] = np.nan
    found = judge([phase("caustic", taken, 15)], ONLY_CAUSTIC)
    assert found.verdict == "failed"
    assert {one.reason for one in found.findings} == {"gap", "effective_time"}


def test_acid_before_caustic_and_a_missing_step_fail():
    acid = StepLimits("acid")
    recipe = Recipe("both", (StepLimits("caustic"), acid))
    first = phase("acid", samples(10, conductivity=20.0), 10)
    second = phase("caustic", samples(10, begin=10 * MINUTE_US), 10, 10 * MINUTE_US)
    found = judge([first, second], recipe)
    assert (found.verdict, [(one.step, one.reason) for one in found.findings]) == ("failed", [("acid", "order")])
    found = judge([first], recipe)
    assert [(one.step, one.reason) for one in found.findings] == [("caustic", "missing_step")]


def test_velocity_is_that_of_the_pipe():
    assert velocity_m_s(10.6, 50) == pytest.approx(1.50, abs=0.005)
    assert velocity_m_s(42.4, 100) == pytest.approx(1.50, abs=0.005)
    in_pipe = Recipe("pipe", (StepLimits("caustic"),), bore_mm=50)
    assert judge([phase("caustic", samples(10, flow=10.6), 10)], in_pipe).verdict == "passed"
    found = judge([phase("caustic", samples(10, flow=9.0), 10)], in_pipe)
    assert [one.reason for one in found.findings] == ["too_slow"]


def test_evidence_shows_spread_and_volume():
    shown = evidence_of(phase("caustic", samples(30, temperature=np.linspace(70, 80, 180)), 30), CAUSTIC)
    assert (shown.temperature_c[0], shown.temperature_c[2]) == (70, 80)
    assert shown.temperature_c[1] == pytest.approx(75)
    assert shown.volume_m3 == pytest.approx(6.0)


# -- phases

WHOLE = [("pre_rinse", 5, 30, 0.2), ("caustic", 21, 75, 70), ("rinse", 5, 35, 0.3), ("acid", 18, 62, 20),
         ("final_rinse", 5, 28, 0.2), ("sanitise", 16, 88, 0.2)]  # fmt: skip


def run(steps=WHOLE, begin=0):
    """Samples every 10 s of steps one after the other, idle for a quarter of an hour before and after."""
    parts = [samples(15, 24, 0.2, 0.0), *(samples(minutes, warm, strong) for _, minutes, warm, strong in steps)]
    parts.append(samples(15, 24, 0.2, 0.0))
    count = sum(len(part.at) for part in parts)
    at = begin + np.arange(count, dtype=np.int64) * 10 * SECOND_US
    names = ("temperature_c", "conductivity_ms_cm", "flow_m3_h")
    return Samples(at, *(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def found_in(taken):
    return cycles(taken, kinds_of_signals(taken, Marks()), names_rinses=False)


def test_phases_are_found_from_conductivity_and_temperature():
    (cycle,) = found_in(run())
    assert [one.kind for one in cycle] == [kind for kind, *_ in WHOLE]
    assert [one.duration_s / 60 for one in cycle] == [minutes for _, minutes, *_ in WHOLE]
    assert cycle[0].from_ == 15 * MINUTE_US


def test_a_pipe_that_fills_slowly_passes_through_other_phases_without_being_in_them():
    """The packaged station's own signals, which approach each phase's values exponentially."""
    at = (1_760_000_000 + np.arange(0, 86_400, 5)) * SECOND_US
    values = cip_station(np.full(len(at), 7, np.uint64), at, np.zeros(len(at)))
    taken = Samples(at, values["temperature"], values["conductivity"], values["flow"])
    names = {int(code): kind for code, kind in enumerate([kind for kind, *_ in WHOLE], start=1)}
    told = cycles(taken, kinds_of_steps(values["phase"], names), names_rinses=True)
    found = found_in(taken)
    assert len(found) == len(told) >= 3
    for one, other in zip(found, told, strict=True):
        assert [phase.kind for phase in one] == [phase.kind for phase in other]
        for phase, step in zip(one[:5], other[:5], strict=True):
            assert abs(phase.from_ - step.from_) <= 60 * SECOND_US


def test_what_lies_between_two_phases_or_is_short_is_no_phase():
    taken = run()
    in_caustic = slice(150, 152)
    taken.conductivity_ms_cm[in_caustic] = 0.2  # 20 s of water
    taken.conductivity_ms_cm[160:170] = 28.0  # neither clearly acid nor clearly caustic
    (cycle,) = found_in(taken)
    assert [one.kind for one in cycle] == [kind for kind, *_ in WHOLE]


def test_a_pause_within_a_step_is_part_of_it():
    taken = run(WHOLE[:2])
    taken.flow_m3_h[180:192] = 0.0  # two minutes
    (cycle,) = found_in(taken)
    assert [(one.kind, one.duration_s) for one in cycle] == [("pre_rinse", 300), ("caustic", 1_260)]


def test_water_alone_is_no_cleaning_and_two_cleanings_are_two():
    assert found_in(run([("rinse", 20, 25, 0.2)])) == []
    first, second = run(), run(begin=10_000 * SECOND_US)
    names = ("at", "temperature_c", "conductivity_ms_cm", "flow_m3_h")
    both = Samples(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in names))
    assert [len(cycle) for cycle in found_in(both)] == [6, 6]


def test_the_steps_of_the_plc_are_taken_as_they_are():
    taken = run(WHOLE[:2])
    codes = np.zeros(len(taken.at))
    codes[90:120], codes[120:246] = 1, 2
    (cycle,) = cycles(taken, kinds_of_steps(codes, {1: "pre_rinse", 2: "caustic"}), names_rinses=True)
    assert [(one.kind, one.duration_s) for one in cycle] == [("pre_rinse", 300), ("caustic", 1_260)]
    assert cycles(taken, kinds_of_steps(np.zeros(len(taken.at)), {1: "rinse"}), names_rinses=True) == []


def test_nothing_is_found_in_nothing():
    assert found_in(samples(0)) == []


def test_the_recipe_is_that_whose_steps_were_run():
    whole = Recipe("full", tuple(StepLimits(kind) for kind, *_ in WHOLE))
    rinse = Recipe("rinse", (StepLimits("pre_rinse"), StepLimits("sanitise")))
    (cycle,) = found_in(run())
    assert recipe_of(cycle, [rinse, whole]) is whole
    assert recipe_of([one for one in cycle if one.kind in ("pre_rinse", "sanitise")], [whole, rinse]) is rinse


# -- golden


def test_the_golden_cycle_is_the_passed_one_nearest_the_usual():
    recipe = Recipe("caustic", (StepLimits("caustic", min_s=600),))
    runs = [judge([phase("caustic", samples(minutes), minutes)], recipe) for minutes in (20, 21, 30, 5)]
    assert golden_of(runs, "caustic") is runs[1]
    assert golden_of(runs[:2], "caustic") is None
    (longer,) = compare(runs[2], runs[1])
    assert (longer.duration, longer.is_alike) == (pytest.approx(30 / 21), False)
    (same,) = compare(runs[0], runs[1])
    assert (same.is_alike, same.temperature_k, same.volume_m3) == (True, 0.0, pytest.approx(-0.2))
