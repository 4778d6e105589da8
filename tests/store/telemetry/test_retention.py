"""Retention: readings whose time is over go, and their hours stay, for as long as asked."""

import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calha.domain.times import DAY_US, HOUR_US, to_datetime, to_micros
from calha.domain.written import CORRECTED, LATE
from calha.store.telemetry import Telemetry, compaction, segments
from tests.store.telemetry.model import START, Model, assert_same_buckets, batch_of, buckets, day, rows_of
from tests.store.telemetry.test_laws import NOW, SERIES, SPAN_DAYS, pieces
from tests.store.telemetry.test_telemetry import quarter_hours, seconds

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "TARGET_ROWS", 15)
    monkeypatch.setattr(compaction, "MAX_ROWS", 25)
    monkeypatch.setattr(segments, "WORTH_ROLLING", 1.5)


@pytest.mark.usefixtures("small_files")
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    pieces,
    st.lists(
        st.tuples(st.lists(st.sampled_from(SERIES), unique=True), st.integers(0, SPAN_DAYS * 24)),
        min_size=1,
        max_size=3,
    ),
    st.booleans(),
)
def test_hours_and_days_are_the_same_after_any_retention_and_compaction(
    written: list[list[tuple[int, int, float, int]]], endings: list[tuple[list[int], int]], restarts: bool
) -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        telemetry = Telemetry.open(Path(folder))
        for seq, piece in enumerate(written, 1):
            telemetry.write(batch_of(piece), seq)
            model.write(piece)
        limits = dict.fromkeys(SERIES, 0)
        for ended, hour in endings:
            before = START + hour * HOUR_US
            telemetry.retain(ended, before)
            limits |= {series: max(limits[series], before) for series in ended}
            telemetry.compact(NOW, all_late=True)
            if restarts:
                telemetry.close()
                telemetry = Telemetry.open(Path(folder))
        hours = telemetry.readings(SERIES, START, NOW, resolution="1h")
        days = telemetry.readings(SERIES, START, NOW, resolution="1d", zone=SAO_PAULO)
        for series in SERIES:
            rows = model.of(series, START, NOW)
            assert_same_buckets(hours[series], buckets(rows, lambda at: at - at % HOUR_US))
            assert_same_buckets(days[series], buckets(rows, midnight))
            assert repr(rows_of(telemetry, series)) == repr([row for row in rows if row[0] >= limits[series]])
        telemetry.close()


def midnight(at: int) -> int:
    return to_micros(to_datetime(at).astimezone(SAO_PAULO).replace(hour=0, minute=0, second=0, microsecond=0))


def test_a_chart_of_the_past_is_made_of_its_hours(telemetry: Telemetry) -> None:
    batch = seconds(1, 72)
    batch.value[100_003] = 50.0
    telemetry.write(batch, 1)
    telemetry.compact(day(9))
    telemetry.retain([1], day(2))
    for points in (10, 200, 5_000):
        chart = telemetry.readings([1], START, day(3), points=points)[1]
        assert chart.maximum is not None
        assert np.nanmax(chart.maximum) == 50.0
        assert chart.bucket_us % HOUR_US == 0
        assert chart.at[0] == START
        assert len(chart.at) <= points
    recent = telemetry.readings([1], day(2), day(3), points=1_000)[1]
    assert recent.bucket_us < HOUR_US
    assert len(telemetry.readings([1], START, day(3), resolution="raw")[1].at) == 86_400


def test_a_device_that_sends_its_memory_again_changes_no_kept_hour(telemetry: Telemetry) -> None:
    telemetry.write(quarter_hours(1, 10), 1)
    telemetry.compact(day(12))
    telemetry.retain([1], day(5))
    before = telemetry.readings([1], START, day(10), resolution="1d")[1]
    again = telemetry.write(quarter_hours(1, 2), 2)
    assert (again.outcome == LATE).all()
    for _ in range(2):
        found = telemetry.readings([1], START, day(10), resolution="1d")[1]
        assert found.count is not None and before.count is not None
        assert found.count.tolist() == before.count.tolist() == [96] * 10
        telemetry.compact(day(12), all_late=True)
        telemetry.retain([1], day(5))
    assert rows_of(telemetry, 1)[0][0] == day(5)
    assert telemetry.write(batch_of([(1, day(6), 7.0, 0)]), 3).outcome.tolist() == [CORRECTED]


def test_hours_go_when_their_own_time_is_over(telemetry: Telemetry) -> None:
    telemetry.write(quarter_hours(1, 10), 1)
    telemetry.compact(day(12))
    telemetry.retain([1], day(5), hours_before=day(2))
    assert telemetry.readings([1], START, day(10), resolution="1d")[1].at.tolist() == [day(n) for n in range(2, 10)]
    telemetry.retain([1], 0, hours_before=day(3))
    assert telemetry.readings([1], START, day(10), resolution="1d")[1].at.tolist() == [day(n) for n in range(3, 10)]


def test_a_repeated_retention_writes_no_file_anew(telemetry: Telemetry) -> None:
    telemetry.write(quarter_hours(1, 10), 1)
    telemetry.compact(day(12))
    telemetry.retain([1], day(5), hours_before=day(2))
    files = set((telemetry._folder / "cold").iterdir())
    telemetry.retain([1], day(5), hours_before=day(2))
    telemetry.retain([2], day(20))
    assert set((telemetry._folder / "cold").iterdir()) == files


def test_a_lost_file_of_hours_is_a_gap_too(tmp_path: Path) -> None:
    telemetry = Telemetry.open(tmp_path)
    telemetry.write(quarter_hours(1, 10), 1)
    telemetry.compact(day(12))
    telemetry.retain([1], day(5))
    telemetry.close()
    (file,) = (tmp_path / "cold").glob("*.kept.parquet")
    file.unlink()
    telemetry = Telemetry.open(tmp_path)
    assert [gap.file for gap in telemetry.statistics().gaps] == [file.name]
    assert telemetry.readings([1], START, START + 20 * DAY_US, resolution="1d")[1].at[0] == day(5)
    telemetry.close()
