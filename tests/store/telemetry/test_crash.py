"""kill -9 at any moment: what was committed is there, once, and the log sequence says exactly how far."""

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from calha.store.telemetry import Telemetry
from tests.store.telemetry.crashing import SERIES, STEPS, batch_at
from tests.store.telemetry.model import rows_of

ROUNDS = 8

pytestmark = pytest.mark.crash


def test_a_killed_store_has_what_it_committed_and_goes_on(tmp_path: Path) -> None:
    chance = random.Random(20_261)
    reached = 0
    for _ in range(ROUNDS):
        said = _run_and_kill(tmp_path, chance.uniform(0.05, 1.2))
        telemetry = Telemetry.open(tmp_path, hot_days=0)
        try:
            assert telemetry.committed_seq >= max(said, reached)  # it may have died between commit and output
            reached = telemetry.committed_seq
            _assert_all_there(telemetry, reached)
            listed = {path for one in telemetry._segments.all for path in telemetry._segments.files(one)}
            assert set((tmp_path / "cold").iterdir()) == listed
        finally:
            telemetry.close()
    assert reached > ROUNDS


def _run_and_kill(folder: Path, after_s: float) -> int:
    """The last sequence that the process said before it was killed; it dies `after_s` after its first commit."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.store.telemetry.crashing", str(folder)],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(after_s)
    finally:
        process.kill()
    said = [first, *process.communicate()[0].split("\n")]
    return max(int(line) for line in said[:-1] if line.strip())


def _assert_all_there(telemetry: Telemetry, reached: int) -> None:
    assert telemetry.counts_and_checksum()["readings"] == reached * SERIES * STEPS
    expected: dict[int, float] = {}
    for seq in range(1, reached + 1):
        batch = batch_at(seq)
        mine = batch.series == 7
        expected.update(zip(batch.at[mine].tolist(), batch.value[mine].tolist(), strict=True))
    rows = rows_of(telemetry, 7)
    assert [(at, value) for at, value, _ in rows] == sorted(expected.items())
    newest = telemetry.latest.at[1 : SERIES + 1]
    assert np.array_equal(newest, np.full(SERIES, max(expected)))
    days = telemetry.readings([7], 0, 2 * max(expected), resolution="1d")[7]
    assert days.count is not None
    assert int(days.count.sum()) == len(expected)
