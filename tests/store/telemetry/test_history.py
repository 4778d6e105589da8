"""Any history of writes, compactions and restarts, step by step beside a dictionary; local days; charts of few points."""

import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from calha.domain.quality import Quality
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, to_datetime
from calha.store.telemetry import Telemetry, compaction, segments, telemetry
from tests.store.telemetry.model import (
    START,
    Model,
    Reading,
    assert_same_buckets,
    assert_same_rows,
    batch_of,
    buckets,
)

SERIES = (1, 2, 7)
SPAN_DAYS = 6
LENGTH = {"1m": MINUTE_US, "15m": 15 * MINUTE_US, "1h": HOUR_US, "1d": DAY_US}
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
SUMMER_BEGINS = 1_541_300_400_000_000  # 2018-11-04T03:00Z: midnight of 4 November does not exist
SUMMER_ENDS = 1_550_368_800_000_000  # 2019-02-17T02:00Z: the last hour of 16 February comes twice

values = st.one_of(st.integers(-3, 3).map(float), st.just(float("nan")), st.floats(-1e6, 1e6).map(lambda v: v + 0.0))
qualities = st.sampled_from((0x00, 0x01, 0x43, 0x80))


def readings_at(ats: st.SearchStrategy[int]) -> st.SearchStrategy[list[Reading]]:
    return st.lists(st.tuples(st.sampled_from(SERIES), ats, values, qualities), max_size=40)


around = st.one_of(
    st.integers(0, 40).map(lambda step: START + step * 20_000_000),
    st.integers(0, SPAN_DAYS * DAY_US - 1).map(lambda offset: START + offset),
)


@pytest.fixture(autouse=True)
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "TARGET_ROWS", 15)
    monkeypatch.setattr(compaction, "MAX_ROWS", 25)
    monkeypatch.setattr(segments, "WORTH_ROLLING", 1.5)
    monkeypatch.setattr(telemetry, "MERGE_LATE_ROWS", 5)


class History(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.model = Model()
        self.seq = 0

    @initialize(hot_days=st.integers(0, 3))
    def create(self, hot_days: int) -> None:
        self.hot_days = hot_days
        self.store = self._open()

    @rule(piece=readings_at(around))
    def write(self, piece: list[Reading]) -> None:
        self.seq += 1
        assert self.store.write(batch_of(piece), self.seq).outcome.tolist() == self.model.write(piece)

    @rule(days=st.integers(-1, SPAN_DAYS + 3), all_late=st.booleans())
    def compact(self, days: int, all_late: bool) -> None:
        self.store.compact(START + days * DAY_US, all_late=all_late)

    @rule(behind=st.integers(0, 4))
    def follow(self, behind: int) -> None:
        self.store.await_follower("somebody", max(0, self.seq - behind))

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = self._open()
        assert self.store.committed_seq == self.seq

    @rule(resolution=st.sampled_from(tuple(LENGTH)), from_=around, until=around)
    def aggregate(self, resolution: str, from_: int, until: int) -> None:
        from_, until = min(from_, until), max(from_, until) + 1
        found = self.store.readings(SERIES, from_, until, resolution=resolution)
        for series in SERIES:
            expected = buckets(self.model.of(series, from_, until), lambda at: at - at % LENGTH[resolution])
            assert_same_buckets(found[series], expected)

    def teardown(self) -> None:
        assert_same_rows(self.store, self.model, SERIES)
        listed = {path for one in self.store._segments.all for path in self.store._segments.files(one)}
        assert set((Path(self.folder.name) / "cold").iterdir()) == listed
        self.store.close()
        self.folder.cleanup()

    def _open(self) -> Telemetry:
        return Telemetry.open(Path(self.folder.name), hot_days=self.hot_days)


def test_no_history_of_writes_compactions_and_restarts_changes_what_is_read() -> None:
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=10, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.parametrize("change", [SUMMER_BEGINS, SUMMER_ENDS])
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_local_days_with_a_change_of_summer_time_equal_recomputation(change: int, data: st.DataObject) -> None:
    near = st.one_of(
        st.integers(-4 * 60, 4 * 60).map(lambda minute: change + minute * MINUTE_US),
        st.integers(-2 * DAY_US, 2 * DAY_US).map(lambda offset: change + offset),
    )
    pieces = data.draw(st.lists(readings_at(near), min_size=1, max_size=3))
    model = Model()

    def begin_of_day(at: int) -> int:
        step = 15 * MINUTE_US
        begin = at - at % step
        while to_datetime(begin - step).astimezone(SAO_PAULO).date() == to_datetime(at).astimezone(SAO_PAULO).date():
            begin -= step
        return begin

    with tempfile.TemporaryDirectory() as folder:
        store = Telemetry.open(Path(folder))
        for seq, piece in enumerate(pieces, 1):
            store.write(batch_of(piece), seq)
            model.write(piece)
            if data.draw(st.booleans(), "compact"):
                store.compact(change + 10 * DAY_US, all_late=True)
        from_, until = change - 3 * DAY_US, change + 3 * DAY_US
        found = store.readings(SERIES, from_, until, resolution="1d", zone=SAO_PAULO)
        for series in SERIES:
            assert_same_buckets(found[series], buckets(model.of(series, from_, until), begin_of_day))
        store.close()


@pytest.mark.parametrize(("change", "hours"), [(SUMMER_BEGINS, 23), (SUMMER_ENDS - 3 * HOUR_US, 25)])
def test_a_day_of_a_change_of_summer_time_has_its_real_length(tmp_path: Path, change: int, hours: int) -> None:
    at = range(change - 2 * DAY_US, change + 3 * DAY_US, 15 * MINUTE_US)
    store = Telemetry.open(tmp_path)
    store.write(batch_of((1, moment, 1.0, 0) for moment in at), 1)
    day = to_datetime(change).astimezone(SAO_PAULO).date()
    for _ in range(2):
        found = store.readings([1], at[0], at[-1], resolution="1d", zone=SAO_PAULO)[1]
        assert found.count is not None
        counts = {
            to_datetime(begin).astimezone(SAO_PAULO).date(): count
            for begin, count in zip(found.at.tolist(), found.count.tolist(), strict=True)
        }
        assert counts[day] == hours * 4
        store.compact(change + 30 * DAY_US)
    store.close()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.lists(st.tuples(st.just(1), around, values, qualities), max_size=200), min_size=1, max_size=3),
    st.integers(10, 60),
    st.sampled_from((9 * MINUTE_US, SPAN_DAYS * DAY_US)),
    st.booleans(),
)
@example([[(1, START + n * 20_000_000, float(n), 0x80 if n % 2 else 0) for n in range(27)]], 10, 9 * MINUTE_US, False)
def test_a_chart_of_few_points_has_the_extremes_of_all_good_readings(
    pieces: list[list[Reading]], points: int, span_us: int, is_compacted: bool
) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        store = Telemetry.open(Path(folder))
        for seq, piece in enumerate(pieces, 1):
            store.write(batch_of(piece), seq)
            model.write(piece)
        if is_compacted:
            store.compact(START + 30 * DAY_US, all_late=True)
        chart = store.readings([1], START, START + span_us, points=points)[1]
        store.close()
    rows = model.of(1, START, START + span_us)
    good = [value for _, value, quality in rows if quality < Quality.BAD and value == value]
    assert len(chart.at) <= points
    assert bool(len(chart.at)) == bool(rows)
    shown = np.ones(len(chart.at), bool) if chart.minimum is not None else chart.quality < Quality.BAD
    low = chart.value if chart.minimum is None else chart.minimum
    high = chart.value if chart.maximum is None else chart.maximum
    if good:
        assert (np.nanmin(low[shown]), np.nanmax(high[shown])) == (min(good), max(good))
