"""A disk without room: the store says so, keeps what it has, and takes readings again when there is room."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from calha.domain.errors import StoreUnavailable
from calha.store.telemetry import Telemetry, database
from tests.store.telemetry.disk import needs_small_disks
from tests.store.telemetry.model import START, batch_of, day, rows_of
from tests.store.telemetry.reading_on_full_disk import ROWS, noise

pytestmark = needs_small_disks


@pytest.mark.parametrize("checkpoint", ["64MB", "1MB"])  # full in a commit, and in a checkpoint
def test_a_full_disk_loses_nothing_and_is_got_over_without_hands(
    small_disk: Path, checkpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "CHECKPOINT_BYTES", checkpoint)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(8 << 20))
    telemetry = Telemetry.open(small_disk / "telemetry")
    seq = 0
    with pytest.raises(StoreUnavailable):
        while seq < 100:
            telemetry.write(noise(seq + 1), seq + 1)
            seq += 1
    assert 0 < seq < 100
    assert telemetry.committed_seq == seq
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            telemetry.write(noise(seq + 1), seq + 1)
    assert telemetry.committed_seq == seq
    ballast.unlink()
    assert not telemetry.write(noise(seq + 1), seq + 1).outcome.any()
    assert telemetry.committed_seq == seq + 1
    assert telemetry.counts_and_checksum()["readings"] == (seq + 1) * ROWS
    assert telemetry.latest.at[1] == noise(seq + 1).at[-1]
    telemetry.close()
    again = Telemetry.open(small_disk / "telemetry")
    assert len(rows_of(again, 1)) == (seq + 1) * ROWS
    again.close()


def test_a_compaction_without_room_leaves_everything_as_it_was(small_disk: Path) -> None:
    telemetry = Telemetry.open(small_disk / "telemetry")
    for seq in range(1, 9):
        telemetry.write(noise(seq), seq)
    ballast = small_disk / "ballast"
    with ballast.open("wb") as file:
        free = os.statvfs(small_disk)
        file.write(bytes(free.f_bavail * free.f_frsize - 300_000))
    before = telemetry.counts_and_checksum()
    with pytest.raises(StoreUnavailable):
        telemetry.compact(day(30))
    assert list((small_disk / "telemetry" / "cold").iterdir()) == []
    ballast.unlink()
    assert telemetry.counts_and_checksum() == before
    telemetry.write(batch_of([(2, START, 1.0, 0)]), 9)
    telemetry.compact(day(30))
    assert telemetry.counts_and_checksum()["readings"] == before["readings"] + 1
    assert telemetry.statistics().rows_cold == before["readings"] + 1
    telemetry.close()


def test_readers_go_on_while_the_disk_is_full(small_disk: Path) -> None:
    """In a process of its own: where DuckDB itself fell over, the tests beside this one would end with it."""
    command = [sys.executable, "-m", "tests.store.telemetry.reading_on_full_disk", str(small_disk)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
