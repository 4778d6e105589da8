"""Each rule finds what is beyond its limit, and nothing at its limit."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from calha.domain.consumption import Consumption
from calha.domain.quality import Quality
from calha.domain.registers import TICKS, RegisterEvent, Verdict
from calha.domain.times import HOUR_US, MINUTE_US, SECOND_US
from calha.domain.validation import Checked, RuleSet, findings, rules_of

START = 1_705_287_600_000_000


def intervals_of(amounts) -> Consumption:
    amounts = np.array([np.nan if one is None else one for one in amounts], float)
    known = ~np.isnan(amounts)
    bounds = START + np.arange(len(amounts) + 1, dtype=np.int64) * HOUR_US
    ticks = np.rint(np.where(known, amounts, 0) * TICKS).astype(np.int64)
    return Consumption(bounds, ticks, np.zeros(len(amounts), np.uint8), known.astype(float), known, known, "kWh")


def found(rules: RuleSet, amounts=(1, 2, 3), before=(), **known) -> list[str]:
    return [one.rule for one in findings(rules, Checked(intervals_of(amounts), np.array(before, float), **known))]


@pytest.mark.parametrize(
    ("amounts", "floor", "expected"),
    [
        ([9.0, 5.0, 3.0, 1.0], 0, ["spike"]),  # (9 - 3) / 3 = 200 %
        ([8.4, 5.0, 3.0, 1.0], 0, []),  # exactly 180 %
        ([5.0, 1.0, 0.0, 0.0], 0, ["spike"]),  # the third is 0: only the floor decides
        ([5.0, 1.0, 0.0, 0.0], 5, []),
        ([9.0, None, None], 0, []),
    ],
)
def test_a_spike_is_the_highest_against_the_third_highest(amounts, floor, expected):
    assert found(RuleSet(spike_percent=180, spike_floor=floor), amounts) == expected


@pytest.mark.parametrize(
    ("total", "before", "expected"),
    [
        (4.9, [10, 10, 10], ["low"]),
        (5.0, [10, 10, 10], []),
        (20.0, [10, 10, 10], []),
        (20.1, [10, 10, 10], ["high"]),
        (20.1, [10, 10], []),  # too few days to compare with
        (20.1, [0, 0, 0], []),
        (0.1, [0.2, 0.3, 0.4], []),  # below the floor
        (20.1, [1000, 1000, 10, 10, 10], ["high"]),  # only the last three days count
        (20.1, [10, np.nan, 10, 10], []),
    ],
)
def test_a_day_is_compared_with_the_mean_of_those_before_it(total, before, expected):
    rules = RuleSet(low_percent=50, high_percent=200, compare_days=3, day_floor=0.5)
    assert found(rules, [total], before) == expected


@pytest.mark.parametrize(
    ("amounts", "before", "expected"),
    [
        ([0, 0], [5, 0, 0], ["zero"]),
        ([0, 0], [5, 5, 0], []),
        ([0, 0], [5, 0, 0, 0], []),  # was found the day before
        ([0, 0], [0, 0, 0], []),  # there never was anything
        ([0, 1], [5, 0, 0], []),
        ([0, None], [5, 0, 0], []),
    ],
)
def test_nothing_for_three_days_after_there_had_been_something(amounts, before, expected):
    assert found(RuleSet(zero_days=3), amounts, before) == expected


@pytest.mark.parametrize(
    ("amounts", "expected"), [([2] * 12, ["frozen"]), ([2] * 11, []), ([0] * 24, []), ([1, *[2] * 12, 3], ["frozen"])]
)
def test_the_same_amount_again_and_again(amounts, expected):
    assert found(RuleSet(frozen_intervals=12), amounts) == expected


@pytest.mark.parametrize(
    ("total", "last_year", "expected"),
    [(4.9, [10, 10, 10], ["low"]), (20.1, [10, np.nan, 10, 10], ["high"]), (20, [10] * 7, []), (20.1, [10, 10], [])],
)
def test_a_day_is_compared_with_those_around_it_a_year_ago(total, last_year, expected):
    rules = RuleSet(low_percent=50, high_percent=200, compare_with="last_year")
    assert found(rules, [total], [1000.0] * 28, last_year=np.array(last_year, float)) == expected


@pytest.mark.parametrize(
    ("amounts", "floor", "expected"),
    [
        ([10, 15, 10], 0, []),  # exactly 50 %
        ([10, 15.1, 14], 0, ["change"]),
        ([10, 4.9, 7], 0, ["change"]),
        ([0, 1, 1], 1, []),  # before it was 0: only the floor decides
        ([0, 1.1, 1.1], 1, ["change"]),
        ([10, None, 90], 0, []),
    ],
)
def test_an_interval_is_compared_with_the_one_before_it(amounts, floor, expected):
    assert found(RuleSet(change_percent=50, change_floor=floor), amounts) == expected


def test_the_greatest_change_of_a_day_is_told():
    checked = Checked(intervals_of([10, 20, 60, 60]), np.zeros(0))
    (one,) = findings(RuleSet(change_percent=50), checked)
    assert (one.from_at, one.data["before"], one.data["amount"]) == (START + 2 * HOUR_US, 20, 60)


DARK = [(START, START + HOUR_US)]


@pytest.mark.parametrize(
    ("rules", "amounts", "outages", "expected"),
    [
        (RuleSet(zero_days=1), [0, 0], [], ["zero"]),
        (RuleSet(zero_days=1), [0, 0], DARK, ["zero"]),  # with power in the second hour it should have counted
        (RuleSet(zero_days=1), [0, 0], [(START, START + 2 * HOUR_US)], []),
        (RuleSet(low_percent=50), [1, 1], [], ["low"]),
        (RuleSet(low_percent=50), [1, 1], DARK, []),
        (RuleSet(high_percent=200), [30, 30], DARK, ["high"]),
    ],
)
def test_what_a_power_failure_explains_is_valid(rules, amounts, outages, expected):
    assert found(rules, amounts, [10, 10, 10], outages=outages) == expected


@pytest.mark.parametrize(("dark", "expected"), [(DARK, []), ([(START + HOUR_US, START + 2 * HOUR_US)], ["gap"])])
def test_a_hole_that_a_power_failure_touches_is_valid(dark, expected):
    assert found(RuleSet(gap_minutes=30), holes=[(START, START + HOUR_US)], outages=dark) == expected


@pytest.mark.parametrize(
    ("amounts", "estimated", "expected"),
    [
        ([4.0] * 24, None, ["leak"]),
        ([4.0] * 23 + [0], None, []),
        ([4.0] * 23 + [None], None, []),
        ([4.0] * 24, 7, []),
    ],
)
def test_water_that_never_rests_is_a_leak(amounts, estimated, expected):
    intervals = intervals_of(amounts)
    if estimated is not None:
        intervals.quality[estimated] = Quality.ESTIMATED
    made = findings(RuleSet(leak_per_hour=3.785), Checked(intervals, np.zeros(0)))
    assert [one.rule for one in made] == expected
    assert [one.data["lowest"] for one in made] == [4.0 for _ in expected]


@pytest.mark.parametrize(("minutes", "expected"), [(60, []), (61, ["gap"])])
def test_a_hole_longer_than_the_limit(minutes, expected):
    assert found(RuleSet(gap_minutes=60), holes=[(START, START + minutes * MINUTE_US)]) == expected


@pytest.mark.parametrize(("amount", "expected"), [(30.0, []), (30.1, ["maximum"])])
def test_more_than_the_meter_can_measure(amount, expected):
    assert found(RuleSet(max_per_hour=30), [1, amount], is_over=False) == expected


@pytest.mark.parametrize(("beside", "expected"), [(6.0, []), (6.06, []), (6.07, ["sum"]), (5.93, ["sum"]), (None, [])])
def test_a_register_against_the_flow_beside_it(beside, expected):
    assert found(RuleSet(sum_against="flow", sum_percent=1), beside=beside) == expected
    assert found(RuleSet(sum_against="flow", sum_percent=1, sum_floor=0.2), beside=beside) == []


@pytest.mark.parametrize(("ahead_s", "expected"), [(180, []), (181, ["clock"]), (-4_000, [])])
def test_a_clock_that_is_ahead(ahead_s, expected):
    assert found(RuleSet(clock_ahead_s=180), ahead_us=ahead_s * SECOND_US, is_over=False) == expected


def event(verdict: Verdict, decided_by=None) -> RegisterEvent:
    return RegisterEvent(START, START + HOUR_US, 9.0, 1.0, verdict, Decimal(-8), decided_by)


def test_a_register_whose_verdict_is_not_sure_waits_for_somebody():
    assert found(RuleSet(), events=[event(Verdict.RESET)], is_over=False) == ["register"]
    assert found(RuleSet(), events=[event(Verdict.ROLLOVER), event(Verdict.RESET, "Ana")]) == []
    assert found(RuleSet(is_register_checked=False), events=[event(Verdict.RESET)]) == []


def test_what_flows_back_is_found_once():
    assert found(RuleSet(), [-8, 1], events=[event(Verdict.REVERSE)]) == ["register"]
    assert found(RuleSet(), [1, -8]) == ["reverse"]


def test_a_day_that_is_not_over_is_not_judged_as_a_whole():
    rules = RuleSet(spike_percent=180, low_percent=50, zero_days=1, gap_minutes=1, frozen_intervals=1)
    assert found(rules, [9, 1, 1], [50, 50, 50], holes=[(START, START + HOUR_US)], is_over=False) == []


def test_the_set_of_rules_that_began_last_holds():
    old, new = RuleSet(zero_days=1), RuleSet(valid_from=date(2026, 3, 1), zero_days=2)
    assert rules_of([new, old], date(2026, 2, 28)) is old
    assert rules_of([new, old], date(2026, 3, 1)) is new
    assert rules_of([new], date(2026, 2, 28)) is None
