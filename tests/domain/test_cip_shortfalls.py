"""Where in a cleaning its recipe's demands did not hold."""

import numpy as np

from calha.domain.cip import Phase, Recipe, Samples, StepLimits, judge, slowest_flow_m3_h, velocity_m_s
from calha.domain.cip_shortfalls import MAX_SPANS, Gap, gaps, shortfalls
from calha.domain.times import MINUTE_US, SECOND_US

CAUSTIC = StepLimits("caustic", min_s=1_200, min_temperature_c=70, min_conductivity_ms_cm=50, max_conductivity_ms_cm=90)
RECIPE = Recipe("caustic", (CAUSTIC,))
EVERY_S = 10


def caustic(minutes=30, begin=0):
    at = begin + np.arange(0, minutes * 60, EVERY_S) * SECOND_US
    columns = (np.full(len(at), value) for value in (75.0, 60.0, 12.0))
    return Phase("caustic", begin, begin + minutes * MINUTE_US, Samples(at.astype(np.int64), *columns))


def test_each_limit_tells_when_and_how_far_it_was_missed():
    phase = caustic()
    phase.samples.temperature_c[:6] = np.linspace(60.0, 69.0, 6)
    phase.samples.temperature_c[60:66] = 69.5
    phase.samples.conductivity_ms_cm[30] = 95.0
    cold, strong = shortfalls([phase], RECIPE)
    assert (cold.signal, cold.bound, cold.limit, cold.worst, cold.total_s) == ("temperature", "low", 70.0, 60.0, 120.0)
    assert cold.spans == ((0, MINUTE_US), (10 * MINUTE_US, 11 * MINUTE_US))
    assert (strong.signal, strong.bound, strong.worst, strong.total_s) == ("conductivity", "high", 95.0, EVERY_S)
    missed_s = cold.total_s + strong.total_s  # at different times here
    assert judge([phase], RECIPE).evidence[0].effective_s == phase.duration_s - missed_s


def test_what_held_all_the_time_tells_nothing():
    assert shortfalls([caustic()], RECIPE) == ()
    assert gaps([caustic()], RECIPE) == ()


def test_the_worst_is_that_of_the_longest_time():
    phase = caustic()
    phase.samples.temperature_c[:3] = 30.0  # it begins cold
    phase.samples.temperature_c[60:90] = 64.0
    (cold,) = shortfalls([phase], RECIPE)
    assert (cold.worst, cold.total_s) == (64.0, 330.0)


def test_a_signal_that_swings_about_its_limit_tells_its_longest_times_and_the_sum_of_all():
    phase = caustic(minutes=60)
    phase.samples.temperature_c[::2] = 69.0
    (found,) = shortfalls([phase], RECIPE)
    assert len(found.spans) == MAX_SPANS
    assert found.total_s == 30 * 60
    assert list(found.spans) == sorted(found.spans)


def test_a_gap_stands_where_the_demanded_signals_were_not_measured():
    phase = caustic(begin=MINUTE_US)
    phase.samples.conductivity_ms_cm[6:12] = np.nan
    (found,) = gaps([phase], RECIPE)
    last_known, next_known = MINUTE_US + 50 * SECOND_US, MINUTE_US + 120 * SECOND_US
    assert found == Gap(MINUTE_US, last_known, next_known)
    assert shortfalls([phase], RECIPE) == ()  # not known is not missed


def test_a_missing_value_counts_no_longer_than_a_gap_may_be():
    phase = caustic()
    kept = np.r_[0:6, 30:180]
    columns = (phase.samples.at, phase.samples.temperature_c, phase.samples.conductivity_ms_cm, phase.samples.flow_m3_h)
    sparse = Samples(*(one[kept] for one in columns))
    sparse.temperature_c[5] = 60.0
    (found,) = shortfalls([Phase("caustic", 0, phase.until, sparse)], RECIPE)
    assert found.total_s == 30.0


def test_findings_say_when_their_step_began():
    phase = caustic(minutes=10, begin=MINUTE_US)
    (finding,) = judge([phase], RECIPE).findings
    assert (finding.reason, finding.step_from) == ("effective_time", MINUTE_US)
    assert judge([], RECIPE).findings[0].step_from is None


def test_the_slowest_flow_is_that_of_one_and_a_half_metres_a_second_in_the_pipe():
    assert slowest_flow_m3_h(RECIPE) is None
    slowest = slowest_flow_m3_h(Recipe("wide", (CAUSTIC,), bore_mm=50.0))
    assert slowest is not None
    assert velocity_m_s(slowest, 50.0) == 1.5
