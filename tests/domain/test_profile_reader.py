"""Profiles as YAML: what is right is read, what is wrong is refused with line, column and reason."""

from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calha.domain.errors import InvalidProfile
from calha.domain.profile_reader import MAX_CHARS, MAX_DEPTH, read_profile
from calha.domain.profiles import District, Together, Verify
from calha.domain.registers import Plate, Register
from calha.domain.validation import RuleSet

PACKAGED = Path(str(files("calha.profiles")))
HEAD = "name: pump\ntitle: {pt: Bomba, en: Pump}\ndescription: {pt: Uma bomba, en: A pump}\n"
FLOW = "channels:\n  - {key: flow, name: {pt: Vazão, en: Flow}, unit: m³/h}\n"
GO = "commands: [{key: go, name: {pt: V, en: F}, "


def test_a_profile_has_what_its_text_says():
    profile = read_profile(HEAD + FLOW, "pump.yaml")
    assert (profile.name, profile.channels[0].key, profile.channels[0].unit) == ("pump", "flow", "m³/h")
    assert profile.source == "user"


@pytest.mark.parametrize(
    ("text", "where", "reason"),
    [
        ("", "1:1", "empty"),
        ("name: [", "2:1", "not YAML"),
        (HEAD + "colour: red\n", "4:1", "'colour' is unknown"),
        (HEAD + "name: twice\n", "4:1", "stands here twice"),
        (HEAD + "interval_s: 0\n", "4:13", "more than 0 s"),
        (HEAD + "interval_s: .nan\n", "4:13", "not a number"),
        (HEAD + "interval_s: 2026-01-01\n", "4:13", "not a number"),
        (HEAD + "max_channels: 501\n", "4:15", "allowed: 0 to 500"),
        (HEAD + FLOW + "  - {key: flow, name: {pt: V, en: F}}\n", "5:3", "'flow' stands here twice"),
        (HEAD + "channels: [{key: F low, name: {pt: V, en: F}}]\n", "4:18", "lower-case letters"),
        (HEAD + "channels: [{key: f, name: {pt: V}}]\n", "4:27", "en is missing"),
        (HEAD + "channels: [{key: f, name: {pt: V, en: F}, minimum: 2, maximum: 1}]\n", "4:64", "not above minimum"),
        (HEAD + "channels: [{key: f, name: {pt: V, en: F}, kind: gage}]\n", "4:49", "gauge, counter, state"),
        (HEAD + "commands: [{key: go, name: {pt: V, en: F}, parameters: [{key: a, name: {pt: V, en: F}, kind: choice}]}]\n",
         "4:57", "has choices"),
        (HEAD + "channels: [{key: f, name: {pt: V, en: F}, register: {digits: 5}}]\n", "4:53", "kind counter has a register"),
        (HEAD + "channels: [{key: f, name: {pt: V, en: F}, kind: counter, register: {digits: 0}}]\n", "4:68", "1 to 12"),
        (HEAD + "channels: [{key: f, name: {pt: V, en: F}, kind: counter, register: {max_flow: a}}]\n", "4:79", "not a number"),
        (HEAD + FLOW + "district: {inflow: flow, sensors: []}\n", "6:35", "at least one sensor"),
        (HEAD + FLOW + "district: {inflow: flow, sensors: [flow]}\n", "6:11", "'flow' stands here twice"),
        (HEAD + FLOW + "together: {judged: [level]}\n", "6:21", "there is no gauge 'level'; there are: flow"),
        (HEAD + FLOW + "together: {judged: [flow]}\n", "6:11", "at least two channels"),
        (HEAD + FLOW + "together: {judged: [], drivers: [flow]}\n", "6:11", "at least two channels"),
        (HEAD + FLOW + "together: {judged: [flow], drivers: [flow]}\n", "6:11", "'flow' stands here twice"),
        (HEAD + FLOW + GO + "critical: maybe}]\n", "6:54", "true, false, two_people"),
        (HEAD + FLOW + GO + "expires_s: 0}]\n", "6:55", "no time to wait"),
        (HEAD + FLOW + GO + "verify: {channel: level, equals: 1}}]\n", "6:62", "there is no channel 'level'; there are: flow"),
        (HEAD + FLOW + GO + "verify: {channel: flow}}]\n", "6:52", "either equals or parameter"),
        (HEAD + FLOW + GO + "verify: {channel: flow, equals: much}}]\n", "6:76", "not a number"),
        (HEAD + FLOW + GO + "verify: {channel: flow, parameter: on}}]\n", "6:79", "there are: none"),
        (HEAD + FLOW + GO + "verify: {channel: flow, equals: 1, tolerance: -1}}]\n", "6:90", "0 or more"),
    ],
)  # fmt: skip
def test_a_wrong_profile_is_refused_with_its_place_and_reason(text, where, reason):
    with pytest.raises(InvalidProfile) as refused:
        read_profile(text, "pump.yaml")
    assert str(refused.value).startswith(f"pump.yaml:{where}: ")
    assert reason in str(refused.value)


def test_channels_that_are_watched_together_are_judged_or_drive_the_others():
    text = HEAD + FLOW + "  - {key: speed, name: {pt: R, en: S}}\n"
    profile = read_profile(text + "together: {judged: [flow], drivers: [speed]}\n", "pump.yaml")
    assert profile.together == Together(("flow",), ("speed",))
    assert read_profile(text, "pump.yaml").together is None


def test_a_district_has_an_inflow_and_sensors():
    text = HEAD + FLOW + "  - {key: pressure, name: {pt: P, en: P}}\n"
    profile = read_profile(text + "district: {inflow: flow, sensors: [pressure]}\n", "pump.yaml")
    assert profile.district == District("flow", ("pressure",))


def test_a_counter_has_rules_from_a_day_on():
    text = HEAD + (
        "channels:\n  - key: f\n    name: {pt: V, en: F}\n    kind: counter\n    validation:\n"
        "      - {step: 15m, gap_minutes: 60}\n"
        "      - {from: 2026-03-01, zero_days: 2, sum_against: flow}\n"
    )
    assert read_profile(text, "pump.yaml").channels[0].validation == (
        RuleSet(step="15m", gap_minutes=60),
        RuleSet(valid_from=date(2026, 3, 1), zero_days=2, sum_against="flow"),
    )


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ("{from: soon}", "a day is expected"),
        ("{from: 2026-03-01 12:00:00}", "a day is expected"),
        ("{zero_days: 0}", "allowed: 1 to 90"),
        ("{gap_minutes: -1}", "at least 0"),
        ("{step: 1d}", "allowed: 15m, 1h"),
        ("{melted: 1}", "'melted' is unknown"),
    ],
)
def test_a_wrong_rule_is_refused(rules, reason):
    text = HEAD + f"channels: [{{key: f, name: {{pt: V, en: F}}, validation: [{rules}]}}]"
    with pytest.raises(InvalidProfile, match=reason):
        read_profile(text, "pump.yaml")


def test_a_counter_has_the_register_that_its_plate_shows():
    text = (
        HEAD
        + "channels: [{key: f, name: {pt: V, en: F}, kind: counter, unit: imp, register: {unit: m³, multiplier: 0.01}}]"
    )
    plate = read_profile(text, "pump.yaml").channels[0].register
    assert plate == Plate(unit="m³", multiplier=Decimal("0.01"))
    assert plate.over(Plate(multiplier=Decimal(1), digits=5)).register("imp") == Register(
        "m³", Decimal("0.01"), digits=5
    )


def test_a_command_says_how_it_is_verified_and_who_has_to_agree():
    text = HEAD + (
        "channels: [{key: s, name: {pt: E, en: S}, kind: state, states: [{code: 4, text: {pt: ligada, en: running}}]}]\n"
        "commands:\n"
        "  - {key: go, name: {pt: V, en: G}, critical: two_people, expires_s: 60, verify: {channel: s, equals: Running}}\n"
        "  - key: set\n    name: {pt: A, en: S}\n    critical: true\n"
        "    parameters: [{key: x, name: {pt: X, en: X}, optional: true}]\n"
        "    verify: {channel: s, parameter: x, tolerance: 0.5, within_s: 10}\n"
    )
    go, set_ = read_profile(text, "pump.yaml").commands
    assert (go.critical, go.two_people, go.expires_s) == (True, True, 60)
    assert go.verify == Verify("s", equals=4.0)
    assert (set_.critical, set_.two_people, set_.expires_s, set_.parameters[0].optional) == (True, False, 300, True)
    assert set_.verify == Verify("s", parameter="x", tolerance=0.5, within_s=10)


@pytest.mark.parametrize("bracket", ["[", "{a: "])
def test_a_deeply_nested_text_is_refused_and_ends_nothing(bracket):
    with pytest.raises(InvalidProfile, match=f"deeper than {MAX_DEPTH}"):
        read_profile(bracket * (MAX_CHARS // len(bracket)), "deep.yaml")


def test_a_huge_text_is_not_read():
    with pytest.raises(InvalidProfile, match="at most"):
        read_profile("#" * (MAX_CHARS + 1), "huge.yaml")


@given(st.text(max_size=300))
def test_nothing_but_a_refusal_comes_out_whatever_the_text(text):
    try:
        read_profile(text, "any.yaml")
    except InvalidProfile:
        return


@given(st.text(alphabet="abc:{}[]&*!<>|-\n \t'\"%@#0.", max_size=200))
def test_nothing_but_a_refusal_comes_out_of_what_looks_like_yaml(text):
    try:
        read_profile(HEAD + text, "any.yaml")
    except InvalidProfile:
        return


RULE = "rules:\n  - {key: low, name: {pt: Baixa, en: Low}, action: {pt: Ver, en: Look}, respond_s: 60, definition: "


def test_a_profile_brings_alarm_rules_along():
    text = HEAD + FLOW + RULE + "{signal: {kind: value, channel: flow}, limits: {lo: 1}}}\n"
    (rule,) = read_profile(text, "pump.yaml").rules
    assert (rule.key, rule.action, rule.respond_s) == ("low", {"pt": "Ver", "en": "Look"}, 60)
    assert rule.definition == {"signal": {"kind": "value", "channel": "flow"}, "limits": {"lo": 1}}


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("{signal: {kind: value, channel: speed}, limits: {lo: 1}}", "there is no channel 'speed'; there are: flow"),
        ("{signal: {kind: value, channel: flow}}", "rule.limits: at least one is needed"),
        ("&again {limits: *again}", "too much"),
    ],
)
def test_a_wrong_rule_is_refused_with_its_line(definition, reason):
    with pytest.raises(InvalidProfile, match=r"pump.yaml:\d+:\d+: ") as refused:
        read_profile(HEAD + FLOW + RULE + definition + "}\n", "pump.yaml")
    assert reason in str(refused.value)


@pytest.mark.parametrize("path", sorted(PACKAGED.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_rules_of_our_own_profiles_are_right(path):
    read_profile(path.read_text(encoding="utf-8"), path.name, "user")
