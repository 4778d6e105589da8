"""Checks followed reading by reading: when alarms begin and end, what proves nothing, and that the replay says the same."""

from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calha.domain.alarm_rule_reader import read_rule
from calha.domain.alarm_rules import NoData, channels_of
from calha.domain.quality import Quality
from calha.domain.times import SECOND_US
from calha.watch.alarms.checks import Check, Checks, Key
from calha.watch.alarms.evaluation import Evaluation
from calha.watch.alarms.replay import Track, replay
from calha.watch.anomaly.keeping import Unreadable

START = 1_767_225_600 * SECOND_US  # a Thursday, midnight UTC
HI = {"signal": {"kind": "value", "channel": "a"}, "limits": {"hi": 10}}
RATE = {"signal": {"kind": "rate", "channel": "a", "over_s": 60}, "limits": {"hi": 100}}
DEVIATION = {"signal": {"kind": "deviation", "channel": "a", "over_s": 60}, "limits": {"hi": 5}}
STATE = {"signal": {"kind": "state", "channel": "a", "codes": [2, 3]}, "limits": {}}
DIFFERENCE = {"signal": {"kind": "difference", "channel": "a", "other": "b"}, "limits": {"hi": 5}}
PERCENT = {"signal": DIFFERENCE["signal"] | {"percent": True}, "limits": {"lo": -10}}
FORMULA = {"signal": {"kind": "formula", "text": "a > 5 and b < 2"}, "limits": {}}
THRICE = {"repeat": {"count": 3, "within_s": 60}}
SERIES = {"a": 5, "b": 9, "c": 2}


def checks_of(*rules, zone=UTC, version=1) -> list[Check]:
    found = []
    for number, data in enumerate(rules, 1):
        rule = read_rule(data)
        inputs = tuple(SERIES[key] for key in channels_of(rule.signal))
        found += [Check(Key(number, one.name, "d", version), rule, one, inputs, zone) for one in rule.limits]
    return found


def take(evaluation: Evaluation, readings) -> list[tuple[int, bool]]:
    """readings: (seconds, value[, channel[, quality]]); gives (seconds, whether it holds) of all changes, in their order."""
    full = [(*one, *("a", Quality.GOOD)[len(one) - 2 :]) for one in readings]
    changes = evaluation.take(
        np.array([SERIES[channel] for _, _, channel, _ in full], np.int64),
        np.array([START + round(at * SECOND_US) for at, *_ in full], np.int64),
        np.array([value for _, value, _, _ in full], float),
        np.array([quality for *_, quality in full], np.uint8),
    )
    return said(changes)


def said(changes) -> list[tuple[float, bool]]:
    return [
        ((at - START) / SECOND_US, holds) for at, holds in zip(changes.at.tolist(), changes.holds.tolist(), strict=True)
    ]


def of(*rules, **known) -> Evaluation:
    return Evaluation(Checks.of(checks_of(*rules, **known)))


@pytest.mark.parametrize(
    ("rule", "readings", "expected"),
    [
        ({}, [(0, 10), (1, 10.1), (2, 12), (3, 10)], [(1, True), (3, False)]),
        ({"limits": {"lo": 3}}, [(0, 3), (1, 2.9), (2, 3.5)], [(1, True), (2, False)]),
        ({"deadband": 2}, [(0, 11), (1, 9), (2, 8.1), (3, 8)], [(0, True), (3, False)]),
        ({"on_delay_s": 10}, [(0, 11), (9, 11), (10, 11), (20, 5)], [(10, True), (20, False)]),
        ({"on_delay_s": 10}, [(0, 11), (5, 9), (6, 11), (15, 11), (16, 9)], []),
        ({"on_delay_s": 10}, [(0, 11), (25, 9)], [(10, True), (25, False)]),
        ({"off_delay_s": 10}, [(0, 11), (1, 5), (5, 11), (6, 5), (30, 5)], [(0, True), (16, False)]),
        ({"lasting_s": 5, "on_delay_s": 5}, [(0, 11), (10, 11)], [(10, True)]),
        (THRICE, [(0, 11), (1, 5), (10, 11), (11, 5), (20, 11), (70, 5)], [(20, True), (70, False)]),
        (STATE, [(0, 1), (1, 2), (2, 3), (3, 2.5)], [(1, True), (3, False)]),
        (RATE, [(0, 0), (30, 900), (60, 2), (90, 3), (120, 3)], [(60, True), (120, False)]),
        (DEVIATION, [(0, 10), (30, 20), (60, 16), (61, 21), (70, 20)], [(61, True), (70, False)]),
        (DIFFERENCE, [(0, 9), (1, 1, "b"), (2, 8, "b")], [(1, True), (2, False)]),
        (PERCENT, [(0, 85), (0, 100, "b"), (1, 0, "b"), (2, 90, "b")], [(0, True), (2, False)]),
        (FORMULA, [(0, 6), (1, 1, "b"), (2, 4)], [(1, True), (2, False)]),
    ],
)  # fmt: skip
def test_when_conditions_begin_and_end(rule, readings, expected):
    rule = HI | rule
    if not rule["limits"]:
        del rule["limits"]
    assert take(of(rule), readings) == expected
    one_by_one = of(rule)
    moments = sorted({one[0] for one in readings})
    parts = [take(one_by_one, [one for one in readings if one[0] == at]) for at in moments]
    assert [change for part in parts for change in part] == expected


def test_readings_of_one_moment_are_looked_at_together():
    """Neither pump alone: for an instant the sum would be wrong."""
    evaluation = of({"signal": {"kind": "formula", "text": "a + b"}, "limits": {"hi": 10}})
    assert take(evaluation, [(0, 9), (0, 1, "b"), (1, 1), (1, 9, "b"), (2, 9), (2, 1, "b")]) == []


@pytest.mark.parametrize("quality", [Quality.BAD, Quality.SENSOR_FAILURE, Quality.ESTIMATED, Quality.LAST_USABLE])
def test_what_proves_nothing_neither_clears_nor_raises(quality):
    evaluation = of(HI)
    assert take(evaluation, [(0, 20, "a", quality)]) == []
    assert take(evaluation, [(1, 20)]) == [(1, True)]
    assert take(evaluation, [(2, 5, "a", quality), (3, float("nan"), "a", quality)]) == []
    assert take(evaluation, [(4, 5)]) == [(4, False)]


def test_a_delay_begins_anew_after_what_proves_nothing():
    evaluation = of(HI | {"on_delay_s": 10})
    assert take(evaluation, [(0, 20), (5, 20, "a", Quality.BAD), (6, 20), (15, 20)]) == []
    assert take(evaluation, [(16, 20)]) == [(16, True)]


def test_an_implausible_value_raises_as_it_is_what_the_limit_is_for():
    assert take(of(HI), [(0, 99, "a", Quality.OUT_OF_RANGE)]) == [(0, True)]


def test_a_delay_ends_by_the_clock_when_no_reading_comes():
    evaluation = of(HI | {"on_delay_s": 10})
    take(evaluation, [(0, 20)])
    assert said(evaluation.pass_time(START + 10 * SECOND_US)) == []
    assert said(evaluation.pass_time(START + 11 * SECOND_US)) == [(10, True)]
    assert take(evaluation, [(9, 5)]) == [(10, False)]  # older than what was said: not before it


def test_what_comes_late_or_twice_changes_nothing_live():
    evaluation = of(HI)
    assert take(evaluation, [(10, 20), (5, 5)]) == [(10, True)]
    assert take(evaluation, [(10, 5), (9, 5), (3, 20)]) == []


def test_each_limit_is_an_alarm_of_its_own():
    evaluation = of(HI | {"limits": {"hihi": 20, "hi": 10, "lo": 2, "lolo": 1}})
    changes = evaluation.take(
        np.array([5, 5]), np.array([START, START + 1]), np.array([25.0, 0.0]), np.zeros(2, np.uint8)
    )
    names = [
        (evaluation.checks.keys[row].limit, holds) for row, holds in zip(changes.check, changes.holds, strict=True)
    ]
    assert sorted(names[:2]) == [("hi", True), ("hihi", True)]
    assert sorted(names[2:]) == [("hi", False), ("hihi", False), ("lo", True), ("lolo", True)]


def test_outside_its_schedule_nothing_holds():
    """22:00 to 06:00 in São Paulo is 01:00 to 09:00 UTC; on Saturdays and Sundays all day."""
    night = {"schedule": [{"from": "22:00", "until": "06:00"}]}
    evaluation = of(HI | night, zone=ZoneInfo("America/Sao_Paulo"))
    hours = [(hour * 3600, 20) for hour in (0, 1, 8, 9, 24, 25)]
    assert take(evaluation, hours) == [(3600, True), (9 * 3600, False), (25 * 3600, True)]
    weekend = of(HI | {"schedule": [{"days": ["sat", "sun"]}]})
    days = [(day * 86_400 + 43_200, 20) for day in range(6)]
    assert take(weekend, days) == [(2 * 86_400 + 43_200, True), (4 * 86_400 + 43_200, False)]


def test_rules_of_silent_devices_wait_for_no_reading():
    rule = read_rule({"signal": {"kind": "no_data"}})
    check = Check(Key(1, "hi", "d"), rule, rule.limits[0], (), UTC)
    assert isinstance(rule.signal, NoData)
    assert len(Checks.of([check])) == 0
    at = START + np.arange(10) * 60 * SECOND_US
    found = replay(check, [Track(np.delete(at, [4, 5, 6, 7]), np.zeros(6), np.zeros(6, np.uint8))], int(at[-1]) + 1)
    assert (found.began - START).tolist() == [(180 + 180) * SECOND_US]
    assert (found.ended - START).tolist() == [480 * SECOND_US]


def test_series_that_nobody_looks_at_cost_nothing():
    evaluation = of(HI)
    changes = evaluation.take(np.array([0, 7, 90_000, 5]), np.full(4, START), np.full(4, 99.0), np.zeros(4, np.uint8))
    assert said(changes) == [(0, True)]


def test_it_goes_on_after_a_restart_where_it_was():
    rules = [HI | {"on_delay_s": 10}, HI, HI | {"repeat": {"count": 2, "within_s": 60}}]
    evaluation = of(*rules)
    assert take(evaluation, [(0, 20), (1, 5), (2, 20)]) == [(0, True), (1, False), (2, True), (2, True)]
    again, seq = Evaluation.of_bytes(evaluation.to_bytes(77), Checks.of(checks_of(*rules)))
    assert seq == 77
    assert take(again, [(12, 20), (100, 5)]) == take(evaluation, [(12, 20), (100, 5)])


def test_a_changed_rule_clears_what_it_no_longer_finds():
    evaluation = of(HI)
    take(evaluation, [(0, 20)])
    changed = of(HI | {"limits": {"hi": 30}}, HI, version=2)
    changed.succeed(evaluation)
    assert changed.active.tolist() == [True, False]
    assert take(changed, [(1, 20)]) == [(1, False), (1, True)]


@pytest.mark.parametrize("data", [b"", b"PK nonsense"])
def test_what_cannot_be_read_is_said(data):
    with pytest.raises(Unreadable):
        Evaluation.of_bytes(data, Checks.of(checks_of(HI)))


SIGNALS = [
    ({"kind": "value", "channel": "a"}, {"hi": 2}),
    ({"kind": "value", "channel": "a"}, {"lo": 1}),
    ({"kind": "state", "channel": "a", "codes": [1, 3]}, None),
    ({"kind": "rate", "channel": "a", "over_s": 7}, {"hi": 300}),
    ({"kind": "deviation", "channel": "a", "over_s": 7}, {"lo": -0.5}),
    ({"kind": "difference", "channel": "a", "other": "b"}, {"hi": 0}),
    ({"kind": "difference", "channel": "a", "other": "b", "percent": True}, {"hi": 20}),
    ({"kind": "formula", "text": "a > 2 or b > c"}, None),
]
READING = st.tuples(
    st.integers(0, 60),
    st.integers(0, 4).map(float),
    st.sampled_from("abc"),
    st.sampled_from([Quality.GOOD, Quality.GOOD, Quality.GOOD, Quality.BAD]),
)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SIGNALS),
    st.sampled_from([0, 1]),
    st.sampled_from([0, 3]),
    st.sampled_from([0, 4]),
    st.sampled_from([None, {"count": 2, "within_s": 12}]),
    st.lists(READING, max_size=40, unique_by=lambda one: (one[0], one[2])),
    st.integers(1, 5),
)
def test_the_replay_says_what_was_said_live(signal, deadband, on_s, off_s, repeat, readings, parts):
    data = {"signal": signal[0], "deadband": deadband, "on_delay_s": on_s, "off_delay_s": off_s, "repeat": repeat}
    data |= {"limits": signal[1]} if signal[1] else {}
    readings = sorted(readings, key=lambda one: one[0])
    check = checks_of(data)[0]
    evaluation = Evaluation(Checks.of([check]))
    live = []
    times = sorted({one[0] for one in readings})
    for part in range(parts):  # moments are never cut through
        mine = set(times[part * len(times) // parts : (part + 1) * len(times) // parts])
        live += take(evaluation, [one for one in readings if one[0] in mine])
    until = START + 200 * SECOND_US
    live += said(evaluation.pass_time(until))
    tracks = []
    for channel in channels_of(check.rule.signal):
        own = [one for one in readings if one[2] == channel]
        columns = [list(column) for column in zip(*own, strict=True)] or [[], [], [], []]
        at = START + np.array(columns[0], np.int64) * SECOND_US
        tracks.append(Track(at, np.array(columns[1], float), np.array(columns[3], np.uint8)))
    found = replay(check, tracks, until)
    replayed = [(at, True) for at in found.began.tolist()]
    replayed += [(at, False) for at in (found.ended[:-1] if found.lasts else found.ended).tolist()]
    assert [((at - START) / SECOND_US, holds) for at, holds in sorted(replayed)] == sorted(live)
