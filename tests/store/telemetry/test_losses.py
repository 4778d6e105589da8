"""Whatever fails while files are exchanged, no file that the database lists is removed, and no reading is lost."""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pytest

from calha.domain.errors import StoreUnavailable
from calha.domain.written import LATE
from calha.store.telemetry import Telemetry, compaction
from calha.store.telemetry.segments import Segment, Segments
from tests.store.telemetry.disk import fill, needs_small_disks
from tests.store.telemetry.model import START, batch_of, day, rows_of
from tests.store.telemetry.test_telemetry import quarter_hours, seconds

STEPS = ("write", "replace", "adopt", "remove_files")


def files_of(telemetry: Telemetry) -> set[Path]:
    return {path for one in telemetry._segments.all for path in telemetry._segments.files(one)}


def in_folder(telemetry: Telemetry) -> set[Path]:
    return set((telemetry._folder / "cold").iterdir())


def late(count: int) -> list[tuple[int, int, float, int]]:
    return [(2, START + place * 1_000, 1.0, 0) for place in range(count)]


def a_store(folder: Path) -> Telemetry:
    telemetry = Telemetry.open(folder)
    telemetry.write(quarter_hours(1, 10), 1)
    telemetry.compact(day(9))
    return telemetry


def break_off_at(step: str, monkeypatch: pytest.MonkeyPatch, error: BaseException, *, after: bool) -> None:
    done = getattr(Segments, step)

    def breaking(*arguments: Any) -> Any:
        if after:
            done(*arguments)
        raise error

    monkeypatch.setattr(Segments, step, breaking)


@needs_small_disks
def test_a_commit_whose_checkpoint_finds_no_room_keeps_the_files_that_it_listed(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    telemetry = a_store(small_disk / "telemetry")
    telemetry.write(seconds(3, 60, day(20)), 2)
    telemetry.write(batch_of(late(100)), 3)
    before = telemetry.counts_and_checksum()
    list_segments = Segments.replace

    def list_while_the_disk_fills(
        segments: Segments, con: duckdb.DuckDBPyConnection, old: Sequence[Segment], new: Sequence[Segment]
    ) -> None:
        telemetry._database.con.execute("SET checkpoint_threshold = '1KB'")
        fill(small_disk, leave=200_000)
        list_segments(segments, con, old, new)

    with monkeypatch.context() as patch:
        patch.setattr(Segments, "replace", list_while_the_disk_fills)
        with pytest.raises(StoreUnavailable, match="COMMIT succeeded"):
            telemetry.compact(day(9), all_late=True)
    assert telemetry.statistics().rows_cold == 7 * 96 + 100
    assert telemetry.counts_and_checksum() == before
    assert in_folder(telemetry) == files_of(telemetry)
    (small_disk / "ballast").unlink()
    telemetry.write(batch_of([(2, START, 2.0, 0)]), 4)
    telemetry.close()
    again = Telemetry.open(small_disk / "telemetry")
    assert again.counts_and_checksum()["readings"] == before["readings"]
    again.close()


@needs_small_disks
def test_a_write_that_is_durable_although_its_checkpoint_failed_is_reported_as_written(small_disk: Path) -> None:
    telemetry = a_store(small_disk / "telemetry")
    telemetry.write(seconds(3, 60, day(20)), 2)
    telemetry._database.con.execute("SET checkpoint_threshold = '1KB'")
    fill(small_disk, leave=200_000)
    assert telemetry.write(batch_of([(1, START + 1, 1.0, 0)]), 3).outcome.tolist() == [LATE]
    assert telemetry.committed_seq == 3
    (small_disk / "ballast").unlink()
    assert telemetry.counts_and_checksum()["readings"] == 960 + 60 * 3_600 + 1
    telemetry.close()


@pytest.mark.parametrize("error", [OSError("no space"), duckdb.FatalException("broken"), KeyboardInterrupt()])
@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("step", STEPS)
def test_a_compaction_that_breaks_off_at_any_step_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, after: bool, error: BaseException
) -> None:
    telemetry = a_store(tmp_path)
    telemetry.write(batch_of(late(5)), 2)
    before = telemetry.counts_and_checksum()
    with monkeypatch.context() as patch:
        break_off_at(step, patch, error, after=after)
        with pytest.raises((StoreUnavailable, KeyboardInterrupt)):
            telemetry.compact(day(9), all_late=True)
    assert telemetry.counts_and_checksum() == before
    assert in_folder(telemetry) >= files_of(telemetry)
    telemetry.compact(day(9), all_late=True)
    assert telemetry.counts_and_checksum() == before
    telemetry.close()
    again = Telemetry.open(tmp_path)
    assert again.counts_and_checksum() == before
    assert in_folder(again) == files_of(again)
    again.close()


def test_a_file_that_cannot_be_removed_waits_for_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    telemetry = a_store(tmp_path)
    telemetry.write(batch_of(late(5)), 2)
    before = telemetry.counts_and_checksum()

    def refuse(path: Path, missing_ok: bool = False) -> None:
        raise OSError(f"read-only file system: {path}")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        telemetry.compact(day(9), all_late=True)
    assert telemetry.counts_and_checksum() == before
    assert in_folder(telemetry) > files_of(telemetry)
    telemetry.close()
    again = Telemetry.open(tmp_path)
    assert in_folder(again) == files_of(again)
    assert again.counts_and_checksum() == before
    again.close()


def test_a_database_opened_again_during_a_compaction_leaves_its_files_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    telemetry = a_store(tmp_path)
    telemetry.write(batch_of(late(5)), 2)
    write_file = Segments.write

    def write_while_the_database_breaks(*arguments: Any) -> Segment | None:
        segment = write_file(*arguments)
        telemetry._database.con.close()
        with pytest.raises(StoreUnavailable):
            telemetry.write(batch_of(late(6)), 3)
        telemetry.write(batch_of(late(6)), 3)
        return segment

    monkeypatch.setattr(Segments, "write", write_while_the_database_breaks)
    telemetry.compact(day(9), all_late=True)
    assert in_folder(telemetry) == files_of(telemetry)
    assert telemetry.counts_and_checksum()["readings"] == 960 + 6
    telemetry.close()


def test_a_paused_reader_goes_on_with_what_it_saw_while_its_files_are_replaced(tmp_path: Path) -> None:
    telemetry = Telemetry.open(tmp_path)
    telemetry.write(seconds(1, 72), 1)
    telemetry.compact(day(9))
    export = telemetry.export(None, 0, day(99))
    seen = [next(export)]
    telemetry.write(batch_of([(1, START + place, 9.0, 0) for place in range(0, 1_000, 7)]), 2)
    telemetry.compact(day(9), all_late=True)
    telemetry.retain([1], day(2))
    assert len(rows_of(telemetry, 1)) == 86_400
    assert in_folder(telemetry) > files_of(telemetry)
    seen += list(export)
    assert sum(part.num_rows for part in seen) == 72 * 3_600
    assert not any(9.0 in part.column("value").to_pylist() for part in seen)
    assert in_folder(telemetry) == files_of(telemetry)
    telemetry.close()


@needs_small_disks
@pytest.mark.parametrize("is_killed", [False, True])
def test_a_store_opens_on_a_full_disk_reads_and_goes_on_when_there_is_room(small_disk: Path, is_killed: bool) -> None:
    program = f"""
import os
from pathlib import Path
from tests.store.telemetry.test_losses import a_store, batch_of, late
telemetry = a_store(Path({str(small_disk / "telemetry")!r}))
telemetry.write(batch_of(late(500)), 2)
os._exit(0) if {is_killed} else telemetry.close()
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[3])
    fill(small_disk)
    telemetry = Telemetry.open(small_disk / "telemetry")
    assert telemetry.counts_and_checksum()["readings"] == 960 + 500
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            telemetry.write(seconds(3, 1), 3)
        with pytest.raises(StoreUnavailable):
            telemetry.compact(day(9), all_late=True)
    assert len(rows_of(telemetry, 2)) == 500
    (small_disk / "ballast").unlink()
    telemetry.write(seconds(3, 1), 3)
    telemetry.compact(day(9), all_late=True)
    assert telemetry.counts_and_checksum()["readings"] == 960 + 500 + 3_600
    telemetry.close()


class TestGaps:
    """A listed file is gone or damaged."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A stopped store of two files: days 0 to 5, and 5 to 8; two days are hot."""
        monkeypatch.setattr(compaction, "TARGET_ROWS", 96 * 5)
        telemetry = Telemetry.open(tmp_path)
        telemetry.write(quarter_hours(1, 10), 1)
        telemetry.compact(day(7))
        telemetry.compact(day(10))
        assert telemetry.statistics().segments == 2
        telemetry.close()
        return tmp_path

    def first_file(self, folder: Path) -> Path:
        return min((folder / "cold").iterdir(), key=lambda path: int(path.name.split("-")[1]))

    @pytest.mark.parametrize("damage", ["gone", "empty", "half", "zeros", "noise inside"])
    def test_other_queries_go_on_and_the_statistics_say_what_is_missing(
        self, folder: Path, damage: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        file = self.first_file(folder)
        good = file.read_bytes()
        spoil(file, damage)
        telemetry = Telemetry.open(folder)
        assert rows_of(telemetry, 1)[0][0] == day(5)
        assert telemetry.counts_and_checksum()["readings"] == 96 * 5
        days = telemetry.readings([1], START, day(10), resolution="1d")[1]
        assert days.at.tolist() == [day(number) for number in range(5, 10)]
        gap = telemetry.statistics().gaps[0]
        assert (gap.file, gap.from_at, gap.until_at, gap.rows) == (file.name, 0, day(5), 96 * 5)
        assert f"from the beginning until 2026-01-06 00:00 UTC are missing: {file.name}" in caplog.text
        assert telemetry.write(batch_of([(1, START + 1, 1.0, 0)]), 2).outcome.tolist() == [LATE]
        telemetry.compact(day(20), all_late=True)
        telemetry.retain([1], START)
        assert rows_of(telemetry, 1)[0] == (START + 1, 1.0, 0)
        assert file.exists() == (damage != "gone")
        telemetry.close()
        file.unlink(missing_ok=True)
        file.write_bytes(good)
        telemetry = Telemetry.open(folder)
        telemetry.compact(day(20))
        assert telemetry.statistics().gaps == ()
        assert len(rows_of(telemetry, 1)) == 961
        telemetry.close()

    def test_a_file_that_goes_while_the_store_runs_and_comes_back(self, folder: Path) -> None:
        telemetry = Telemetry.open(folder)
        file = self.first_file(folder)
        elsewhere = folder / "elsewhere"
        file.rename(elsewhere)
        assert telemetry.write(batch_of([(1, START, 1.0, 0)]), 2).outcome.tolist() == [LATE]
        assert len(rows_of(telemetry, 1)) == 96 * 5 + 1
        assert sum(part.num_rows for part in telemetry.export(None, 0, day(99))) == 96 * 5 + 1
        assert [gap.file for gap in telemetry.statistics().gaps] == [file.name]
        telemetry.backup(folder / "copy")
        elsewhere.rename(file)
        telemetry.compact(day(10), all_late=True)
        assert telemetry.statistics().gaps == ()
        assert len(rows_of(telemetry, 1)) == 960
        telemetry.close()

    @pytest.mark.parametrize("first", ["a question", "a write", "a compaction", "an export"])
    def test_a_file_with_a_damaged_inside_is_found_by_the_first_that_reads_it(self, tmp_path: Path, first: str) -> None:
        telemetry = Telemetry.open(tmp_path)
        telemetry.write(seconds(1, 72), 1)
        telemetry.compact(day(9))
        telemetry.write(quarter_hours(1, 1, day(20)), 2)
        telemetry.write(batch_of(late(5)), 3)
        telemetry.close()
        (file,) = (path for path in (tmp_path / "cold").iterdir() if path.name.count(".") == 1)
        spoil(file, "noise inside")
        telemetry = Telemetry.open(tmp_path)
        assert telemetry.statistics().gaps == ()
        if first == "a compaction":
            with pytest.raises(StoreUnavailable):
                telemetry.compact(day(9), all_late=True)
        elif first == "a write":
            telemetry.write(batch_of([(1, START + 1, 1.0, 0)]), 4)
        elif first == "an export":
            assert sum(part.num_rows for part in telemetry.export(None, 0, day(99))) == 96 + 5
        assert len(rows_of(telemetry, 2)) == 5
        assert len(rows_of(telemetry, 1, day(4))) == 96
        assert len(rows_of(telemetry, 1, 0, day(4))) == (1 if first == "a write" else 0)
        assert [gap.file for gap in telemetry.statistics().gaps] == [file.name]
        telemetry.compact(day(9), all_late=True)
        assert len(rows_of(telemetry, 2)) == 5
        assert file.exists()
        telemetry.close()

    def test_files_that_are_not_listed_stay_while_listed_ones_are_missing(self, folder: Path) -> None:
        file = self.first_file(folder)
        file.rename(file.with_name("0-1-2-3-4.parquet"))
        telemetry = Telemetry.open(folder)
        assert file.with_name("0-1-2-3-4.parquet").exists()
        telemetry.close()


def spoil(file: Path, damage: str) -> None:
    good = file.read_bytes()
    file.unlink()  # DuckDB may know the old one by its time of change
    if damage == "gone":
        return
    middle = len(good) // 3
    spoilt = {
        "empty": b"",
        "half": good[: len(good) // 2],
        "zeros": bytes(len(good)),
        "noise inside": good[:4] + os.urandom(middle) + good[4 + middle :],
    }
    file.write_bytes(spoilt[damage])


def test_readers_never_see_the_list_of_one_database_with_the_rows_of_another(tmp_path: Path) -> None:
    telemetry = a_store(tmp_path)
    failures: list[object] = []
    stopped = threading.Event()

    def read() -> None:
        while not stopped.is_set():
            try:
                found = len(rows_of(telemetry, 1))
            except StoreUnavailable:
                continue
            except Exception as error:  # noqa: BLE001 - handed to the test
                failures.append(error)
                continue
            if found != 960:
                failures.append(found)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(5):
        telemetry._database.con.close()
        with suppress(StoreUnavailable):
            telemetry.write(batch_of(late(number + 1)), number + 2)
        telemetry.write(batch_of(late(number + 1)), number + 2)
        telemetry.compact(day(9), all_late=True)
    stopped.set()
    reader.join()
    assert failures == []
    telemetry.close()
