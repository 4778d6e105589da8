"""A process that writes, corrects and compacts until it is killed: `python -m tests.store.telemetry.crashing FOLDER`.

What it writes at a log sequence is a function of the sequence, so that whoever killed it knows what must be there.
It says `seq` on its output after each commit.
"""

import sys
from pathlib import Path

import numpy as np

from calha.domain.readings import Batch
from calha.domain.times import HOUR_US, MINUTE_US
from calha.store.telemetry import Telemetry, compaction
from tests.store.telemetry.model import START

SERIES = 20
STEPS = 24  # of one commit: six hours


def batch_at(seq: int) -> Batch:
    """Six hours of 20 series, and a correction of one reading of each from a day before."""
    at = START + seq * 6 * HOUR_US + np.arange(STEPS) * 15 * MINUTE_US
    series = np.repeat(np.arange(1, SERIES + 1), STEPS)
    at, value = np.tile(at, SERIES), np.full(SERIES * STEPS, float(seq))
    if seq > 4:
        series = np.concatenate([series, np.arange(1, SERIES + 1)])
        at = np.concatenate([at, np.full(SERIES, START + (seq - 4) * 6 * HOUR_US)])
        value = np.concatenate([value, np.full(SERIES, -float(seq))])
    return Batch(series.astype(np.int32), at, value, np.zeros(len(at), np.uint8), at + 1_000)


def main(folder: Path) -> None:
    compaction.TARGET_ROWS = 5_000
    compaction.MAX_ROWS = 8_000
    telemetry = Telemetry.open(folder, hot_days=0)
    seq = telemetry.committed_seq
    while True:
        seq += 1
        telemetry.write(batch_at(seq), seq)
        sys.stdout.write(f"{seq}\n")
        sys.stdout.flush()
        if seq % 3 == 0:
            telemetry.compact(START + seq * 6 * HOUR_US, all_late=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
