"""The simulator counts what a rule would have raised, and names the smallest setting that quietens it."""

from datetime import UTC

import numpy as np

from calha.domain.alarm_rule_reader import read_rule
from calha.domain.alarm_rules import channels_of
from calha.domain.times import DAY_US, MINUTE_US, SECOND_US
from calha.watch.alarms.checks import Check, Key
from calha.watch.alarms.replay import Track
from calha.watch.alarms.simulation import Simulation, simulate

START = 1_767_225_600 * SECOND_US
HI = {"signal": {"kind": "value", "channel": "a"}, "limits": {"hi": 10}}


def of(data, values, step_us=30 * SECOND_US, devices=1) -> Simulation:
    rule = read_rule(data)
    at = START + np.arange(len(values), dtype=np.int64) * step_us
    track = Track(at, np.array(values, float), np.zeros(len(values), np.uint8))
    checks = [
        (
            Check(Key(1, limit.name, f"d{number}"), rule, limit, (1,), UTC),
            [track] * max(1, len(channels_of(rule.signal))),
        )
        for number in range(devices)
        for limit in rule.limits
    ]
    return simulate(checks, START, int(at[-1]) + step_us if len(at) else START + DAY_US)


def test_it_counts_alarms_of_all_devices_and_how_long_they_were():
    found = of(HI, [5] * 40 + [20] * 40 + [5] * 40 + [20] * 10, devices=3)
    assert (found.alarms, found.devices, found.nuisances, found.cures) == (6, 3, 0, [])
    assert (found.shortest_s, found.longest_s) == (300, 1_200)
    assert [one.ended_at is None for one in found.raised] == [True] * 3 + [False] * 3


def test_short_peaks_are_cured_by_a_delay_that_costs_no_long_alarm():
    peaks = ([5] * 20 + [20]) * 20 + [20] * 60 + [5] * 20
    found = of(HI, peaks)
    assert (found.alarms, found.nuisances) == (20, 19)
    best = found.cures[0]
    assert (best.setting, best.value, best.alarms, best.nuisances, best.lost) == ("on_delay_s", 30.0, 1, 0, 0)
    again = of(HI | {"on_delay_s": best.value}, peaks)
    assert (again.alarms, again.nuisances, again.cures) == (best.alarms, best.nuisances, [])


def test_fluttering_about_the_limit_is_cured_by_a_deadband_or_by_going_late():
    flutter = [0] * 100 + [10.2, 9.9] * 100 + [20] * 100 + [0] * 100
    found = of(HI, flutter)
    assert found.nuisances == 101
    assert {one.setting for one in found.cures} >= {"off_delay_s", "deadband"}
    deadband = next(one for one in found.cures if one.setting == "deadband")
    assert (deadband.alarms, deadband.nuisances) == (1, 0)
    assert of(HI | {"deadband": deadband.value}, flutter).alarms == 1


def test_a_rule_that_never_spoke_says_so():
    found = of(HI, [5] * 100)
    assert (found.alarms, found.median_s, found.a_day, list(found.raised)) == (0, None, 0, [])
    assert of(HI, []).alarms == 0


def test_silence_is_replayed_by_the_usual_interval():
    rule = read_rule({"signal": {"kind": "no_data"}})
    at = START + np.delete(np.arange(100, dtype=np.int64), range(50, 60)) * MINUTE_US
    track = Track(at, np.zeros(len(at)), np.zeros(len(at), np.uint8))
    check = Check(Key(1, "hi", "d"), rule, rule.limits[0], (), UTC)
    found = simulate([(check, [track])], START, int(at[-1]) + 1)
    assert [(one.began_at - START) // MINUTE_US for one in found.raised] == [52]
