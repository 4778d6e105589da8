"""A rule is read as it was meant, written back the same, and refused with the place of what is wrong."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.alarm_rule_reader import read_rule, write_rule
from calha.domain.alarm_rules import Limit, NoData, Period, Repeat, Value
from calha.domain.alarm_states import Priority
from calha.domain.errors import InvalidRule

LEVEL = {"signal": {"kind": "value", "channel": "level"}, "limits": {"hi": 80}}

RULES = [
    LEVEL,
    LEVEL | {"limits": {"hihi": {"value": 90, "priority": "critical"}, "hi": 80, "lo": 20, "lolo": 10}, "deadband": 2},
    {"signal": {"kind": "rate", "channel": "level", "over_s": 600}, "limits": {"lo": -5}, "latching": True},
    {"signal": {"kind": "deviation", "channel": "flow", "over_s": 3600}, "limits": {"hi": 5, "lo": -5}},
    {"signal": {"kind": "expected", "channel": "flow", "percent": True}, "limits": {"hi": 20, "lo": -20}},
    {"signal": {"kind": "least_hour", "channel": "total"}, "limits": {"hi": 3.785}},
    {
        "signal": {"kind": "voltage_quality", "channel": "v", "nominal": 13_800, "measure": "drc", "level": "medium"},
        "limits": {"hi": 0.5},
    },
    {"signal": {"kind": "state", "channel": "pump", "codes": [2, 1, 2]}, "lasting_s": 28_800, "priority": "low"},
    {"signal": {"kind": "no_data"}, "first_out": "power"},
    {"signal": {"kind": "difference", "channel": "in", "other": "out", "percent": True}, "limits": {"hi": 10}},
    {"signal": {"kind": "formula", "text": "flow > 5 and pressure < 2"}, "repeat": {"count": 3, "within_s": 600}},
    {
        "signal": {"kind": "formula", "text": "flow / pressure"},
        "limits": {"hi": 4},
        "on_delay_s": 15,
        "off_delay_s": 60,
    },
    LEVEL | {"suppress_while": {"channel": "mode", "codes": [0, 2], "after_s": 120}},
    LEVEL | {"schedule": [{"days": ["sat", "sun"]}, {"from": "22:00", "until": "06:00"}]},
]


@pytest.mark.parametrize("data", RULES)
def test_what_is_written_is_read_as_the_same_rule(data):
    rule = read_rule(data)
    assert read_rule(write_rule(rule)) == rule


def test_limits_come_with_their_priorities_from_the_highest_down():
    rule = read_rule(RULES[1])
    assert rule.signal == Value("level")
    assert rule.limits == (
        Limit("hihi", 90.0, Priority.CRITICAL),
        Limit("hi", 80.0, Priority.MEDIUM),
        Limit("lo", 20.0, Priority.MEDIUM),
        Limit("lolo", 10.0, Priority.MEDIUM),
    )
    assert [one.side for one in rule.limits] == [1, 1, -1, -1]


def test_times_days_and_counts_are_read():
    assert read_rule(RULES[10]).repeat == Repeat(3, 600.0)
    weekend, night = read_rule(RULES[13]).schedule
    assert weekend == Period(frozenset({5, 6}))
    assert (night.from_, night.until, len(night.days)) == (time(22), time(6), 7)
    assert read_rule(RULES[8]).signal == NoData()


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (None, "rule: is missing"),
        ([], "rule: is"),
        ({}, "rule.signal: is missing"),
        (LEVEL | {"dedband": 1}, "rule.dedband: is not known; allowed: signal, limits"),
        (LEVEL | {"signal": {"kind": "level"}}, "rule.signal.kind: is 'level'; allowed: value, rate"),
        (LEVEL | {"signal": {"kind": "value"}}, "rule.signal.channel: is missing"),
        (LEVEL | {"limits": {}}, "rule.limits: at least one"),
        (LEVEL | {"limits": {"hi": "80"}}, "rule.limits.hi: is '80'; a number"),
        (LEVEL | {"limits": {"hi": float("nan")}}, "rule.limits.hi: is nan"),
        (LEVEL | {"limits": {"hi": True}}, "rule.limits.hi: is True"),
        (LEVEL | {"limits": {"hi": 10**400}}, "rule.limits.hi: is"),
        (LEVEL | {"limits": {"hihi": 70, "hi": 80}}, "rule.limits.hihi: 70 is not above hi 80"),
        (LEVEL | {"limits": {"hi": {"value": 1, "priority": "urgent"}}}, "rule.limits.hi.priority: is 'urgent'"),
        (LEVEL | {"deadband": -1}, "rule.deadband: is -1; at least 0"),
        (LEVEL | {"on_delay_s": 9e9}, "rule.on_delay_s: is 9e"),
        (LEVEL | {"latching": "yes"}, "rule.latching: is 'yes'"),
        (LEVEL | {"repeat": {"count": 1, "within_s": 60}}, "rule.repeat.count: is 1; a whole number from 2"),
        (LEVEL | {"suppress_while": {"channel": "mode"}}, "rule.suppress_while.codes: is missing"),
        (LEVEL | {"suppress_while": {"channel": "mode", "codes": [-1]}}, "rule.suppress_while.codes: is -1"),
        (LEVEL | {"schedule": [{"from": "25:00"}]}, r"rule.schedule\[0\].from: is '25:00'"),
        (LEVEL | {"schedule": [{"days": ["dom"]}]}, r"rule.schedule\[0\].days: a list of days"),
        ({"signal": {"kind": "no_data"}, "limits": {"hi": 1}}, "rule.limits: this signal is either so or not"),
        ({"signal": {"kind": "state", "channel": "x", "codes": [64]}}, "rule.signal.codes: is 64"),
        ({"signal": {"kind": "formula", "text": "flow >"}}, "rule.signal.text: formula, character 7: ends too early"),
        (
            {"signal": {"kind": "difference", "channel": "a", "other": "a"}, "limits": {"hi": 1}},
            "rule.signal.other: is 'a' as well",
        ),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(data, place):
    with pytest.raises(InvalidRule, match=place):
        read_rule(data)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(RULES),
    st.sampled_from(["signal", "limits", "priority", "deadband", "repeat", "schedule", "latching", "first_out"]),
    PLAIN,
)
def test_whatever_is_given_it_is_a_rule_or_refused(data, name, part):
    try:
        rule = read_rule(data | {name: part})
    except InvalidRule:
        return
    assert read_rule(write_rule(rule)) == rule
