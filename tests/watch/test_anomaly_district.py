"""Leaks in a district whose flows and pressures follow its demand."""

import numpy as np
import pytest

from calha.domain.times import DAY_US, MINUTE_US
from calha.watch.anomaly.answers import Answered, allowed, shown_by
from calha.watch.anomaly.district import DistrictWatch
from calha.watch.anomaly.events import Kind

STEP = 30 * MINUTE_US
SENSORS = [21, 22, 23, 24]


def district(days, seed=1, leak=None):
    """(times, inflow, branch flow and three pressures). leak: (first day, last day, m³/h)."""
    source = np.random.default_rng(seed)
    count = 48 * days
    hour = np.arange(count) / 2 % 24
    demand = 100 + 40 * np.sin(2 * np.pi * (hour - 6) / 24) + 15 * np.sin(4 * np.pi * hour / 24)
    share = 1 + 0.03 * np.repeat(source.normal(size=days), 48)
    demand = demand * share + source.normal(size=count) * 3
    lost = np.zeros(count)
    if leak is not None:
        lost[48 * leak[0] : 48 * leak[1]] = leak[2]
    inflow, branch = demand + lost, 0.4 * demand + lost
    pressures = [60 - loss * (demand / 100) ** 2 - more * lost for loss, more in ((8, 0.02), (12, 0.25), (15, 0.4))]
    noise = source.normal(size=(count, 4)) * [0.8, 0.15, 0.15, 0.15]
    return STEP * np.arange(count), inflow + source.normal(size=count), np.stack([branch, *pressures], axis=1) + noise


def test_a_leak_is_found_within_two_days_and_the_sensor_that_shows_it_named():
    at, inflow, values = district(90, leak=(60, 75, 4.0))
    found = DistrictWatch(SENSORS).update(at, inflow, values)
    (event,) = found.began
    assert 60 * DAY_US < event.started_at < 62 * DAY_US
    assert event.peak.kind is Kind.LEAK
    (ended,) = found.ended
    assert ended.series in (21, 24)
    assert 75 * DAY_US < ended.ended_at < 77 * DAY_US
    assert not ended.peak.low <= ended.peak.seen <= ended.peak.high


def test_a_leak_that_grows_slowly_does_not_teach_itself_to_be_usual():
    at, inflow, values = district(120, leak=None)
    grown = np.clip((at / DAY_US - 60) / 30, 0, 1) * 5.0
    found = DistrictWatch(SENSORS).update(at, inflow + grown, values + np.stack([grown, *(-0.3 * grown,) * 3], axis=1))
    assert 60 * DAY_US < found.began[0].started_at < 85 * DAY_US


def test_a_year_of_ordinary_demand_raises_nothing():
    assert DistrictWatch(SENSORS).update(*district(365, 4)).began == []


def test_nothing_is_judged_in_the_first_month():
    at, inflow, values = district(29, leak=(20, 29, 30.0))
    found = DistrictWatch(SENSORS).update(at, inflow, values)
    assert found.began == []
    assert not found.score.any()


def test_gaps_in_sensors_and_inflow_are_no_leak():
    at, inflow, values = district(90)
    source = np.random.default_rng(8)
    values[source.random(values.shape) < 0.1] = np.nan
    values[48 * 70 : 48 * 75, 2] = np.nan
    inflow[source.random(len(inflow)) < 0.05] = np.nan
    assert DistrictWatch(SENSORS).update(at, inflow, values).began == []


@pytest.mark.parametrize("cut", [0, 5, 48 * 6, 48 * 40, 48 * 65])
def test_stopped_anywhere_and_begun_again_the_outcome_is_the_same(cut):
    at, inflow, values = district(80, leak=(60, 70, 5.0))
    whole = DistrictWatch(SENSORS).update(at, inflow, values)
    first = DistrictWatch(SENSORS)
    before = first.update(at[:cut], inflow[:cut], values[:cut])
    second = DistrictWatch.of_columns(first.to_columns())
    after = second.update(at[cut:], inflow[cut:], values[cut:])
    assert [*before.score, *after.score] == whole.score.tolist()
    assert [*before.began, *after.began] == whole.began
    assert [*before.ended, *after.ended] == whole.ended


def test_a_leak_that_was_none_has_to_show_more_the_next_time():
    at, inflow, values = district(110, leak=(60, 65, 3.0))
    again = slice(48 * 90, 48 * 95)
    inflow[again] += 3.0
    values[again] += [3.0, -0.06, -0.75, -1.2]
    plain = DistrictWatch(SENSORS).update(at, inflow, values)
    assert len(plain.began) == 2
    told = DistrictWatch(SENSORS)
    first = told.update(at[: 48 * 80], inflow[: 48 * 80], values[: 48 * 80])
    told.may = allowed([Answered(shown_by(first.ended[0].peak.score, told.may), is_real=False)])
    assert told.update(at[48 * 80 :], inflow[48 * 80 :], values[48 * 80 :]).began == []
