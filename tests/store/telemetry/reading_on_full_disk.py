"""A process that reads while its disk is full and another of its threads writes: `… reading_on_full_disk FOLDER`.

FOLDER is a small disk. It ends with 0 if readers always saw what was committed, and writing went on when there was room.
"""

import os
import sys
import threading
from pathlib import Path

import numpy as np

from calha.domain.errors import StoreUnavailable
from calha.domain.readings import Batch
from calha.domain.times import DAY_US, SECOND_US
from calha.store.telemetry import Telemetry
from tests.store.telemetry.model import START, rows_of

ROWS = 50_000
TRIES = 50


def noise(seq: int) -> Batch:
    """50,000 readings that do not compress."""
    source = np.random.default_rng(seq)
    at = START + seq * DAY_US + np.arange(ROWS) * SECOND_US
    return Batch(np.ones(ROWS, np.int32), at, source.random(ROWS), np.zeros(ROWS, np.uint8), at + 5)


def main(disk: Path) -> None:
    telemetry = Telemetry.open(disk / "telemetry")
    telemetry.write(noise(1), 1)
    ballast = disk / "ballast"
    free = os.statvfs(disk)
    ballast.write_bytes(bytes(free.f_bavail * free.f_frsize - 100_000))
    failures: list[Exception] = []
    stopped = threading.Event()

    def read() -> None:
        while not stopped.is_set():
            try:
                assert len(rows_of(telemetry, 1)) >= ROWS
            except StoreUnavailable:
                pass  # allowed while the database is opened anew
            except Exception as error:  # noqa: BLE001 - told at the end
                failures.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    refused = sum(not _is_written(telemetry) for _ in range(5))
    ballast.unlink()
    is_written = any(_is_written(telemetry) for _ in range(TRIES))
    stopped.set()
    reader.join()
    assert failures == [], failures
    assert refused == 5, refused
    assert is_written
    assert len(rows_of(telemetry, 1)) == 2 * ROWS
    telemetry.close()


def _is_written(telemetry: Telemetry) -> bool:
    try:
        telemetry.write(noise(2), 2)
    except StoreUnavailable:
        return False
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]))
