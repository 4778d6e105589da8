"""What single readings, files and questions do, on a real store."""

import threading
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from calha.domain.readings import Batch
from calha.domain.times import DAY_US, HOUR_US, MINUTE_US, SECOND_US
from calha.domain.written import CORRECTED, DUPLICATE, LATE, STORED
from calha.store.telemetry import Telemetry, compaction
from tests.store.telemetry.model import START, batch_of, day, rows_of

NAN = float("nan")


def quarter_hours(series: int, days: int, begin: int = START) -> Batch:
    at = np.arange(begin, begin + days * DAY_US, 15 * MINUTE_US)
    value = np.round(100 + np.arange(len(at)) * 0.123, 3)
    return Batch(np.full(len(at), series, np.int32), at, value, np.zeros(len(at), np.uint8), at + SECOND_US)


def seconds(series: int, hours: int, begin: int = START) -> Batch:
    at = np.arange(begin, begin + hours * HOUR_US, SECOND_US)
    value = np.sin(np.arange(len(at)) / 600)
    return Batch(np.full(len(at), series, np.int32), at, value, np.zeros(len(at), np.uint8), at + 7_000)


def test_an_empty_batch_moves_the_log_sequence_only(telemetry: Telemetry) -> None:
    assert len(telemetry.write(batch_of([]), 7).outcome) == 0
    assert telemetry.committed_seq == 7
    assert telemetry.counts_and_checksum()["readings"] == 0


def test_what_was_stored_after_a_log_sequence_comes_in_whole_messages_in_that_order(telemetry: Telemetry) -> None:
    telemetry.write(batch_of([(2, START + 5, 1.0, 0), (1, START, 2.0, 0)]), 1)
    telemetry.write(batch_of([(1, START + 9, NAN, 0x80), (2, START, 3.0, 0)]), 4)
    telemetry.write(batch_of([(1, START, 7.0, 0)]), 6)
    first = telemetry.stored(0, 2)
    assert first.through_seq == 4
    assert first.series.tolist()[0] == 2
    assert sorted(first.series.tolist()) == [1, 2, 2], "the one that was corrected has moved on"
    assert np.isnan(first.value[first.series == 1]).all()
    rest = telemetry.stored(first.through_seq, 2)
    assert (rest.through_seq, rest.series.tolist(), rest.value.tolist()) == (6, [1], [7.0])
    assert len(telemetry.stored(6, 2).series) == 0


def test_what_somebody_has_still_to_see_does_not_become_cold(telemetry: Telemetry) -> None:
    telemetry.write(batch_of([(1, START, 1.0, 0), (1, START + 9, 2.0, 0)]), 1)
    telemetry.await_follower("validation", 1)
    telemetry.write(batch_of([(1, START + 1, 3.0, 0), (1, START + 9, 4.0, 0)]), 2)
    telemetry.compact(day(90), all_late=True)
    assert telemetry.touched(0).first_at.tolist() == [START + 1]
    telemetry.write(batch_of([(1, START + 2, 5.0, 0)]), 3)
    telemetry.compact(day(90), all_late=True)
    assert telemetry.touched(1).last_at.tolist() == [START + 9]
    telemetry.await_follower("validation", 3)
    telemetry.compact(day(90), all_late=True)
    assert telemetry.touched(0).series.tolist() == []
    assert rows_of(telemetry, 1) == [(START + at, value, 0) for at, value in ((0, 1), (1, 3), (2, 5), (9, 4))]


def test_a_failed_read_again_is_a_duplicate(telemetry: Telemetry) -> None:
    telemetry.write(batch_of([(1, START, NAN, 0x80), (1, START + 9, 1.0, 0)]), 1)
    assert telemetry.write(batch_of([(1, START, NAN, 0x80)]), 2).outcome.tolist() == [DUPLICATE]
    telemetry.compact(day(9))
    assert telemetry.write(batch_of([(1, START, NAN, 0x80)]), 3).outcome.tolist() == [DUPLICATE]


def test_a_late_reading_corrects_the_day_but_not_the_latest_value(telemetry: Telemetry) -> None:
    telemetry.write(quarter_hours(1, 10), 1)
    telemetry.compact(day(10))
    newest = telemetry.latest.at[1]
    written = telemetry.write(batch_of([(1, START + 3, 1e6, 0), (1, START, 5.0, 0x41)]), 2)
    assert written.outcome.tolist() == [LATE, CORRECTED]
    first = telemetry.readings([1], START, day(1), resolution="1d")[1]
    assert first.maximum is not None and first.first is not None
    assert (first.maximum[0], first.first[0], first.quality[0]) == (1e6, 5.0, 0x41)
    assert telemetry.latest.at[1] == newest


def test_the_newest_value_can_be_corrected(telemetry: Telemetry) -> None:
    telemetry.write(batch_of([(1, START, 1.0, 0)]), 1)
    assert telemetry.write(batch_of([(1, START, 2.0, 0)]), 2).outcome.tolist() == [CORRECTED]
    assert telemetry.latest.value[1] == 2.0
    assert telemetry.latest.changed_since(1).tolist() == [1]
    assert telemetry.latest.changed_since(2).tolist() == []


def test_the_newest_value_of_a_failed_read_survives_a_start(tmp_path: Path) -> None:
    telemetry = Telemetry.open(tmp_path)
    telemetry.write(batch_of([(1, START, 1.0, 0), (1, START + 1, NAN, 0x80)]), 1)
    telemetry.close()
    telemetry = Telemetry.open(tmp_path)
    assert telemetry.latest.at[1] == START + 1
    assert np.isnan(telemetry.latest.value[1])
    telemetry.close()


def test_series_ids_may_be_far_apart(telemetry: Telemetry) -> None:
    written = telemetry.write(batch_of([(3, START, 1.0, 0), (250_000, START, 2.0, 0)]), 1)
    assert written.outcome.tolist() == [STORED, STORED]
    assert telemetry.latest.changed_since(0, np.array([250_000, 9_000_000])).tolist() == [250_000]


def test_a_back_filled_past_becomes_several_files(telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "TARGET_ROWS", 1_000)
    monkeypatch.setattr(compaction, "MAX_ROWS", 1_500)
    telemetry.write(quarter_hours(1, 10, day(60)), 1)
    telemetry.compact(day(70))
    assert telemetry.statistics().segments == 1
    telemetry.write(quarter_hours(2, 60), 2)
    telemetry.compact(day(70), all_late=True)
    found = telemetry.statistics()
    assert found.segments > 5
    assert found.rows_hot == 2 * 96
    assert len(rows_of(telemetry, 2)) == 60 * 96
    assert len(rows_of(telemetry, 1)) == 10 * 96


def test_values_come_back_from_files_bit_by_bit(telemetry: Telemetry) -> None:
    values = [0.1, 0.1 + 0.2, 1 / 3, 15304.217, 1e300, -7.0, 5e-324, 123456789.123456, 2.0**53, NAN, float("inf")]
    values += [float(np.float32(12.3)), 99999999.999, -0.001]
    telemetry.write(batch_of([(1, START + place, value, 0) for place, value in enumerate(values)]), 1)
    telemetry.compact(day(9))
    assert telemetry.statistics().rows_cold == len(values)
    assert repr([value for _, value, _ in rows_of(telemetry, 1)]) == repr(values)


def test_a_spike_is_in_every_chart(telemetry: Telemetry) -> None:
    batch = seconds(1, 72)
    batch.value[100_003] = 50.0
    batch.value[200_001] = -50.0
    telemetry.write(batch, 1)
    for _ in range(2):
        for points in (10, 100, 1_000, 5_000):
            chart = telemetry.readings([1], START, day(3), points=points)[1]
            low = chart.value if chart.minimum is None else chart.minimum
            high = chart.value if chart.maximum is None else chart.maximum
            assert (np.nanmin(low), np.nanmax(high)) == (-50.0, 50.0)
            assert len(chart.at) <= points
        telemetry.compact(day(9))


def test_a_gap_has_no_points(telemetry: Telemetry) -> None:
    telemetry.write(Batch.concatenate([seconds(1, 2), seconds(1, 2, START + 10 * HOUR_US)]), 1)
    for points in (100, 1_000):
        chart = telemetry.readings([1], START, START + 12 * HOUR_US, points=points)[1]
        assert not ((chart.at >= START + 2 * HOUR_US) & (chart.at < START + 10 * HOUR_US)).any()


def test_days_of_a_zone_have_23_and_25_hours(telemetry: Telemetry) -> None:
    zone = ZoneInfo("Europe/Lisbon")
    spring = 1_774_656_000_000_000  # 2026-03-28T00:00Z
    telemetry.write(seconds(1, 72, spring), 1)
    telemetry.compact(spring + 30 * DAY_US)
    found = telemetry.readings([1], spring, spring + 71 * HOUR_US, resolution="1d", zone=zone)[1]
    assert found.count is not None
    assert found.count.tolist() == [24 * 3600, 23 * 3600, 24 * 3600]


def test_several_series_are_answered_at_once(telemetry: Telemetry) -> None:
    telemetry.write(Batch.concatenate([quarter_hours(1, 10), seconds(2, 5)]), 1)
    telemetry.compact(day(10))
    found = telemetry.readings([2, 1, 99], START, day(10), resolution="1h")
    assert list(found) == [2, 1, 99]
    assert [len(found[series].at) for series in (1, 2, 99)] == [240, 5, 0]


def test_retention_drops_readings_for_good(telemetry: Telemetry) -> None:
    telemetry.write(Batch.concatenate([quarter_hours(1, 10), quarter_hours(2, 10)]), 1)
    telemetry.compact(day(8))
    telemetry.retain([1], day(9))
    assert rows_of(telemetry, 1)[0][0] == day(9)
    assert len(telemetry.readings([1], START, day(10), resolution="1h")[1].at) == 240
    assert len(rows_of(telemetry, 2)) == 960
    telemetry.retain([1, 2], day(20), hours_before=day(20))
    assert telemetry.statistics().segments == 0
    telemetry.write(quarter_hours(2, 1), 2)  # late, for a past whose file is gone
    telemetry.compact(day(10), all_late=True)
    assert len(rows_of(telemetry, 2)) == 96


def test_an_export_is_in_order_and_complete(telemetry: Telemetry) -> None:
    telemetry.write(Batch.concatenate([seconds(5, 3), quarter_hours(1, 4), batch_of([(1, START + 1, NAN, 0x80)])]), 1)
    telemetry.compact(day(4))
    telemetry.write(batch_of([(1, START, 7.0, 0)]), 2)
    parts = list(telemetry.export(None, 0, day(99)))
    series = np.concatenate([part.column("series").to_numpy() for part in parts])
    at = np.concatenate([part.column("event_at").to_numpy() for part in parts])
    assert (np.lexsort((at, series)) == np.arange(len(at))).all()
    assert len(at) == telemetry.counts_and_checksum()["readings"] == 3 * 3600 + 4 * 96 + 1
    assert parts[0].column("value").to_pylist()[:2] == [7.0, None]
    arrived_at = np.concatenate([part.column("arrived_at").to_numpy() for part in parts])
    assert (arrived_at - at)[-1] == 7_000
    only = list(telemetry.export([1], START, day(1)))
    assert sum(part.num_rows for part in only) == 97
    assert list(telemetry.export([], 0, day(1))) == []


def test_a_backup_of_a_running_store_is_a_store(telemetry: Telemetry, tmp_path: Path) -> None:
    telemetry.write(Batch.concatenate([seconds(5, 3), quarter_hours(1, 10)]), 4)
    telemetry.compact(day(10))
    telemetry.write(batch_of([(1, START, 7.0, 0)]), 5)
    stopped = threading.Event()

    def go_on() -> None:
        seq = 5
        while not stopped.is_set():
            seq += 1
            telemetry.write(batch_of([(9, START + seq, 1.0, 0)]), seq)

    writer = threading.Thread(target=go_on)
    writer.start()
    telemetry.backup(tmp_path / "copy")
    stopped.set()
    writer.join()
    copy = Telemetry.describe(tmp_path / "copy")
    assert copy["readings"] == 3 * 3600 + 960 + copy["committed_seq"] - 5
    restored = Telemetry.open(tmp_path / "copy")
    assert rows_of(restored, 1) == rows_of(telemetry, 1)
    assert restored.latest.at[1] == telemetry.latest.at[1]
    restored.close()


def test_a_backup_is_made_while_somebody_reads(telemetry: Telemetry, tmp_path: Path) -> None:
    telemetry.write(quarter_hours(1, 10), 1)
    exported = telemetry.export([1], START, day(10))
    next(exported)
    telemetry.write(seconds(5, 3), 2)
    telemetry.backup(tmp_path / "copy")
    assert Telemetry.describe(tmp_path / "copy")["readings"] == 960 + 3 * 3600


def test_files_that_nobody_lists_are_removed_at_start(telemetry: Telemetry, tmp_path: Path) -> None:
    telemetry.write(quarter_hours(1, 10), 1)
    telemetry.compact(day(10))
    telemetry.close()
    cold = tmp_path / "telemetry" / "cold"
    listed = sorted(cold.iterdir())
    (cold / "1-2-3.parquet").write_bytes(b"half")
    (cold / "1-2-3.parquet.unfinished").write_bytes(b"a quarter")
    again = Telemetry.open(tmp_path / "telemetry")
    assert sorted(cold.iterdir()) == listed
    assert len(rows_of(again, 1)) == 960
    again.close()


def test_readers_see_whole_commits_while_files_are_swapped(telemetry: Telemetry) -> None:
    telemetry.write(quarter_hours(1, 20), 1)
    failures: list[str] = []
    stopped = threading.Event()

    def read() -> None:
        while not stopped.is_set():
            count = len(rows_of(telemetry, 1))
            if count != 20 * 96:
                failures.append(f"{count} readings")

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(5, 20):
        telemetry.write(batch_of([(1, day(number - 5), float(number), 0)]), number)
        telemetry.compact(day(number), all_late=True)
    stopped.set()
    for reader in readers:
        reader.join()
    assert failures == []
    assert len(list((telemetry._folder / "cold").iterdir())) == telemetry.statistics().segments


def test_statistics_count_rows_bytes_and_commits(telemetry: Telemetry) -> None:
    telemetry.write(quarter_hours(1, 10), 1)
    telemetry.compact(day(10))
    found = telemetry.statistics()
    assert (found.rows_hot, found.rows_cold, found.segments) == (2 * 96, 8 * 96, 1)
    assert found.bytes > found.bytes_cold > 0
    assert found.commit_ms_p99 >= found.commit_ms_p50 > 0


def test_no_reading_is_earlier_than_the_store_begins(telemetry: Telemetry, tmp_path: Path) -> None:
    assert telemetry.since > day(1_000)
    telemetry.write(quarter_hours(1, 3), 1)
    assert telemetry.since == START
    telemetry.compact(day(9))
    assert telemetry.since == START
    telemetry.write(quarter_hours(2, 1, day(-5)), 2)
    assert telemetry.since == day(-5)
    telemetry.close()
    again = Telemetry.open(tmp_path / "telemetry")
    assert again.since == day(-5)
    again.compact(day(9), all_late=True)
    again.close()
    again = Telemetry.open(tmp_path / "telemetry")
    assert again.since == day(-5)
    again.close()
