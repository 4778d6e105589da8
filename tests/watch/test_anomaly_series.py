"""What the univariate detector finds, and that its outcome depends on the readings only."""

from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calha.domain.times import DAY_US, HOUR_US, MINUTE_US
from calha.watch.anomaly import learnt
from calha.watch.anomaly.answers import STRICTEST, Answered, allowed, shown_by
from calha.watch.anomaly.events import Kind
from calha.watch.anomaly.hours import local_hours
from calha.watch.anomaly.keeping import Unreadable, pack, unpack
from calha.watch.anomaly.learnt import TooManySeries
from calha.watch.anomaly.series import SeriesWatch

BEGIN = 1_760_313_600_000_000  # Monday 2025-10-13T00:00Z
FIVE_MINUTES = 5 * MINUTE_US


def feed(watch, values, step=FIVE_MINUTES, begin=BEGIN, series=7):
    values = np.asarray(values, float)
    at = begin + step * np.arange(len(values))
    return watch.update(at, values, np.full(len(values), series), local_hours(at, UTC))


def answer(watch, event, *, is_real):
    kind, series = event.peak.kind, event.series
    shown = shown_by(event.peak.score, watch.may(series, kind))
    watch.allow(series, kind, allowed([Answered(shown, is_real)]))


def noise(count, seed=1, size=1.0):
    return np.random.default_rng(seed).normal(size=count) * size


def daily(days, seed=1):
    """Five-minute values of a series that is busy from 8 to 18."""
    hour = np.arange(days * 288) % 288 / 12
    return 20 + 60 * ((hour >= 8) & (hour < 18)) + noise(len(hour), seed)


def kinds(found):
    return [event.peak.kind for event in found.began]


def test_a_spike_is_an_extreme_and_explains_itself():
    values = 10 + noise(2_000)
    values[1_500] = 40.0
    found = feed(SeriesWatch(), values)
    spike = next(event for event in found.began if event.started_at == BEGIN + 1_500 * FIVE_MINUTES)
    assert spike.peak.kind is Kind.EXTREME
    assert spike.peak.side == "above"
    assert spike.peak.seen == spike.peak.value == 40.0
    assert 12 < spike.peak.high < 15
    assert 5 < spike.peak.low < 8
    assert abs(spike.peak.expected - 10) < 0.5
    assert spike.peak.score > 0.9
    assert spike.peak.confidence == 1.0


def test_an_absent_rise_is_unusual_for_the_hour_though_the_value_is_not():
    values = daily(12)
    values[10 * 288 + 96 : 10 * 288 + 216] = 20 + noise(120, 3)
    found = feed(SeriesWatch(), values)
    event = next(event for event in found.began if event.started_at >= BEGIN + 10 * DAY_US + 8 * HOUR_US)
    assert event.started_at < BEGIN + 10 * DAY_US + 9 * HOUR_US
    assert event.peak.kind is Kind.UNSEASONAL
    assert event.peak.side == "below"
    assert 70 < event.peak.expected < 90


def test_a_small_lasting_rise_is_a_shift():
    values = 100 + noise(4_000)
    values[3_000:] += 3
    found = feed(SeriesWatch(), values)
    after = [event for event in found.began if event.started_at >= BEGIN + 3_000 * FIVE_MINUTES]
    assert after[0].started_at <= BEGIN + 3_040 * FIVE_MINUTES
    assert after[0].peak.kind is Kind.SHIFT
    assert after[0].peak.over > 1
    assert after[0].peak.seen > after[0].peak.high


@pytest.mark.parametrize("seed", range(4))
def test_a_slow_rise_is_found_as_a_shift_or_a_drift_while_it_is_small(seed):
    values = 100 + noise(4_000, seed)
    values[3_000:] += 0.005 * np.arange(1_000)
    found = feed(SeriesWatch(), values)
    early = [
        event for event in found.began if 0 <= event.started_at - BEGIN - 3_000 * FIVE_MINUTES < 600 * FIVE_MINUTES
    ]
    assert {Kind.SHIFT, Kind.DRIFT} & {event.peak.kind for event in early}
    assert all(event.peak.side == "above" for event in early if event.peak.kind in (Kind.SHIFT, Kind.DRIFT))


def test_a_livelier_series_is_found_and_named_a_variation():
    named = set()
    for seed in range(4):
        values = 100 + noise(4_000, seed)
        values[3_000:] = 100 + noise(1_000, 20 + seed, 2.0) * np.sign(np.arange(1_000) % 2 - 0.5)
        found = feed(SeriesWatch(), values)
        assert found.score[3_000:3_100].max() >= 0.5
        named |= {event.peak.kind for event in found.began if event.started_at >= BEGIN + 3_000 * FIVE_MINUTES}
    assert Kind.VARIATION in named


def test_a_value_that_stays_the_same_is_frozen():
    values = 100 + noise(2_000)
    values[1_500:] = values[1_500]
    found = feed(SeriesWatch(), values)
    frozen = next(event for event in found.began if event.peak.kind is Kind.FROZEN)
    assert BEGIN + 1_520 * FIVE_MINUTES < frozen.started_at < BEGIN + 1_600 * FIVE_MINUTES
    assert frozen.peak.seen >= 20


def test_noise_alone_raises_few_anomalies():
    found = [feed(SeriesWatch(), noise(5_000, seed)) for seed in range(6)]
    assert sum(len(one.began) for one in found) < 6 * 5 * 2  # per 1,000 readings at most two
    assert all(float(np.mean(one.score >= 0.5)) < 0.02 for one in found)


def test_a_series_without_a_change_and_a_perfect_day_raise_nothing():
    assert feed(SeriesWatch(), np.full(3_000, 45.0)).began == []
    square = np.where(np.arange(3_000) % 288 < 120, 20.0, 80.0)
    assert feed(SeriesWatch(), square).began == []


def test_what_belongs_together_is_one_anomaly_with_start_peak_and_end():
    values = 10 + noise(3_000)
    values[2_000:2_006] += [12, 0, 14, 0, 30, 12]
    found = feed(SeriesWatch(), values)
    event = next(event for event in found.ended if event.started_at == BEGIN + 2_000 * FIVE_MINUTES)
    assert [one.started_at for one in found.began].count(event.started_at) == 1
    assert event.started_at <= event.peak.at <= event.ended_at
    assert BEGIN + 2_004 * FIVE_MINUTES <= event.ended_at < BEGIN + 2_060 * FIVE_MINUTES
    assert event.readings >= 3


def test_nothing_is_scored_before_a_series_is_known():
    found = feed(SeriesWatch(), [*noise(200), 1_000.0, *noise(50)])
    assert not found.score.any()


def test_outliers_at_the_start_do_not_hide_what_comes_later():
    values = 10 + noise(3_000)
    values[5] = 1e6
    values[2_500] = 60.0
    found = feed(SeriesWatch(), values)
    assert BEGIN + 2_500 * FIVE_MINUTES in {event.started_at for event in found.began}


def test_late_and_repeated_readings_and_such_that_are_no_numbers_are_left_out():
    values, watch, plain = noise(600), SeriesWatch(), SeriesWatch()
    expected = feed(plain, values)
    feed(watch, values[:300])
    late = feed(watch, [1e9, 1e9], begin=BEGIN + 100 * FIVE_MINUTES)
    assert not late.taken.any()
    assert not late.score.any()
    no_number = feed(watch, [np.nan, np.inf], begin=BEGIN + 299 * FIVE_MINUTES + 1)
    assert not no_number.taken.any()
    rest = feed(watch, values[300:], begin=BEGIN + 300 * FIVE_MINUTES)
    assert rest.score.tolist() == expected.score[300:].tolist()


def test_readings_may_come_in_any_order_within_a_batch():
    values, at = noise(900), BEGIN + FIVE_MINUTES * np.arange(900)
    shuffled = np.random.default_rng(2).permutation(900)
    found = SeriesWatch().update(at[shuffled], values[shuffled], np.zeros(900), local_hours(at[shuffled], UTC))
    assert found.score.tolist() == feed(SeriesWatch(), values).score[shuffled].tolist()


@settings(max_examples=8, deadline=None)
@given(st.integers(2, 30), st.integers(0, 2**32 - 1), st.floats(0.0, 0.2))
def test_many_series_side_by_side_score_to_the_bit_as_each_alone(count, seed, share_missing):
    source = np.random.default_rng(seed)
    values = source.normal(size=(420, count)) ** 3 + np.arange(count)
    values[values > np.quantile(values, 0.8)] = 5.0  # runs of equal values too
    is_there = source.random(values.shape) >= share_missing
    at = BEGIN + FIVE_MINUTES * np.arange(420)
    together, score = SeriesWatch(), np.zeros(values.shape)
    for place, moment in enumerate(at):
        here = np.flatnonzero(is_there[place])
        times = np.full(len(here), moment)
        found = together.update(times, values[place, here], here, local_hours(times, UTC))
        score[place, here] = found.score
    for series in range(count):
        mine = is_there[:, series]
        alone = SeriesWatch().update(
            at[mine], values[mine, series], np.full(mine.sum(), series), local_hours(at[mine], UTC)
        )
        assert alone.score.tolist() == score[mine, series].tolist()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1_199), st.integers(0, 2**32 - 1))
def test_stopped_anywhere_and_begun_again_from_what_was_kept_the_scores_are_the_same(cut, seed):
    values = daily(5, seed)[:1_200]
    values[1_000:1_010] += 100
    whole = feed(SeriesWatch(), values)
    first = SeriesWatch()
    before = feed(first, values[:cut])
    second = SeriesWatch.of_columns(unpack("series", pack("series", first.to_columns())))
    after = feed(second, values[cut:], begin=BEGIN + cut * FIVE_MINUTES)
    assert [*before.score, *after.score] == whole.score.tolist()
    assert [*before.began, *after.began] == whole.began
    assert [*before.ended, *after.ended] == whole.ended


def test_bytes_that_are_not_what_was_learnt_are_refused():
    data = pack("series", SeriesWatch().to_columns())
    for broken in (b"", b"nonsense", data[:-40], data.replace(b"series 1", b"series 9").replace(b"s", b"t")):
        with pytest.raises(Unreadable):
            unpack("series", broken)


def test_what_people_call_normal_is_not_reported_again_and_what_they_call_real_earlier():
    values = 10 + noise(3_000)
    values[2_000], values[2_700] = 25.0, 36.0
    plain = feed(SeriesWatch(), values)
    later = BEGIN + 2_700 * FIVE_MINUTES
    assert later in {event.started_at for event in plain.began}

    watch = SeriesWatch()
    first = feed(watch, values[:2_100])
    answer(watch, next(event for event in first.began if event.peak.value == 25.0), is_real=False)
    second = feed(watch, values[2_100:], begin=BEGIN + 2_100 * FIVE_MINUTES)
    assert later not in {event.started_at for event in second.began}

    keener = SeriesWatch()
    first = feed(keener, values[:2_100])
    answer(keener, next(event for event in first.began if event.peak.value == 25.0), is_real=True)
    second = feed(keener, values[2_100:], begin=BEGIN + 2_100 * FIVE_MINUTES)
    assert (second.score >= plain.score[2_100:]).all()
    assert second.score.max() > plain.score[2_100:].max()


def test_what_may_be_shown_follows_from_the_answers_that_hold():
    normal, real = Answered(2.0, is_real=False), Answered(3.0, is_real=True)
    assert allowed([]) == 1.0
    assert allowed([normal]) == pytest.approx(2.2)
    assert allowed([normal, real]) == pytest.approx(0.8 * 2.2)
    assert allowed([normal, Answered(1.5, is_real=False)]) == pytest.approx(2.2)
    assert allowed([real] * 50) == STRICTEST
    assert shown_by(0.5, may=3.0) == 3.0


def test_a_series_of_which_nothing_is_known_may_be_allowed_more():
    watch = SeriesWatch()
    watch.allow(7, Kind.SHIFT, 4.0)
    assert watch.may(7, Kind.SHIFT) == 4.0
    assert watch.may(7, Kind.EXTREME) == watch.may(8, Kind.SHIFT) == 1.0


def test_more_series_than_are_watched_are_refused(monkeypatch):
    monkeypatch.setattr(learnt, "MAX_SERIES", 10)
    watch, at = SeriesWatch(), np.full(11, BEGIN)
    with pytest.raises(TooManySeries):
        watch.update(at, np.zeros(11), np.arange(11), local_hours(at, UTC))


def test_hours_follow_the_local_clock_and_a_holiday_is_a_sunday():
    zone = ZoneInfo("America/Sao_Paulo")
    monday, sunday = BEGIN + 3 * HOUR_US, BEGIN - 21 * HOUR_US
    assert local_hours(np.array([monday, sunday]), zone).slot.tolist() == [0, 144]
    tiradentes = 1_776_740_400_000_000  # Tuesday 2026-04-21T00:00 in São Paulo
    assert local_hours(np.array([tiradentes + 8 * HOUR_US]), zone).slot.tolist() == [144 + 8]


def test_hours_count_on_when_the_clocks_change():
    zone = ZoneInfo("America/New_York")
    noon = 1_761_926_400_000_000  # Friday 2025-10-31T16:00Z, noon; the clocks go back on Sunday
    days = local_hours(noon + DAY_US * np.arange(4), zone)
    assert (days.slot % 24).tolist() == [12, 12, 11, 11]
    assert np.diff(days.hour).tolist() == [24, 23, 24]
