"""What is found in the channels of a device together."""

import numpy as np
import pytest

from calha.domain.times import SECOND_US
from calha.watch.anomaly.answers import Answered, allowed, shown_by
from calha.watch.anomaly.events import Kind
from calha.watch.anomaly.joint import LONGEST, WARM_UP, JointWatch
from calha.watch.anomaly.keeping import Unreadable

FLOW, PRESSURE, CURRENT, TEMPERATURE = 11, 12, 13, 14


def watch():
    return JointWatch([FLOW, PRESSURE, CURRENT], [TEMPERATURE])


def pump(count, seed=1):
    """Flow that wanders a little, pressure and current that follow from it, a motor whose warmth raises the current."""
    source = np.random.default_rng(seed)
    wander = np.zeros(count)
    for place in range(1, count):
        wander[place] = 0.8 * wander[place - 1] + source.normal()
    temperature = 60 + 5 * np.sin(np.arange(count) / 300) + source.normal(size=count) * 0.1
    flow = 100 + wander
    pressure = 50 - 0.4 * wander + source.normal(size=count) * 0.05
    current = 8 + 0.05 * wander + 0.1 * (temperature - 60) + source.normal(size=count) * 0.02
    return np.stack([flow, pressure, current, temperature], axis=1)


def feed(watch, rows, begin=0):
    at = (begin + np.arange(len(rows))) * SECOND_US
    return watch.update(at, rows)


def test_a_level_that_moves_is_found_and_the_channel_named():
    rows = pump(1_500)
    rows[1_000:1_200, 0] -= 15
    found = feed(watch(), rows)
    (event,) = found.began
    assert 1_000 * SECOND_US <= event.started_at <= 1_010 * SECOND_US
    assert event.peak.kind is Kind.JOINT
    ended = found.ended[0]
    assert 1_200 * SECOND_US <= ended.ended_at <= 1_240 * SECOND_US
    assert ended.series == FLOW
    assert ended.peak.side == "below"
    assert 80 < ended.peak.seen < 92
    assert ended.peak.low > 90
    assert found.is_unusual[1_010:1_200].all()
    assert not found.is_unusual[:1_000].any()


def test_a_broken_relation_is_found_though_every_channel_stays_within_its_range():
    rows = pump(1_600)
    broken = rows[1_000:1_200]
    broken[:, 1] = 50 + 0.4 * (broken[:, 0] - 100)  # pressure rises with the flow
    assert rows[1_000:1_200, 1].max() <= rows[:1_000, 1].max() + 0.5
    found = feed(watch(), rows)
    assert [event.started_at // SECOND_US in range(1_000, 1_040) for event in found.began] == [True]
    assert found.began[0].series in (FLOW, PRESSURE)


def valve(count, seed=6):
    """A pump whose third channel flutters for itself: what it does tells nothing of the others."""
    rows = pump(count)
    rows[:, 1] = np.round(rows[:, 1])  # a coarse gauge stays the same for some readings
    rows[:, 2] = 8 + np.random.default_rng(seed).normal(size=count) * 0.02
    return rows


def test_a_channel_that_freezes_is_found_within_its_range_and_one_that_often_repeats_itself_is_not():
    rows = valve(1_500)
    rows[1_000:1_300, 2] = 8.0
    (event,) = feed(watch(), rows).ended
    assert event.started_at == (1_000 + 5 * 12 + 1) * SECOND_US
    assert event.ended_at == 1_299 * SECOND_US
    peak = event.peak
    assert (event.series, peak.seen, peak.over) == (CURRENT, 8.0, 300)
    assert peak.low < 8.0 < peak.high


def test_a_channel_that_has_never_moved_says_nothing_by_staying():
    rows = pump(1_200)
    rows[:, 2] = 8.0
    assert feed(watch(), rows).began == []


def test_a_channel_at_rest_is_told_once_and_its_next_rest_is_usual():
    rows = valve(4_500)
    for begin in (1_000, 2_000, 3_500):
        rows[begin : begin + 300, 2] = 8.0
    stuck = [event for event in feed(watch(), rows).ended if event.peak.over > 12]
    assert [event.started_at // SECOND_US < 1_100 for event in stuck] == [True]


def warmer(rows, readings, *, is_warm):
    """Current that rises within some readings as it does for ten degrees; the motor is that much warmer, or it is not."""
    share = np.clip((np.arange(len(rows)) - 1_000) / readings, 0.0, 1.0)
    changed = rows.copy()
    changed[:, 2] += 1.0 * share
    if is_warm:
        changed[:, 3] += 10 * share
    return changed


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_what_a_driver_explains_is_no_anomaly_and_the_same_without_the_driver_is_one(seed):
    rows = pump(1_800, seed)
    assert feed(watch(), warmer(rows, 300, is_warm=True)).began == []
    (event,) = feed(watch(), warmer(rows, 300, is_warm=False)).began
    assert 1_050 <= event.started_at // SECOND_US <= 1_300


@pytest.mark.parametrize("seed", [1, 2, 4])
def test_a_jump_of_a_driver_is_over_soon_and_a_jump_without_one_lasts(seed):
    rows = pump(1_800, seed)
    explained = feed(watch(), warmer(rows, 1, is_warm=True))
    (jump,) = explained.ended
    assert [event.started_at for event in explained.began] == [jump.started_at]
    assert jump.ended_at - jump.started_at < 100 * SECOND_US
    unexplained = feed(watch(), warmer(rows, 1, is_warm=False))
    assert [event.series for event in unexplained.began] == [CURRENT]
    assert unexplained.ended == []


def test_ordinary_running_raises_nothing():
    for seed in range(3):
        assert feed(watch(), pump(3_000, seed)).began == []


def test_nothing_is_found_while_the_device_is_getting_known():
    rows = pump(WARM_UP)
    rows[WARM_UP // 2] += 50
    found = feed(watch(), rows)
    assert found.began == []
    assert not found.score.any()


def test_missing_channels_and_rows_out_of_order_disturb_nothing():
    rows = pump(1_500)
    for share in (0.05, 0.2):
        gappy = rows.copy()
        gappy[np.random.default_rng(3).random(rows.shape) < share] = np.nan
        gappy[:50, 2] = np.nan
        assert feed(watch(), gappy).began == []
    late = watch()
    feed(late, rows[:1_000])
    found = feed(late, np.full((3, 4), 1e6), begin=500)
    assert not found.score.any()
    assert feed(late, rows[1_000:], begin=1_000).began == []


def test_a_level_that_stays_where_it_went_becomes_usual():
    rows = pump(WARM_UP + LONGEST + 600)
    rows[500:, 0] += 12
    found = feed(watch(), rows)
    assert found.began[0].series == FLOW
    assert found.ended[0].started_at == found.began[0].started_at == 500 * SECOND_US
    assert found.ended[0].ended_at // SECOND_US in range(500 + LONGEST - 50, 500 + LONGEST + 50)
    assert found.is_unusual[500 : 500 + LONGEST].all()
    assert found.is_unusual[-500:].mean() < 0.1, "only what is rare in ordinary running, too"


@pytest.mark.parametrize("cut", [0, 1, 300, 1_030, 1_250])
def test_stopped_anywhere_and_begun_again_the_outcome_is_the_same(cut):
    rows = pump(1_500)
    rows[1_000:1_200, 0] -= 15
    whole = feed(watch(), rows)
    first = watch()
    before = feed(first, rows[:cut])
    second = JointWatch.of_columns(first.to_columns())
    after = feed(second, rows[cut:], begin=cut)
    assert [*before.score, *after.score] == whole.score.tolist()
    assert [*before.began, *after.began] == whole.began
    assert [*before.ended, *after.ended] == whole.ended


def test_columns_that_do_not_fit_are_refused():
    columns = watch().to_columns()
    columns["levels.short"] = np.zeros(7)
    with pytest.raises(Unreadable):
        JointWatch.of_columns(columns)


def test_what_people_call_normal_has_to_show_more_the_next_time():
    rows = pump(3_000)
    rows[1_000:1_100, 0] -= 8
    rows[2_000:2_100, 0] -= 8
    patient = watch()
    first = feed(patient, rows[:1_500])
    patient.may = allowed([Answered(shown_by(first.ended[0].peak.score, patient.may), is_real=False)])
    assert len(feed(watch(), rows).began) == 2
    assert feed(patient, rows[1_500:], begin=1_500).began == []
