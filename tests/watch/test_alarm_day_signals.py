"""Signals that take days: DRP and DRC of a voltage, the lowest hour of a day, and how far from the expected a value is."""

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from calha.domain.alarm_rule_reader import read_rule
from calha.domain.quality import Quality
from calha.domain.supply_voltage import READINGS, VoltageWeek, bands_of
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US
from calha.watch.alarms.checks import Check, Checks, Key
from calha.watch.alarms.evaluation import Evaluation
from calha.watch.alarms.replay import Track, replay, told
from calha.watch.anomaly.expecting import expected
from calha.watch.anomaly.hours import local_hours
from calha.watch.anomaly.series import SeriesWatch

ZONE = ZoneInfo("America/Sao_Paulo")
START = 1_767_236_400_000_000  # midnight there, a Thursday
DRP = {"signal": {"kind": "voltage_quality", "channel": "a", "nominal": 127, "measure": "drp"}, "limits": {"hi": 3}}
DRC = {"signal": DRP["signal"] | {"measure": "drc"}, "limits": {"hi": 0.5}}
LEAK = {"signal": {"kind": "least_hour", "channel": "a"}, "limits": {"hi": 3.785}}
EXPECTED = {"signal": {"kind": "expected", "channel": "a"}, "limits": {"hi": 20, "lo": -20}}


def check_of(data) -> Check:
    rule = read_rule(data)
    return Check(Key(1, "hi", "d"), rule, rule.limits[0], (0,), ZONE)


def track(at, value, quality=None) -> Track:
    return Track(
        np.asarray(at, np.int64), np.asarray(value, float), np.zeros(len(at), np.uint8) if quality is None else quality
    )


def live(check, found, parts=1, expecting=None) -> list[tuple[int, bool]]:
    evaluation = Evaluation(Checks.of([check]), *([expecting] if expecting is not None else []))
    said = []
    for mine in np.array_split(np.arange(len(found.at)), parts):
        changes = evaluation.take(np.zeros(len(mine), np.int64), *(column[mine] for column in found))
        evaluation, _ = Evaluation.of_bytes(
            evaluation.to_bytes(1), evaluation.checks, *([expecting] if expecting else [])
        )
        said += zip(changes.at.tolist(), changes.holds.tolist(), strict=True)
    return said


def replayed(check, found) -> list[tuple[int, bool]]:
    spells = replay(check, [found], int(found.at[-1]) + 1)
    ended = spells.ended[:-1] if spells.lasts else spells.ended
    return sorted([(at, True) for at in spells.began.tolist()] + [(at, False) for at in ended.tolist()])


def minutes(count):
    return START + np.arange(count, dtype=np.int64) * MINUTE_US


def test_drp_and_drc_are_those_of_the_week():
    source = np.random.default_rng(7)
    tens = source.choice([112.0, 104.0, 127.0], READINGS - 200, p=[0.05, 0.02, 0.93])
    found = track(minutes(10 * (len(tens) + 1)), np.repeat(np.append(tens, 127.0), 10))
    week = VoltageWeek.of(tens.tolist(), bands_of(127))
    assert told(check_of(DRP), [found]).signal[-1] == pytest.approx(float(week.drp))
    assert told(check_of(DRC), [found]).signal[-1] == pytest.approx(float(week.drc))


def test_a_week_of_low_voltage_is_told_and_clears_when_it_has_passed():
    value = np.full(20 * 1_440, 127.0)
    value[1_440 : 1_440 + 400] = 112.0  # 40 means: 3.97 %
    (raised, began), (cleared, ended) = replayed(check_of(DRP), track(minutes(len(value)), value))
    assert (began, raised) == (True, START + DAY_US + 310 * MINUTE_US)
    assert (ended, cleared // DAY_US) == (False, (START + 8 * DAY_US) // DAY_US)


def test_means_of_fewer_than_five_minutes_do_not_count():
    at = minutes(20_000)
    at = at[at % (10 * MINUTE_US) < 4 * MINUTE_US]
    assert told(check_of(DRC), [track(at, np.full(len(at), 100.0))]).signal.max() == 0.0


def test_a_meter_that_reports_every_ten_minutes_is_judged():
    at = minutes(20_000)[::10]
    assert told(check_of(DRC), [track(at, np.full(len(at), 100.0))]).signal.max() > 80.0


def hourly(volumes):
    """A register that is read at each full hour, from START on."""
    return track(START + np.arange(len(volumes) + 1) * HOUR_US, np.append(0.0, np.cumsum(volumes)))


def test_a_local_day_without_rest_is_a_leak_until_a_day_rests():
    leaks, rests = np.full(24, 4.0), np.append(np.full(23, 9.0), 0.0)
    found = hourly(np.concatenate([leaks, leaks, leaks, rests, leaks]))
    assert replayed(check_of(LEAK), found) == [
        (START + 2 * DAY_US, True),
        (START + 4 * DAY_US, False),
        (START + 5 * DAY_US, True),
    ]
    assert told(check_of(LEAK), [found]).signal.tolist()[1:] == [4.0, 4.0, 0.0, 4.0]


def test_a_day_with_an_hour_missing_says_nothing_unless_another_rested():
    missing = hourly(np.full(24 * 4, 4.0))
    keep = np.ones(len(missing.at), bool)
    keep[24 * 2 + 5] = False
    gap = Track(*(column[keep] for column in missing))
    signal = told(check_of(LEAK), [gap]).signal
    assert np.isnan(signal[2])
    assert signal[1] == 4.0
    volumes = np.full(24 * 4, 4.0)
    volumes[24 * 2 + 10] = 0.0
    rested = hourly(volumes)
    assert told(check_of(LEAK), [Track(*(column[keep] for column in rested))]).signal[2] == 0.0


def test_a_register_that_falls_measures_nothing():
    volumes = np.full(24 * 3, 4.0)
    volumes[30] = -50.0
    assert np.isnan(told(check_of(LEAK), [hourly(volumes)]).signal[1])


@pytest.mark.parametrize("rule", [DRP, DRC, LEAK], ids=["drp", "drc", "leak"])
@pytest.mark.parametrize("seed", range(6))
def test_the_replay_says_what_was_said_live(rule, seed):
    source = np.random.default_rng(seed)
    at = START + np.unique(source.integers(0, 16 * 1_440 * 60, 9_000)) * 1_000_000
    at = at[(at // DAY_US) % 5 != seed % 5] if seed % 2 else at
    if rule is LEAK:
        value = np.cumsum(source.choice([0.0, 2.0, 9.0], len(at)) * (source.random(len(at)) > 0.002))
    else:
        value = source.choice([127.0, 112.0, 100.0], len(at), p=[0.8, 0.15, 0.05])
    quality = source.choice([Quality.GOOD, Quality.BAD], len(at), p=[0.98, 0.02]).astype(np.uint8)
    found, check = Track(at, value, quality), check_of(rule)
    assert sorted(live(check, found, parts=4)) == replayed(check, found)


# -- what is expected


def seasonal(days, step=10):
    at = START + np.arange(days * 1_440 // step, dtype=np.int64) * step * MINUTE_US
    source = np.random.default_rng(3)
    return track(at, 100 + 30 * np.sin(2 * np.pi * (at % DAY_US) / DAY_US) + source.normal(size=len(at)))


def test_what_is_expected_along_the_past_is_what_the_detector_learns():
    found, watch = seasonal(12), SeriesWatch()
    learnt = []
    hours = local_hours(found.at, ZONE)
    for place in range(len(found.at)):
        one = slice(place, place + 1)
        row = watch.learnt.rows_of(np.array([5]))
        learnt.append(float(watch.learnt.expected(row, hours.hour[one], hours.slot[one])[0]))
        watch.update(found.at[one], found.value[one], np.array([5]), type(hours)(hours.hour[one], hours.slot[one]))
    past = expected(found.at, found.value, ZONE)
    assert np.isnan(past[:300]).all()
    within = np.diff(hours.hour, prepend=hours.hour[0]) == 0  # with an hour's first reading the hour before is learnt
    assert np.allclose(past[within], np.array(learnt)[within], equal_nan=True)


def test_a_value_far_from_its_hour_is_told_though_it_is_usual_at_others():
    found = seasonal(20)
    odd = int(np.flatnonzero(found.at % DAY_US == 18 * HOUR_US)[-1])  # where it is lowest
    value = found.value.copy()
    value[odd : odd + 6] = 130.0  # as it is at noon
    (raised, began), *_ = replayed(check_of(EXPECTED | {"limits": {"hi": 25}}), track(found.at, value))
    assert began
    assert raised == found.at[odd]


def test_live_it_is_asked_what_is_expected():
    check = check_of(EXPECTED)
    found = track([START, START + 1, START + 2], [130.0, 110.0, 130.0])
    said = live(check, found, expecting=lambda _, at: np.where(at == START + 2, np.nan, 100.0))
    assert said == [(START, True), (START + 1, False)]
    percent = check_of({"signal": EXPECTED["signal"] | {"percent": True}, "limits": {"hi": 29}})
    assert live(percent, found, expecting=lambda _, at: np.full(len(at), 100.0))[0] == (START, True)
    assert live(check, found) == [], "nobody has learnt anything"
